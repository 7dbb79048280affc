use activerecord::prelude::*;
use chrono::{DateTime, NaiveDateTime, Utc};
use serde::{Deserialize, Serialize};

/// Every attribute, together with those of serde.
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[connection = "analytics"]
#[table = "audit.flights"]
#[hooks]
#[scope_required]
#[serde(rename_all = "camelCase")]
struct Flight {
    #[primary_key]
    #[serde(rename = "number")]
    number: Option<i64>,
    #[column = "dest"]
    #[serde(default)]
    destination: String,
    #[created_at]
    created_at: NaiveDateTime,
    #[updated_at]
    updated_at: DateTime<Utc>,
    #[version]
    version: u32,
    #[soft_delete]
    #[serde(skip)]
    deleted_at: std::option::Option<DateTime<Utc>>,
    #[skip]
    #[serde(skip)]
    delay: Delay,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Delay(f64);

impl Hooks for Flight {
    async fn before_save(&mut self) -> Result<()> {
        self.delay = Delay(0.5);
        Ok(())
    }
}

#[test]
fn every_attribute_is_in_the_table() {
    let table = Flight::TABLE;
    assert_eq!((table.model, table.name, table.connection), ("Flight", "audit.flights", "analytics"));
    assert_eq!(
        (table.created_at, table.updated_at, table.version, table.soft_delete),
        (Some(2), Some(3), Some(4), Some(5))
    );
    assert!(table.scope_required && Flight::HOOKS);
    let columns: Vec<_> = table.columns.iter().map(|def| (def.field, def.name, def.nullable, def.rust_type)).collect();
    assert_eq!(columns[0], ("number", "number", true, "Option<i64>"));
    assert_eq!(columns[1], ("destination", "dest", false, "String"));
    assert_eq!(columns[5], ("deleted_at", "deleted_at", true, "std::option::Option<DateTime<Utc>>"));
    assert_eq!(columns.len(), 6);
}

#[test]
fn a_model_without_attributes_has_defaults() {
    #[derive(ActiveRecord, Default)]
    struct Category {
        id: i64,
        name: String,
    }
    let table = Category::TABLE;
    assert_eq!((table.name, table.connection, table.key), ("categories", "primary", &[0][..]));
    assert_eq!((table.created_at, table.version), (None, None));
    assert!(!table.scope_required && !Category::HOOKS);
    assert_eq!(Category::default().to_json(), serde_json::json!({ "id": 0, "name": "" }));
}
