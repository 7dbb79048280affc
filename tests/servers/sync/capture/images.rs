//! What an image contains, whatever the type of the column and the settings of the session.

use activerecord::Message;
use activerecord::prelude::*;
use activerecord::sync::Changed;
use serde_json::json;
use serde_json::value::RawValue;

use test_support::Database;

use super::{databases, profiles, run, taken};

/// Every type is in the image: as itself where JSON has it, else as text.
#[tokio::test]
async fn every_type_has_a_form() -> Result<()> {
    let sqlite = "CREATE TABLE t (k BLOB PRIMARY KEY, i INTEGER, x, j JSON, n TEXT)";
    let postgres = "CREATE TABLE t (k BYTEA PRIMARY KEY, span INTERVAL, inet INET, bits BIT(8), range INT4RANGE, \
                    times TIMETZ, money MONEY, spans INTERVAL[], fixed CHAR(5), o OID, x XML, bytes BYTEA[], \
                    j JSONB, f DOUBLE PRECISION, tz TSTZRANGE, n TEXT)";
    let mysql = "CREATE TABLE t (k BINARY(16) PRIMARY KEY, b BIT(8), one BIT(1), zero INT(6) ZEROFILL, place POINT, y YEAR, \
                 flag TINYINT(1), e ENUM('a', 'b'), s SET('a', 'b'), j JSON, fixed CHAR(5), d DOUBLE(10, 2) ZEROFILL, n TEXT)";
    for database in databases([sqlite, postgres, mysql]).await? {
        Capture::install_table(&database, "t", None).await?;
        let (insert, expected) = match connection(&database)?.dialect().name() {
            "sqlite" => (
                "INSERT INTO t VALUES (x'ff00', 'not a number', x'ff', x'fe', 'a''b')",
                json!({ "k": "FF00", "i": "not a number", "x": { "blob": "FF" }, "j": "FE", "n": "a'b" }),
            ),
            "postgresql" => (
                "INSERT INTO t VALUES ('\\xff00', '1 day 02:03', '10.0.0.1/8', B'11111111', '[1,5)', '10:00+02', 12.5, \
                 '{1 day}', 'ab', 7, '<a/>', '{\"\\\\xff\"}', '{\"a\": 1}', 0.1, '[2026-01-01 00:00+00,)', NULL)",
                json!({
                    "k": "ff00", "span": "1 day 02:03:00", "inet": "10.0.0.1/8", "bits": "11111111", "range": "[1,5)",
                    "times": "10:00:00+02", "money": "$12.50", "spans": "{\"1 day\"}", "fixed": "ab   ", "o": 7, "x": "<a/>",
                    "bytes": ["\\xff"], "j": { "a": 1 }, "f": 0.1, "tz": "[\"2026-01-01 00:00:00+00\",)", "n": null,
                }),
            ),
            _ => (
                "INSERT INTO t VALUES (x'ff000000000000000000000000000001', 255, 1, 5, POINT(1, 2), 2026, 2, 'b', 'a,b', \
                 '{\"a\": 1}', 'ab', 1.5, NULL)",
                json!({
                    "k": "FF000000000000000000000000000001", "b": 255, "one": true, "zero": "000005", "place": "POINT(1 2)",
                    "y": 2026, "flag": 2, "e": "b", "s": "a,b", "j": { "a": 1 }, "fixed": "ab", "d": "0000001.50", "n": null,
                }),
            ),
        };
        run(&database, &[insert, "UPDATE t SET n = 'new'", "DELETE FROM t"]).await?;
        let seen = taken(&database).await?;
        assert_eq!(seen[0].after, expected);
        let after = json!("new");
        assert_eq!((&seen[1].before, &seen[1].after["n"]), (&expected, &after));
        let key = expected["k"].as_str();
        assert_eq!(
            seen.iter().map(super::Seen::short).collect::<Vec<_>>(),
            [("insert", key), ("update", key), ("delete", key)]
        );
    }
    Ok(())
}

/// The settings of a session change no image.
#[tokio::test]
async fn settings_of_a_session_change_no_image() -> Result<()> {
    let postgres = "CREATE TABLE t (id BIGINT PRIMARY KEY, at TIMESTAMPTZ, day DATE, f DOUBLE PRECISION, r REAL, b BYTEA, \
                    span INTERVAL, spans INTERVAL[], range TSTZRANGE, cash MONEY, n INT)";
    let mysql = "CREATE TABLE t (id BIGINT PRIMARY KEY, at TIMESTAMP(6) NULL, dt DATETIME(3), c CHAR(5), s VARCHAR(20), \
                 d DECIMAL(10, 3), f DOUBLE, b BLOB, n INT)";
    for database in databases(["", postgres, mysql]).await? {
        Capture::install_table(&database, "t", None).await?;
        let is_postgres = connection(&database)?.dialect().name() == "postgresql";
        let (insert, settings): (&str, &[&str]) = if is_postgres {
            (
                "INSERT INTO t VALUES (1, '2026-07-01 12:00:00.123456+00', '2026-02-03', 0.1::float8 + 0.2, 0.1, '\\xff00', \
                 '1 day 02:03', '{1 mon}', '[2026-01-01 00:00+00,)', 12.5, 0)",
                &[
                    "SET LOCAL extra_float_digits = 0",
                    "SET LOCAL \"DateStyle\" = 'German'",
                    "SET LOCAL \"IntervalStyle\" = 'iso_8601'",
                    "SET LOCAL bytea_output = 'escape'",
                    "SET LOCAL \"TimeZone\" = 'Asia/Kolkata'",
                    "SET LOCAL search_path = pg_temp",
                    "SET LOCAL standard_conforming_strings = off",
                ],
            )
        } else {
            (
                "INSERT INTO t VALUES (1, '2026-07-01 12:00:00.123456', '2026-07-01 12:00:00.123', 'ab', 'café ☃', 1.5, 0.1 + 0.2, \
                 x'ff00', 0)",
                &[
                    "SET time_zone = '+05:30'",
                    "SET sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PAD_CHAR_TO_FULL_LENGTH'",
                    "SET character_set_connection = latin1, character_set_client = latin1, character_set_results = latin1",
                    "SET div_precision_increment = 0",
                ],
            )
        };
        let update = match is_postgres {
            true => {
                let rows = connection(&database)?.query("SELECT current_schema()", []).await?;
                format!("UPDATE {}.t SET n = n + 1", rows[0].get::<String>(0)?)
            }
            false => "UPDATE t SET n = n + 1".to_owned(),
        };
        run(&database, &[insert]).await?;
        let expected = taken(&database).await?.remove(0).after;
        transaction(&database, async || {
            run(&database, settings).await?;
            run(&database, &[&update]).await
        })
        .await?;
        let seen = taken(&database).await?.remove(0);
        let mut after = seen.after;
        after["n"] = json!(0);
        assert_eq!((seen.before, after), (expected.clone(), expected));
    }
    Ok(())
}

/// A TIMESTAMP is the instant that the column holds, also the zero date.
#[tokio::test]
async fn a_zero_timestamp_stays_one() -> Result<()> {
    for database in
        databases(["", "", "CREATE TABLE t (at TIMESTAMP(3) NOT NULL DEFAULT '2000-01-01' PRIMARY KEY)"]).await?
    {
        Capture::install_table(&database, "t", None).await?;
        transaction(&database, async || {
            run(&database, &["SET sql_mode = '', time_zone = '-03:00'", "INSERT INTO t VALUES (0)"]).await?;
            run(&database, &["INSERT INTO t VALUES ('2026-01-01 00:00:00.5')"]).await
        })
        .await?;
        let at: Vec<_> = taken(&database).await?.into_iter().map(|seen| (seen.after["at"].clone(), seen.key)).collect();
        assert_eq!(at[0].0, json!("0000-00-00 00:00:00"));
        assert_eq!(at[1].0.as_str().map(|at| at.trim_end_matches('0')), Some("2026-01-01 03:00:00.5"));
        assert_eq!(at[1].1.as_deref(), at[1].0.as_str());
    }
    Ok(())
}

/// A key that differs only in case or in blanks is another key: the row has left the former one.
#[tokio::test]
async fn a_key_changes_by_its_characters() -> Result<()> {
    let create = [
        "CREATE TABLE t (k TEXT COLLATE NOCASE PRIMARY KEY)",
        "CREATE TABLE t (k CHARACTER VARYING PRIMARY KEY)",
        "CREATE TABLE t (k VARCHAR(20) COLLATE utf8mb4_general_ci PRIMARY KEY)",
    ];
    for database in databases(create).await? {
        Capture::install_table(&database, "t", None).await?;
        run(&database, &["INSERT INTO t VALUES ('a')"]).await?;
        taken(&database).await?;
        run(&database, &["UPDATE t SET k = 'A'"]).await?;
        let mut seen: Vec<_> = taken(&database).await?.into_iter().map(|seen| (seen.kind, seen.key)).collect();
        seen.sort();
        let change = |kind: &str, key: &str| (kind.to_owned(), Some(key.to_owned()));
        assert_eq!(seen, [change("delete", "a"), change("insert", "A")]);
    }
    Ok(())
}

/// A table with hundreds of columns.
#[tokio::test]
async fn a_wide_table_is_captured() -> Result<()> {
    let columns: Vec<_> = (0..400).map(|number| format!("c{number} INTEGER")).collect();
    let create = format!("CREATE TABLE t (id INTEGER PRIMARY KEY, {})", columns.join(", "));
    for database in databases([&create; 3]).await? {
        Capture::install_table(&database, "t", None).await?;
        run(&database, &["INSERT INTO t (id, c399) VALUES (1, 7)", "UPDATE t SET c0 = 1"]).await?;
        let seen = taken(&database).await?;
        assert_eq!(seen[1].after.as_object().map(serde_json::Map::len), Some(401));
        assert_eq!((&seen[1].after["c0"], &seen[1].after["c399"]), (&json!(1), &json!(7)));
    }
    Ok(())
}

#[derive(ActiveRecord, Clone, Debug)]
struct Paper {
    id: i64,
    content: Json<Box<RawValue>>,
}

/// A number of a JSON column keeps the digits that the database keeps.
#[tokio::test]
async fn a_number_in_json_keeps_its_digits() -> Result<()> {
    for profile in profiles() {
        let database = Database::on(profile, &["papers (id ID, content DOCUMENT NOT NULL)"]).await?;
        Capture::install::<Paper>().on(&*database).await?;
        run(&database, &["INSERT INTO papers (content) VALUES ('[1234567890123456789012345]')"]).await?;
        let row = Paper::using(&database).one().await?;
        let message = Message::using(&database).one().await?;
        let image = message.payload::<Changed<Paper>>()?.after.ok_or_else(|| Error::custom("no image"))?;
        assert_eq!(image.content.0.get(), row.content.0.get());
    }
    Ok(())
}
