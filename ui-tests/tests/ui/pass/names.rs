use activerecord::prelude::*;
use activerecord::value::{Value, ValueRef};

mod models {
    use activerecord::prelude::*;

    #[derive(ActiveRecord)]
    pub(crate) struct HTTPLog {
        pub id: Uuid,
        pub(super) r#type: String,
        secret: i32,
    }

    pub(crate) fn with_secret(secret: i32) -> Query<HTTPLog> {
        HTTPLog::filter(HTTPLog::SECRET.eq(secret))
    }
}

use models::HTTPLog;

/// Its fields have names that the expansion of the macro also uses.
#[derive(ActiveRecord, Default)]
struct Furniture {
    id: i64,
    table: String,
    hooks: i32,
    key: i32,
    row: i32,
    value: i32,
    ordinal: i32,
    __table: i32,
}

#[test]
fn a_raw_identifier_is_a_plain_name() {
    let (sql, _) = HTTPLog::select(HTTPLog::TYPE).to_sql("sqlite").unwrap();
    assert_eq!(sql, r#"SELECT "type" FROM "http_logs""#);
    assert_eq!(HTTPLog::TABLE.columns[1].field, "type");
}

#[test]
fn a_constant_is_as_visible_as_its_field() {
    let _ = models::with_secret(1);
    let _ = HTTPLog::filter(HTTPLog::ID.eq(Uuid::nil()));
}

#[test]
fn fields_may_have_any_name() {
    let mut desk = Furniture { table: "desk".into(), ..Default::default() };
    assert_eq!(desk.value(1), Value::Text("desk".into()));
    desk.set_value(2, ValueRef::I64(5)).unwrap();
    assert_eq!(desk.hooks, 5);
    let column: Column<Furniture, String> = Furniture::TABLE;
    assert_eq!(column.name(), "table");
    assert_eq!(<Furniture as Model>::TABLE.name, "furnitures");
}
