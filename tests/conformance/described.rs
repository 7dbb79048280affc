//! The description of a table agrees with its definition.

use activerecord::prelude::*;
use activerecord::statement::CreateTable;
use activerecord::{ColumnInfo, TableInfo, ValueType};

use test_support::Database;

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Everything {
    id: i64,
    truth: bool,
    small: i16,
    medium: i32,
    large: i64,
    float: f32,
    double: f64,
    text: Option<String>,
    bytes: Vec<u8>,
    decimal: Decimal,
    uuid: Uuid,
    date: chrono::NaiveDate,
    time: chrono::NaiveTime,
    datetime: chrono::NaiveDateTime,
    timestamp: chrono::DateTime<chrono::Utc>,
    json: serde_json::Value,
}

async fn described(database: &Database, table: &str) -> Result<TableInfo> {
    let described = connection(database)?.describe(table).await?;
    described.ok_or_else(|| Error::invalid(format!("there is no {table}")))
}

fn column<'t>(table: &'t TableInfo, name: &str) -> &'t ColumnInfo {
    table.column(name).unwrap_or_else(|| panic!("no column {name} in {table:?}"))
}

#[tokio::test]
async fn tables_are_listed_in_order() -> Result<()> {
    let database = Database::new(["planes (id ID)", "airports (id ID)", "\"or der\" (id ID)"]).await;
    let here = connection(&database)?;
    assert_eq!(here.tables().await?, ["airports", "or der", "planes"]);
    assert_eq!(here.describe("nothing").await?, None);
    assert_eq!(column(&described(&database, "or der").await?, "id").ty, Some(ValueType::I64));
    Ok(())
}

#[tokio::test]
async fn a_table_of_a_model_is_described() -> Result<()> {
    let database = Database::new([]).await;
    let here = connection(&database)?;
    let made = CreateTable::from(Everything::TABLE).numbered();
    here.create_table(&made).await?;
    let table = described(&database, Everything::TABLE.name).await?;
    let names: Vec<&str> = table.columns.iter().map(|column| &*column.name).collect();
    assert_eq!(names, made.columns.iter().map(|column| &*column.name).collect::<Vec<_>>());
    assert_eq!((&*table.connection, &table.key[..], &table.unique[..]), (&*database, &["id".to_owned()][..], &[][..]));
    for (column, made) in table.columns.iter().zip(&made.columns) {
        assert_eq!(column.nullable, made.nullable, "{column:?}");
        assert_eq!(column.numbered, column.name == "id", "{column:?}");
        assert!(!column.computed && column.ty.is_some(), "{column:?}");
    }
    assert_eq!(table.types()?.len(), made.columns.len());
    for (name, ty) in [("large", ValueType::I64), ("bytes", ValueType::Bytes), ("text", ValueType::Text)] {
        assert_eq!(column(&table, name).ty, Some(ty), "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn keys_list_their_columns_in_order() -> Result<()> {
    let table = "seats (line I32 NOT NULL, flight I32 NOT NULL, letter STRING NOT NULL, holder STRING, \
                 CONSTRAINT by_holder UNIQUE (holder, flight), PRIMARY KEY (flight, line))";
    let database = Database::new([table]).await;
    let here = connection(&database)?;
    here.execute("CREATE INDEX by_letter ON seats (letter)", []).await?;
    here.execute("CREATE UNIQUE INDEX by_place ON seats (line, letter)", []).await?;
    let seats = described(&database, "seats").await?;
    assert_eq!(seats.key, ["flight", "line"]);
    let mut unique: Vec<_> = seats.unique.iter().map(|key| key.columns.join(" ")).collect();
    unique.sort();
    assert_eq!(unique, ["holder flight", "line letter"]);
    assert!(seats.unique.iter().any(|key| key.name == "by_place"));
    assert!(seats.columns.iter().all(|column| !column.numbered && column.nullable == (column.name == "holder")));
    Ok(())
}

#[tokio::test]
async fn sizes_defaults_and_computed_columns_are_described() -> Result<()> {
    let table = "fares (id ID, price NUMERIC(10, 2) DEFAULT 7 NOT NULL, code VARCHAR(3), \
                 double_price NUMERIC(12, 2) GENERATED ALWAYS AS (price * 2) STORED)";
    let database = Database::new([table]).await;
    let fares = described(&database, "fares").await?;
    let price = column(&fares, "price");
    assert_eq!((price.ty, &price.sizes[..], price.nullable), (Some(ValueType::Decimal), &[10, 2][..], false));
    assert!(price.default.as_ref().is_some_and(|default| default.starts_with('7')), "{price:?}");
    assert_eq!((column(&fares, "code").ty, &column(&fares, "code").sizes[..]), (Some(ValueType::Text), &[3][..]));
    assert!(fares.columns.iter().all(|column| column.computed == (column.name == "double_price")), "{fares:?}");
    Ok(())
}

#[tokio::test]
async fn an_unsupported_type_is_reported() -> Result<()> {
    let database = Database::new([]).await;
    let foreign = database.profile().foreign_type;
    connection(&database)?
        .execute(&format!("CREATE TABLE places (id INTEGER PRIMARY KEY, spot {foreign})"), [])
        .await?;
    let places = described(&database, "places").await?;
    assert_eq!((column(&places, "spot").ty, &*column(&places, "spot").declared), (None, foreign));
    let error = places.types().expect_err("no such type");
    let message = error.to_string();
    assert!(error.is_unsupported(), "{message}");
    for part in [&*database, "places", "spot", foreign] {
        assert!(message.contains(part), "{message} does not name {part}");
    }
    Ok(())
}
