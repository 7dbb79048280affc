//! Values are written and read back. Values that cannot be stored or read are errors.

use activerecord_core::{ErrorKind, FromValue, Json, ToValue, Value, ValueRef, ValueType, params};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::support::*;

/// Writes a value to a column, and reads it back by itself and by a comparison.
async fn round_trip<T>(c: &mut Conn, column: &str, value: T)
where
    T: ToValue + FromValue + PartialEq + std::fmt::Debug,
{
    run(c, "DROP TABLE IF EXISTS v").await.unwrap();
    run(c, &format!("CREATE TABLE v (v {column})")).await.unwrap();
    execute(c, "INSERT INTO v VALUES (?)", vec![value.to_value()]).await.unwrap();
    assert_eq!(one::<T>(c, "SELECT v FROM v").await.unwrap(), value, "{column}");
    if !column.starts_with("JSON") && !column.starts_with("FLOAT") {
        let found = rows(c, "SELECT v FROM v WHERE v = ?", vec![value.to_value()]).await.unwrap();
        assert_eq!(found.len(), 1, "{column} = {value:?}");
    }
}

#[test]
fn numbers_round_trip() {
    on_each_server(async |server| {
        let c = &mut server.connect().await;
        for truth in [true, false] {
            round_trip(c, "BOOLEAN", truth).await;
            round_trip(c, "BIT(1)", truth).await;
        }
        round_trip(c, "TINYINT(1)", -128_i8).await;
        round_trip(c, "TINYINT", i8::MIN).await;
        round_trip(c, "TINYINT UNSIGNED", u8::MAX).await;
        round_trip(c, "SMALLINT", i16::MIN).await;
        round_trip(c, "SMALLINT UNSIGNED", u16::MAX).await;
        round_trip(c, "MEDIUMINT", -8_388_608_i32).await;
        round_trip(c, "MEDIUMINT UNSIGNED", 16_777_215_u32).await;
        round_trip(c, "INT", i32::MIN).await;
        round_trip(c, "INT UNSIGNED", u32::MAX).await;
        round_trip(c, "BIGINT", i64::MIN).await;
        round_trip(c, "BIGINT UNSIGNED", u64::MAX).await;
        round_trip(c, "BIT(64)", u64::MAX).await;
        round_trip(c, "YEAR", 2024_i16).await;
        round_trip(c, "DOUBLE", 0.1_f64).await;
        round_trip(c, "DOUBLE", f64::MIN_POSITIVE).await;
        round_trip(c, "FLOAT", 0.1_f32).await;
        round_trip(c, "BIGINT", None::<i64>.or(Some(5))).await;
        for decimal in ["0", "-1.50", "1234567890123456789012345678", "0.0000000001"] {
            round_trip(c, "DECIMAL(38, 10)", decimal.parse::<Decimal>().unwrap()).await;
        }
    });
}

#[test]
fn texts_and_bytes_round_trip() {
    on_each_server(async |server| {
        let c = &mut server.connect().await;
        for text in ["", "plain", "ünïcödé \u{1f600}", "a\0b", "'; DROP TABLE v; -- \\", "null"] {
            for column in ["VARCHAR(100)", "TEXT", "LONGTEXT", "VARCHAR(100) COLLATE utf8mb4_bin"] {
                round_trip(
                    c,
                    &format!("{column} CHARACTER SET utf8mb4").replace(
                        " COLLATE utf8mb4_bin CHARACTER SET utf8mb4",
                        " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
                    ),
                    text.to_owned(),
                )
                .await;
            }
        }
        round_trip(c, "CHAR(10)", "plain".to_owned()).await;
        round_trip(c, "VARCHAR(10) CHARACTER SET latin1", "ünï".to_owned()).await;
        round_trip(c, "TINYTEXT", "plain".to_owned()).await;
        round_trip(c, "MEDIUMTEXT", "x".repeat(100_000)).await;
        round_trip(c, "ENUM('a', 'b')", "b".to_owned()).await;
        round_trip(c, "SET('a', 'b')", "a,b".to_owned()).await;
        for bytes in [vec![], vec![0], vec![0xff_u8; 200]] {
            for column in ["VARBINARY(200)", "BLOB", "TINYBLOB", "LONGBLOB"] {
                round_trip(c, column, bytes.clone()).await;
            }
        }
        round_trip(c, "BINARY(2)", vec![1_u8, 2]).await;
        round_trip(c, "CHAR(36)", Uuid::from_u128(0x1234)).await;
        round_trip(c, "JSON", Json(vec![1, 2])).await;
        round_trip(c, "JSON", vec!["a".to_owned(), "\"ü".to_owned()]).await;
        round_trip(c, "TEXT", vec![Decimal::new(150, 2)]).await;
    });
}

#[test]
fn dates_and_times_round_trip() {
    on_each_server(async |server| {
        let c = &mut server.connect().await;
        round_trip(c, "DATE", NaiveDate::from_ymd_opt(2024, 2, 29).unwrap()).await;
        round_trip(c, "DATE", NaiveDate::from_ymd_opt(9999, 12, 31).unwrap()).await;
        round_trip(c, "TIME(6)", NaiveTime::from_hms_micro_opt(23, 59, 59, 999_999).unwrap()).await;
        round_trip(c, "TIME", NaiveTime::MIN).await;
        let instant = DateTime::<Utc>::from_timestamp_micros(1_700_000_000_123_456).unwrap();
        for column in ["DATETIME(6)", "TIMESTAMP(6)"] {
            round_trip(c, column, instant).await;
            round_trip(c, column, instant.naive_utc()).await;
        }
        round_trip(c, "DATETIME", NaiveDateTime::default()).await;
        let seconds: i64 = one(c, "SELECT timestampdiff(SECOND, utc_timestamp(), now())").await.unwrap();
        assert_eq!(seconds, 0, "sessions are in UTC");
    });
}

#[test]
fn cells_have_the_types_of_their_columns() {
    on_each_server(async |server| {
        let mut c = server.connect().await;
        let select = sql(
            "SELECT NULL, 1, 18446744073709551615, 1.5e0, 1.50, 'a', x'00', '', DATE '2024-01-02', TIME '01:02:03', \
             TIMESTAMP '2024-01-02 03:04:05', 1 = 1",
            vec![],
        );
        let mut check = |row: &dyn activerecord_core::RowRef| {
            let cells: Vec<ValueRef<'_>> = (0..row.len()).map(|i| row.value(i).unwrap()).collect();
            let date = NaiveDate::from_ymd_opt(2024, 1, 2).unwrap();
            let expected = [
                ValueRef::Null,
                ValueRef::I64(1),
                ValueRef::U64(u64::MAX),
                ValueRef::F64(1.5),
                ValueRef::Decimal(Decimal::new(150, 2)),
                ValueRef::Text("a"),
                ValueRef::Bytes(&[0]),
                ValueRef::Text(""),
                ValueRef::Date(date),
                ValueRef::Time(NaiveTime::from_hms_opt(1, 2, 3).unwrap()),
                ValueRef::DateTime(date.and_hms_opt(3, 4, 5).unwrap()),
                ValueRef::I64(1),
            ];
            assert_eq!(cells, expected);
            Ok(activerecord_core::Flow::More)
        };
        c.fetch(&select, &mut check).await.unwrap();
    });
}

#[test]
fn sums_and_averages_are_read_as_the_requested_type() {
    on_each_server(async |server| {
        let c = &mut server.connect().await;
        run(c, "CREATE TABLE t (n INT, d DECIMAL(10, 2))").await.unwrap();
        run(c, "INSERT INTO t VALUES (1, 1.25), (2, 2.50)").await.unwrap();
        assert_eq!(one::<i64>(c, "SELECT sum(n) FROM t").await.unwrap(), 3);
        assert_eq!(one::<i64>(c, "SELECT count(*) FROM t").await.unwrap(), 2);
        assert!((one::<f64>(c, "SELECT avg(n) FROM t").await.unwrap() - 1.5).abs() < 1e-9);
        assert_eq!(one::<Decimal>(c, "SELECT sum(d) FROM t").await.unwrap(), Decimal::new(375, 2));
        assert_eq!(one::<Option<i64>>(c, "SELECT sum(n) FROM t WHERE n > 5").await.unwrap(), None);
    });
}

#[test]
fn values_that_cannot_be_stored_are_refused_and_not_shown() {
    on_each_server(async |server| {
        let mut c = server.connect().await;
        for (value, secret) in [
            (Value::F64(f64::NAN), "NaNs"),
            (Value::F32(f32::INFINITY), "infs"),
            (NaiveDate::from_ymd_opt(12_345, 1, 1).unwrap().to_value(), "12345"),
            (NaiveDate::from_ymd_opt(-1, 1, 1).unwrap().to_value(), "-1"),
            (vec![f64::NAN].to_value(), "NaNs"),
        ] {
            let error = rows(&mut c, "SELECT ?, ?", vec![Value::I64(1), value]).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Conversion);
            assert!(error.message().contains("placeholder 2") && !error.message().contains(secret), "{error}");
            assert!(c.is_reusable());
        }
    });
}

#[test]
fn values_that_cannot_be_read_are_errors() {
    on_each_server(async |server| {
        let mut c = server.connect().await;
        run(&mut c, "CREATE TABLE t (d DATE, dt DATETIME)").await.unwrap();
        run(&mut c, "SET sql_mode = ''").await.unwrap();
        run(&mut c, "INSERT INTO t VALUES ('0000-00-00', '2024-00-00 00:00:00')").await.unwrap();
        for text in [
            "SELECT d FROM t",
            "SELECT dt FROM t",
            "SELECT CAST('-01:00:00' AS TIME)",
            "SELECT CAST('25:00:00' AS TIME)",
            "SELECT ST_GeomFromText('POINT(1 1)')",
            "SELECT CAST('12345678901234567890123456789012345' AS DECIMAL(40, 2))",
        ] {
            let error = rows(&mut c, text, vec![]).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Conversion, "{text}: {error}");
            assert!(c.is_reusable(), "{text}");
        }
        let error = one::<String>(&mut c, "SELECT x'61ff'").await.unwrap_err();
        assert!(error.is_conversion(), "{error}");
    });
}

#[test]
fn a_null_of_any_type_is_null() {
    on_each_server(async |server| {
        let mut c = server.connect().await;
        for ty in [
            ValueType::Bool,
            ValueType::I64,
            ValueType::U64,
            ValueType::F64,
            ValueType::Text,
            ValueType::Bytes,
            ValueType::Decimal,
            ValueType::Uuid,
            ValueType::Date,
            ValueType::Time,
            ValueType::Timestamp,
            ValueType::Json,
            ValueType::Array(&ValueType::I64),
        ] {
            let row = rows(&mut c, "SELECT ? IS NULL", vec![Value::Null(ty)]).await.unwrap().remove(0);
            assert!(row.get::<bool>(0).unwrap());
        }
    });
}

/// Cells have another format in the text protocol, and are read as the same values.
#[test]
fn both_protocols_are_read_the_same() {
    on_each_server(async |server| {
        let mut c = server.connect().await;
        run(&mut c, "CREATE TABLE t (a TINYINT, b BIGINT UNSIGNED, c DOUBLE, d DATE, e TIME(6), f DATETIME(6), g BLOB, h TIMESTAMP(6) NULL, i BIT(3), j YEAR, k TEXT)").await.unwrap();
        run(&mut c, "INSERT INTO t VALUES (-1, 18446744073709551615, 0.1, '2024-01-02', '01:02:03.000004', '2024-01-02 03:04:05.000006', x'00ff', '2024-01-02 03:04:05', b'101', 2024, 'ü')").await.unwrap();
        let binary = rows(&mut c, "SELECT * FROM t", vec![]).await.unwrap();
        run(&mut c, "HANDLER t OPEN").await.unwrap();
        let text = rows(&mut c, "HANDLER t READ FIRST", vec![]).await.unwrap();
        assert_eq!(text, binary);
        let twice = execute(&mut c, "SELECT ?", params![1]).await.unwrap();
        assert_eq!(twice.rows, 0);
    });
}
