//! Values: written and read back, and their order.

use activerecord_core::{ErrorKind, FromValue, Json, ToValue, Value, ValueRef, ValueType, params};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::support::*;

async fn round_trip<T>(connection: &mut Conn, value: T, stored: &str)
where
    T: ToValue + FromValue + PartialEq + std::fmt::Debug,
{
    let row = rows(connection, "SELECT ?1, typeof(?1)", vec![value.to_value()]).await.unwrap().remove(0);
    assert_eq!(row.get::<T>(0).unwrap(), value);
    assert_eq!(row.get::<String>(1).unwrap(), stored, "{value:?}");
}

#[tokio::test]
async fn values_round_trip() {
    let mut c = memory().connect().await.unwrap();
    let c = &mut c;
    round_trip(c, true, "integer").await;
    round_trip(c, false, "integer").await;
    round_trip(c, i8::MIN, "integer").await;
    round_trip(c, i64::MIN, "integer").await;
    round_trip(c, i64::MAX, "integer").await;
    round_trip(c, u32::MAX, "integer").await;
    round_trip(c, i64::MAX as u64, "integer").await;
    round_trip(c, 0.1_f64, "real").await;
    round_trip(c, 0.1_f32, "real").await;
    round_trip(c, f64::INFINITY, "real").await;
    for text in ["", "plain", "ünïcödé \u{1f600}", "a\0b", "'; DROP TABLE t; --"] {
        round_trip(c, text.to_owned(), "text").await;
    }
    for bytes in [vec![], vec![0], vec![0xff_u8; 10_000]] {
        round_trip(c, bytes, "blob").await;
    }
    for decimal in ["0", "-1.50", "79228162514264337593543950335", "0.0000000000000000000000000001"] {
        let decimal: Decimal = decimal.parse().unwrap();
        round_trip(c, decimal, "text").await;
    }
    round_trip(c, Uuid::from_u128(0x1234), "text").await;
    round_trip(c, NaiveDate::from_ymd_opt(2024, 2, 29).unwrap(), "text").await;
    round_trip(c, NaiveTime::from_hms_micro_opt(23, 59, 59, 999_999).unwrap(), "text").await;
    round_trip(c, NaiveDateTime::default(), "text").await;
    round_trip(c, DateTime::<Utc>::from_timestamp_micros(1_700_000_000_123_456).unwrap(), "text").await;
    round_trip(c, Json(vec![1, 2]), "text").await;
    round_trip(c, vec!["a".to_owned(), "\"".to_owned()], "text").await;
    round_trip(c, vec![Decimal::new(150, 2)], "text").await;
    round_trip(c, Some(5_i32), "integer").await;
    round_trip(c, None::<String>, "null").await;
}

#[tokio::test]
async fn canonical_texts() {
    let mut c = memory().connect().await.unwrap();
    let instant = DateTime::<Utc>::from_timestamp_micros(1_700_000_000_000_001).unwrap();
    for (value, text) in [
        (instant.to_value(), "2023-11-14 22:13:20.000001"),
        (instant.naive_utc().to_value(), "2023-11-14 22:13:20.000001"),
        (NaiveTime::MIN.to_value(), "00:00:00.000000"),
        (Decimal::new(1500, 3).to_value(), "1.500"),
        (Uuid::from_u128(0xabc).to_value(), "00000000-0000-0000-0000-000000000abc"),
        (vec![1_i64, 2].to_value(), "[1,2]"),
    ] {
        let row = rows(&mut c, "SELECT ?", vec![value]).await.unwrap().remove(0);
        assert_eq!(row.get::<String>(0).unwrap(), text);
    }
}

#[tokio::test]
async fn values_that_cannot_be_stored_are_refused_and_not_shown() {
    let mut c = memory().connect().await.unwrap();
    for (value, secret) in [
        (Value::U64(i64::MAX as u64 + 1), "9223372036854775808"),
        (Value::F64(f64::NAN), "x"),
        (Value::F32(f32::NAN), "x"),
        (NaiveDate::from_ymd_opt(12_345, 1, 1).unwrap().to_value(), "12345"),
    ] {
        let error = rows(&mut c, "SELECT ?, ?", vec![Value::I64(1), value]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conversion);
        assert!(error.message().contains("placeholder 2") && !error.message().contains(secret), "{error}");
    }
}

#[tokio::test]
async fn text_that_is_not_utf8_is_an_error() {
    let mut c = memory().connect().await.unwrap();
    for text in ["SELECT CAST(x'ff' AS TEXT)", "SELECT CAST(x'61ff' AS TEXT)"] {
        let error = rows(&mut c, text, vec![]).await.unwrap_err();
        assert!(error.is_conversion() && error.message().contains("UTF-8"), "{error}");
    }
    assert_eq!(one::<Vec<u8>>(&mut c, "SELECT x'61ff'").await.unwrap(), [0x61, 0xff]);
}

#[tokio::test]
async fn cells_are_nulls_integers_floats_text_and_bytes() {
    let mut c = memory().connect().await.unwrap();
    let select = sql("SELECT NULL, 1, 1.5, 'a', x'00', x'', ''", vec![]);
    let mut check = |row: &dyn activerecord_core::RowRef| {
        let cells: Vec<ValueRef<'_>> = (0..row.len()).map(|i| row.value(i).unwrap()).collect();
        let (text, bytes) = (ValueRef::Text("a"), ValueRef::Bytes(&[0]));
        let expected = [
            ValueRef::Null,
            ValueRef::I64(1),
            ValueRef::F64(1.5),
            text,
            bytes,
            ValueRef::Bytes(&[]),
            ValueRef::Text(""),
        ];
        assert_eq!(cells, expected);
        Ok(activerecord_core::Flow::More)
    };
    c.fetch(&select, &mut check).await.unwrap();
}

#[tokio::test]
async fn decimals_are_exact_and_in_order() {
    let mut c = memory().connect().await.unwrap();
    run(&mut c, "CREATE TABLE t (id INTEGER PRIMARY KEY, d TEXT)").await.unwrap();
    for (id, text) in (0_i64..).zip(["10", "9.99", "-3", "0.1", "0.2"]) {
        let binds = vec![Value::I64(id), text.parse::<Decimal>().unwrap().to_value()];
        execute(&mut c, "INSERT INTO t VALUES (?, ?)", binds).await.unwrap();
    }
    let sorted = rows(&mut c, "SELECT d FROM t ORDER BY d COLLATE decimal", vec![]).await.unwrap();
    let sorted: Vec<String> = sorted.iter().map(|row| row.get(0).unwrap()).collect();
    assert_eq!(sorted, ["-3", "0.1", "0.2", "9.99", "10"]);
    let total: Decimal = one(&mut c, "SELECT decimal_sum(d) FROM t").await.unwrap();
    assert_eq!(total, "17.29".parse().unwrap());
    let above =
        rows(&mut c, "SELECT d FROM t WHERE d COLLATE decimal > ?", params![Decimal::new(95, 1)]).await.unwrap();
    assert_eq!(above.len(), 2);
    execute(&mut c, "UPDATE t SET d = decimal_add(d, ?)", params![Decimal::new(1, 1)]).await.unwrap();
    assert_eq!(one::<String>(&mut c, "SELECT d FROM t WHERE id = 3").await.unwrap(), "0.2");
    let error = rows(&mut c, "SELECT decimal_mul('79228162514264337593543950335', '2')", vec![]).await.unwrap_err();
    assert!(error.is_conversion(), "{error:?}");
}

#[tokio::test]
async fn a_null_of_any_type_is_null() {
    let mut c = memory().connect().await.unwrap();
    for ty in [ValueType::Bool, ValueType::Decimal, ValueType::Json, ValueType::Array(&ValueType::I64)] {
        let row = rows(&mut c, "SELECT ? IS NULL", vec![Value::Null(ty)]).await.unwrap().remove(0);
        assert!(row.get::<bool>(0).unwrap());
    }
}
