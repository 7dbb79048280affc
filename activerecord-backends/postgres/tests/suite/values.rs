//! Values are written and read.

use std::fmt::Debug;

use activerecord_core::{Error, ErrorKind, FromValue, Json, ToValue, Value, ValueType, params};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::support::*;

/// Writes values and NULL to a column, and checks that they are read back unchanged.
async fn round_trip<T>(c: &mut Conn, column: &str, values: impl IntoIterator<Item = T>)
where
    T: ToValue + FromValue + PartialEq + Debug,
{
    run(c, &format!("CREATE TEMPORARY TABLE v (v {column})")).await.unwrap();
    execute(c, "INSERT INTO v VALUES (?)".replace('?', "$1").as_str(), vec![None::<T>.to_value()]).await.unwrap();
    assert_eq!(one::<Option<T>>(c, "SELECT v FROM v").await.unwrap(), None, "{column}");
    for value in values {
        execute(c, "UPDATE v SET v = $1", vec![value.to_value()]).await.unwrap();
        assert_eq!(one::<T>(c, "SELECT v FROM v").await.unwrap(), value, "{column}");
    }
    run(c, "DROP TABLE v").await.unwrap();
}

fn decimals() -> Vec<Decimal> {
    let texts = "0 1 -1 0.1 -0.0001 12345.6789 10000 100000000 1.50 0.00000001 79228162514264337593543950335 \
         -79228162514264337593543950335 0.0000000000000000000000000001 7.9228162514264337593543950335 1000000000000000000000000 5000.0005";
    texts.split_whitespace().map(|text| text.parse().unwrap()).collect()
}

#[tokio::test]
async fn numbers() {
    let mut c = connect(&config()).await;
    round_trip(&mut c, "boolean", [true, false]).await;
    round_trip(&mut c, "smallint", [i16::MIN, 0, i16::MAX]).await;
    round_trip(&mut c, "smallint", [i8::MIN, i8::MAX]).await;
    round_trip(&mut c, "integer", [i32::MIN, -1, i32::MAX]).await;
    round_trip(&mut c, "bigint", [i64::MIN, 0, i64::MAX]).await;
    round_trip(&mut c, "bigint", [0, u64::MAX / 2]).await;
    round_trip(&mut c, "numeric(20, 0)", [0, u64::MAX / 2, u64::MAX, 7]).await;
    round_trip(&mut c, "real", [f32::MIN, 0.1, f32::MAX, f32::INFINITY, f32::NEG_INFINITY]).await;
    round_trip(&mut c, "double precision", [f64::MIN, 0.1, -0.0, f64::MAX, f64::INFINITY]).await;
    round_trip(&mut c, "numeric", decimals()).await;
    assert!(one_of::<f64>(&mut c, "SELECT $1", params![f64::NAN]).await.unwrap().is_nan());
    assert_eq!(one_of::<String>(&mut c, "SELECT $1::text", params![Decimal::new(150, 2)]).await.unwrap(), "1.50");
}

#[tokio::test]
async fn integers_of_another_width() {
    let mut c = connect(&config()).await;
    round_trip(&mut c, "smallint", [1_i64, -1]).await;
    round_trip(&mut c, "integer", [1_i64, -1]).await;
    round_trip(&mut c, "bigint", [1_i16, -1]).await;
    round_trip(&mut c, "numeric", [1_i16, -1]).await;
    round_trip(&mut c, "double precision", [Decimal::ONE]).await;
    run(&mut c, "CREATE TEMPORARY TABLE t (a smallint, b integer, n numeric, u bigint)").await.unwrap();
    for (column, value) in [("a", i64::from(i16::MAX) + 1), ("b", i64::MAX)] {
        let error =
            execute(&mut c, &format!("INSERT INTO t ({column}) VALUES ($1)"), params![value]).await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (ErrorKind::Conversion, Some("22003")), "{error}");
    }
    let error = execute(&mut c, "INSERT INTO t (u) VALUES ($1)", params![u64::MAX]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conversion, "{error}");
    run(&mut c, "INSERT INTO t VALUES (1, 2, 3, 4)").await.unwrap();
    for column in ["a", "b", "n", "u"] {
        for value in params![1_i16, 1_i32, 1_i64, 1_u64, u64::MAX, 0.5_f64, 1.5_f32, Decimal::ONE] {
            let text = format!("SELECT count(*) FROM t WHERE {column} < $1 OR {column} >= $1");
            assert_eq!(one_of::<i64>(&mut c, &text, vec![value]).await.unwrap(), 1);
        }
    }
}

/// The driver identifies a statement by its text and keeps the types of its first values.
#[tokio::test]
async fn one_text_and_values_of_many_types() {
    let mut c = connect(&config()).await;
    for _ in 0..2 {
        for value in [
            Value::Null(ValueType::Text),
            Value::I32(7),
            Value::Null(ValueType::I64),
            Value::F64(7.5),
            Value::I64(i64::MAX),
            Value::Text("seven".into()),
            Value::U64(u64::MAX),
            Value::Decimal(Decimal::new(75, 1)),
            Value::Bool(true),
            Value::Uuid(Uuid::from_u128(7)),
            Value::Bytes(vec![7]),
            Value::F32(7.25),
            Value::Json("7".into()),
            Value::I16(7),
        ] {
            let row = rows(&mut c, "SELECT $1", vec![value.clone()]).await.unwrap().remove(0);
            let expected = match &value {
                Value::Null(_) => Value::Null(ValueType::Text),
                // Nothing in the context determines its type, so it is text.
                Value::Json(text) => Value::Text(text.clone()),
                Value::U64(n) => Value::Decimal((*n).into()),
                value => value.as_cell().to_owned(),
            };
            assert_eq!(row.values()[0], expected);
        }
    }
}

#[tokio::test]
async fn text_and_bytes() {
    let mut c = schema("text_and_bytes").await;
    run(&mut c, "CREATE TYPE mood AS ENUM ('sad', 'happy'); CREATE DOMAIN word AS text CHECK (value <> 'bad')")
        .await
        .unwrap();
    let long = "x".repeat(300_000);
    for column in ["text", "varchar", "varchar(300000)"] {
        round_trip(&mut c, column, ["", "a", "ü 😀 'quoted' \"\\", &long].map(String::from)).await;
    }
    round_trip(&mut c, "name", ["a".to_owned()]).await;
    round_trip(&mut c, "char(3)", ["abc".to_owned()]).await;
    round_trip(&mut c, "\"char\"", ["a".to_owned()]).await;
    round_trip(&mut c, "mood", ["sad", "happy"].map(String::from)).await;
    round_trip(&mut c, "word", ["good".to_owned()]).await;
    round_trip(&mut c, "bytea", [vec![], vec![0_u8, 255], vec![7; 100_000]]).await;
    run(&mut c, "CREATE TABLE t (m mood, w word, v varchar(3))").await.unwrap();
    run(&mut c, "INSERT INTO t VALUES ('happy', 'x', 'abc')").await.unwrap();
    for condition in ["m = $1", "m = ANY(ARRAY[$1]::mood[])", "m >= $1"] {
        let text = format!("SELECT count(*) FROM t WHERE {condition}");
        assert_eq!(one_of::<i64>(&mut c, &text, params!["happy"]).await.unwrap(), 1, "{condition}");
    }
    let one_of_two = vec!["sad".to_owned(), "happy".to_owned()];
    assert_eq!(
        one_of::<i64>(&mut c, "SELECT count(*) FROM t WHERE m = ANY($1)", params![one_of_two]).await.unwrap(),
        1
    );
    for (text, value, secret) in [
        ("UPDATE t SET m = $1", "grumpy", "grumpy"),
        ("UPDATE t SET v = $1", "abcdef", "abcdef"),
        ("SELECT $1::int", "twelve", "twelve"),
        ("SELECT $1::date", "2024-13-77", "13-77"),
        ("SELECT $1::uuid", "no-uuid", "no-uuid"),
        ("SELECT $1", "a\0b", "a\0b"),
        ("SELECT $1::json", "{\"a\":", "\"a\""),
    ] {
        let error = execute(&mut c, text, params![value]).await.unwrap_err();
        assert!(error.is_conversion(), "{text}: {error}");
        assert!(!format!("{error} {error:?}").contains(secret), "{error:?}");
    }
    let error = execute(&mut c, "UPDATE t SET w = $1", params!["bad"]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CheckViolation);
}

/// The server infers the type of a text from the context. In a context that accepts no text, the statement fails or
/// needs a cast.
#[tokio::test]
async fn text_in_the_context_of_other_types() {
    let mut c = connect(&config()).await;
    run(&mut c, "CREATE TEMPORARY TABLE t (u uuid, j json, b jsonb, n int, i inet, d date)").await.unwrap();
    let id = Uuid::from_u128(1).to_string();
    let written = params![id.clone(), "{\"a\": 1}", "{\"b\": 2}"];
    execute(&mut c, "INSERT INTO t (u, j, b) VALUES ($1, $2, $3)", written).await.unwrap();
    assert_eq!(one_of::<i64>(&mut c, "SELECT count(*) FROM t WHERE u = $1", params![id]).await.unwrap(), 1);
    assert_eq!(one_of::<i64>(&mut c, "SELECT count(*) FROM t WHERE b @> $1", params!["{\"b\": 2}"]).await.unwrap(), 1);
    for text in ["UPDATE t SET n = $1", "UPDATE t SET i = $1", "UPDATE t SET d = $1"] {
        let error = execute(&mut c, text, params!["1"]).await.unwrap_err();
        assert!(error.is_conversion() && error.message().contains("text"), "{error}");
    }
    let cast = "UPDATE t SET n = $1::int, i = $2::inet, d = $3::date";
    execute(&mut c, cast, params!["1", "10.0.0.1", "2024-05-06"]).await.unwrap();
    assert_eq!(
        one::<String>(&mut c, "SELECT n || ' ' || i || ' ' || d FROM t").await.unwrap(),
        "1 10.0.0.1/32 2024-05-06"
    );
    assert_eq!(one_of::<String>(&mut c, "SELECT concat($1::text, $2)", params!["a", 1]).await.unwrap(), "a1");
    let error = execute(&mut c, "SELECT concat($1)", params!["a"]).await.unwrap_err();
    assert!(error.kind() == ErrorKind::InvalidStatement && error.message().contains("?::text"), "{error}");
}

#[tokio::test]
async fn uuids_and_json() {
    let mut c = connect(&config()).await;
    round_trip(&mut c, "uuid", [Uuid::nil(), Uuid::max(), Uuid::from_u128(0x0123_4567)]).await;
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    for column in ["json", "jsonb", "text"] {
        let values = ["null", "{}", "[1,\"ü\",{\"a\":null}]", "\"x\"", "1.5"];
        round_trip(&mut c, column, values.map(json)).await;
    }
    round_trip(&mut c, "jsonb", [Json(vec![1, 2, 3])]).await;
    assert_eq!(one_of::<i64>(&mut c, "SELECT ($1::jsonb -> 'a')::int", params![json("{\"a\": 3}")]).await.unwrap(), 3);
}

fn moments() -> [NaiveDateTime; 4] {
    ["2024-02-29T12:34:56.123456", "1969-12-31T23:59:59.999999", "0001-01-01T00:00:00", "9999-12-31T23:59:59.999999"]
        .map(|text| text.parse().unwrap())
}

#[tokio::test]
async fn dates_and_times() {
    let mut c = connect(&config()).await;
    let dates = ["2024-02-29", "2000-01-01", "1969-12-31", "-4712-01-01", "9999-12-31", "+200000-01-01"];
    round_trip::<NaiveDate>(&mut c, "date", dates.map(|text| text.parse().unwrap())).await;
    let times = ["00:00:00", "12:34:56.123456", "23:59:59.999999"];
    round_trip::<NaiveTime>(&mut c, "time", times.map(|text| text.parse().unwrap())).await;
    round_trip(&mut c, "timestamp", moments()).await;
    round_trip::<DateTime<Utc>>(&mut c, "timestamptz", moments().map(|time| time.and_utc())).await;
    // Each in the other's column: the session is in UTC.
    round_trip(&mut c, "timestamptz", moments()).await;
    round_trip::<DateTime<Utc>>(&mut c, "timestamp", moments().map(|time| time.and_utc())).await;
    assert_eq!(one::<String>(&mut c, "SHOW TimeZone").await.unwrap(), "UTC");
    let finer: DateTime<Utc> = "2024-01-01T00:00:00.0000005Z".parse().unwrap();
    let read: DateTime<Utc> = one_of(&mut c, "SELECT $1", params![finer]).await.unwrap();
    assert_eq!(read, "2024-01-01T00:00:00.000001Z".parse::<DateTime<Utc>>().unwrap());
    for value in params![NaiveDate::MIN, NaiveDateTime::MIN] {
        let error = rows(&mut c, "SELECT $1", vec![value]).await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (ErrorKind::Conversion, Some("22008")), "{error}");
    }
    let Value::Timestamp(last) = DateTime::<Utc>::MAX_UTC.to_value() else { panic!("no timestamp") };
    assert_eq!(one_of::<DateTime<Utc>>(&mut c, "SELECT $1", params![last]).await.unwrap(), last);
}

#[tokio::test]
async fn arrays() {
    let mut c = schema("arrays").await;
    run(&mut c, "CREATE TYPE mood AS ENUM ('sad', 'happy')").await.unwrap();
    round_trip(&mut c, "boolean[]", [vec![], vec![true, false]]).await;
    round_trip(&mut c, "smallint[]", [vec![], vec![1_i16, -1]]).await;
    round_trip(&mut c, "integer[]", [vec![], vec![1, -1, i32::MAX]]).await;
    round_trip(&mut c, "bigint[]", [vec![], vec![1_i64, i64::MIN]]).await;
    round_trip(&mut c, "real[]", [vec![0.1_f32, f32::INFINITY]]).await;
    round_trip(&mut c, "double precision[]", [vec![0.1_f64]]).await;
    for column in ["text[]", "varchar[]"] {
        round_trip(&mut c, column, [vec![], vec![String::new(), "NULL".into(), "a,{\"b\"}".into()]]).await;
    }
    round_trip(&mut c, "mood[]", [vec![], vec!["sad".to_owned()]]).await;
    round_trip(&mut c, "numeric[]", [vec![], decimals()]).await;
    round_trip(&mut c, "uuid[]", [vec![], vec![Uuid::from_u128(1)]]).await;
    round_trip(&mut c, "date[]", [vec![moments()[0].date()]]).await;
    round_trip(&mut c, "time[]", [vec![moments()[0].time()]]).await;
    round_trip(&mut c, "timestamp[]", [moments().to_vec()]).await;
    round_trip(&mut c, "timestamptz[]", [moments().map(|time| time.and_utc()).to_vec()]).await;
    let json = Value::Array(&ValueType::Json, vec![Value::Json("{\"a\": 1}".into()), Value::Null(ValueType::Json)]);
    for ty in ["json[]", "jsonb[]"] {
        let row = rows(&mut c, &format!("SELECT $1::{ty}"), vec![json.clone()]).await.unwrap().remove(0);
        assert_eq!(row.values()[0], json);
    }
    let bytes = Value::Array(&ValueType::Bytes, vec![Value::Bytes(vec![0, 1])]);
    assert_eq!(rows(&mut c, "SELECT $1", vec![bytes.clone()]).await.unwrap()[0].values()[0], bytes);
    assert_eq!(
        one_of::<i64>(
            &mut c,
            "SELECT count(*) FROM generate_series(1, 9) n WHERE n = ANY($1)",
            params![vec![2_i64, 3, 99]]
        )
        .await
        .unwrap(),
        2
    );
    let error = one::<Vec<i32>>(&mut c, "SELECT ARRAY[1, NULL]").await.unwrap_err();
    assert!(error.is_conversion(), "{error}");
    let error = one::<Vec<i32>>(&mut c, "SELECT ARRAY[[1], [2]]").await.unwrap_err();
    assert!(error.is_conversion() && error.message().contains("2 dimensions"), "{error}");
    assert_eq!(one::<Vec<i32>>(&mut c, "SELECT '[5:6]={1,2}'::int[]").await.unwrap(), [1, 2]);
}

#[tokio::test]
async fn cells_that_no_value_can_represent() {
    let mut c = connect(&config()).await;
    for (cell, words) in [
        ("'NaN'::numeric", "NaN"),
        ("'Infinity'::numeric", "infinite"),
        ("1e30::numeric", "28"),
        ("1e-29::numeric", "28"),
        ("'infinity'::date", "infinite"),
        ("'-infinity'::date", "infinite"),
        ("'5000000-01-01'::date", "date"),
        ("'infinity'::timestamp", "infinite"),
        ("'-infinity'::timestamptz", "infinite"),
        ("'290000-01-01'::timestamp", "time"),
        ("'24:00:00'::time", "time"),
        ("'10.0.0.1'::inet", "inet"),
        ("'1 day'::interval", "interval"),
        ("'[1,2)'::int4range", "int4range"),
        ("ROW(1, 2)", "record"),
        ("ARRAY['1 day'::interval]", "interval"),
    ] {
        let error: Error = rows(&mut c, &format!("SELECT 1, {cell} AS x"), vec![]).await.unwrap_err();
        assert!(error.is_conversion() && error.message().contains(words), "{cell}: {error}");
        assert!(error.message().contains("column `x`"), "{cell}: {error}");
        assert!(c.is_reusable());
        if cell.contains("inet") || cell.contains("interval") {
            assert!(error.message().contains("::text"), "{error}");
            one::<String>(&mut c, &format!("SELECT ({cell})::text")).await.unwrap();
        }
    }
    for (cell, expected) in [("1.50", "1.50"), ("1e20::numeric", "100000000000000000000"), ("0.000", "0.000")] {
        assert_eq!(one::<Decimal>(&mut c, &format!("SELECT {cell}")).await.unwrap().to_string(), expected);
    }
    let third: Decimal = one(&mut c, "SELECT 1::numeric / 3").await.unwrap();
    assert_eq!(third.to_string(), "0.33333333333333333333");
    let padded: Decimal = one(&mut c, "SELECT 12345678901234567890123456.00000000000000000000::numeric").await.unwrap();
    assert_eq!(padded, "12345678901234567890123456".parse().unwrap());
    assert_eq!(one::<Option<i32>>(&mut c, "SELECT pg_sleep(0)").await.unwrap(), None);
    assert!(one::<i64>(&mut c, "SELECT oid FROM pg_class LIMIT 1").await.unwrap() > 0);
}

/// A database without an encoding stores any bytes. The server checks them when it sends them.
#[tokio::test]
async fn text_that_is_not_utf8_is_an_error() {
    let mut c = connect(&config()).await;
    run(&mut c, "DROP DATABASE IF EXISTS unencoded").await.unwrap();
    let create = "CREATE DATABASE unencoded TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'";
    run(&mut c, create).await.unwrap();
    let mut unencoded = connect(&config_of("unencoded")).await;
    let error = rows(&mut unencoded, r"SELECT 'right' AS a, convert_from('\xff'::bytea, 'SQL_ASCII') AS b", vec![])
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conversion, "{error}");
    assert!(error.message().contains("encoding"), "{error}");
    assert_eq!(one::<String>(&mut unencoded, "SELECT 'the next one'").await.unwrap(), "the next one");
    unencoded.close().await;
    run(&mut c, "DROP DATABASE unencoded").await.unwrap();
}
