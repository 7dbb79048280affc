//! A write goes through although its images cannot be written. The message has the key then.

use activerecord::prelude::*;
use serde_json::{Value as Json, json};
use test_support::Database;

use super::{databases, run, taken};

/// Checks that the messages have only a key.
async fn without_images(database: &str, keys: &[&str]) -> Result<()> {
    let seen = taken(database).await?;
    assert_eq!(
        seen.iter().map(super::Seen::short).collect::<Vec<_>>(),
        keys.iter().map(|key| ("reread", Some(*key))).collect::<Vec<_>>()
    );
    for (seen, key) in seen.iter().zip(keys) {
        assert_eq!((&seen.before, &seen.after), (&Json::Null, &Json::Null));
        assert_eq!(seen.reread, json!({ "id": key.parse::<i64>().map_err(Error::custom)? }));
    }
    Ok(())
}

/// Rows whose images are larger than the largest value of the database.
#[tokio::test]
async fn a_large_row_is_written() -> Result<()> {
    let create =
        ["CREATE TABLE t (id INTEGER PRIMARY KEY, x BLOB)", "", "CREATE TABLE t (id INTEGER PRIMARY KEY, x LONGTEXT)"];
    for database in databases(create).await? {
        Capture::install_table(&database, "t", None).await?;
        let is_file = connection(&database)?.dialect().name() == "sqlite";
        // A blank more than the limit of SQLite; a text whose JSON is twice as long as the largest packet of a server.
        let insert = if is_file {
            "INSERT INTO t VALUES (1, zeroblob(150000001))"
        } else {
            "INSERT INTO t SELECT 1, REPEAT('\"', @@max_allowed_packet - 100)"
        };
        run(&database, &[insert, "DELETE FROM t", "INSERT INTO t VALUES (2, 'small')"]).await?;
        let small = if is_file { "736D616C6C" } else { "small" };
        assert_eq!(taken_last(&database).await?, small);
        without_images(&database, &["1", "1"]).await?;
    }
    Ok(())
}

/// Takes the last message, which has images, and returns its column `x`.
async fn taken_last(database: &str) -> Result<String> {
    use activerecord::Message;
    let last = Message::using(database).order_by(Message::ID.desc()).limit(1).all().await?.remove(0);
    Message::using(database).filter(Message::ID.eq(last.id)).delete().await?;
    let payload: Json = last.payload()?;
    Ok(payload["after"]["x"].as_str().unwrap_or_default().to_owned())
}

/// A text of 70,000 characters is in the image.
#[tokio::test]
async fn a_long_text_is_captured() -> Result<()> {
    let create = [
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT)",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT)",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x MEDIUMTEXT)",
    ];
    for database in databases(create).await? {
        Capture::install_table(&database, "t", None).await?;
        connection(&database)?.execute("INSERT INTO t VALUES (1, ?)", ["é\"".repeat(35_000)]).await?;
        assert_eq!(taken(&database).await?[0].after["x"].as_str().map(|text| text.chars().count()), Some(70_000));
    }
    Ok(())
}

/// A column is dropped and another one is added while the triggers are installed.
#[tokio::test]
async fn columns_come_and_go() -> Result<()> {
    let server = "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER)";
    for database in databases(["", server, server]).await? {
        Capture::install_table(&database, "t", None).await?;
        run(&database, &["ALTER TABLE t DROP COLUMN b", "INSERT INTO t VALUES (1, 1)", "UPDATE t SET a = 2"]).await?;
        run(&database, &["UPDATE t SET id = 2", "DELETE FROM t"]).await?;
        let seen: Vec<_> = taken(&database).await?.into_iter().map(|seen| (seen.kind, seen.key)).collect();
        assert!(seen.iter().all(|(kind, _)| kind == "reread"), "{seen:?}");
        let mut keys: Vec<_> = seen.into_iter().filter_map(|(_, key)| key).collect();
        keys.sort();
        assert_eq!(keys, ["1", "1", "1", "2", "2"]);
        run(&database, &["ALTER TABLE t ADD COLUMN c INTEGER DEFAULT 7"]).await?;
        Capture::install_table(&database, "t", None).await?;
        run(&database, &["INSERT INTO t (id) VALUES (3)"]).await?;
        assert_eq!(taken(&database).await?[0].after, json!({ "id": 3, "a": null, "c": 7 }));
    }
    Ok(())
}

/// A login that has rights on the table only.
#[tokio::test]
async fn a_login_needs_no_right_on_the_outbox() -> Result<()> {
    let server = "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT)";
    for database in databases(["", server, server]).await? {
        Capture::install_table(&database, "t", None).await?;
        let login = format!("writer_{}", fastrand::u32(..));
        let admin = connection(&database)?;
        let is_postgres = admin.dialect().name() == "postgresql";
        let schema = "DO $$ BEGIN EXECUTE format('GRANT USAGE ON SCHEMA %I TO {}', current_schema()); END $$";
        let create = match is_postgres {
            true => vec![format!("CREATE ROLE {login} LOGIN PASSWORD 'lesser'"), schema.replace("{}", &login)],
            false => vec![format!("CREATE USER '{login}'@'%' IDENTIFIED BY 'lesser'")],
        };
        run(&database, &create.iter().map(String::as_str).collect::<Vec<_>>()).await?;
        run(&database, &[&admin.grant_rows_sql("t", &login)?.unwrap_or_default()]).await?;
        let lesser = database.alias("writer", |config| config.username(&*login).password("lesser"))?;
        let refused = connection(&lesser)?.query("SELECT * FROM ar_outbox", []).await;
        assert!(refused.is_err_and(|error| error.kind() == activerecord::ErrorKind::PermissionDenied));
        run(
            &lesser,
            &["INSERT INTO t VALUES (1, 'a')", "UPDATE t SET x = 'b'", "UPDATE t SET id = 2", "DELETE FROM t"],
        )
        .await?;
        assert_eq!(taken(&database).await?.len(), 5);
        ConnectionManager::remove(&lesser).await?;
        let drop = match is_postgres {
            true => vec![format!("DROP OWNED BY {login}"), format!("DROP ROLE {login}")],
            false => vec![format!("DROP USER '{login}'@'%'")],
        };
        run(&database, &drop.iter().map(String::as_str).collect::<Vec<_>>()).await?;
    }
    Ok(())
}

/// Without the outbox, PostgreSQL writes the row and warns.
#[tokio::test]
async fn a_missing_outbox_does_not_refuse_a_write() -> Result<()> {
    for database in databases(["", "CREATE TABLE t (id INTEGER PRIMARY KEY)", ""]).await? {
        Capture::install_table(&database, "t", None).await?;
        run(&database, &["DROP TABLE ar_outbox", "INSERT INTO t VALUES (1)", "UPDATE t SET id = 2", "TRUNCATE t"])
            .await?;
    }
    Ok(())
}

/// TRUNCATE is one change, without a key.
#[tokio::test]
async fn a_truncate_is_captured() -> Result<()> {
    for database in databases(["", "CREATE TABLE t (id INTEGER PRIMARY KEY)", ""]).await? {
        Capture::install_table(&database, "t", Some("of_t")).await?;
        run(&database, &["INSERT INTO t VALUES (1)", "TRUNCATE t", "INSERT INTO t VALUES (2)"]).await?;
        let seen = taken(&database).await?;
        let short: Vec<_> = seen.iter().map(|seen| (&*seen.topic, seen.short())).collect();
        assert_eq!(
            short,
            [("of_t", ("insert", Some("1"))), ("of_t", ("truncate", None)), ("of_t", ("insert", Some("2")))]
        );
    }
    Ok(())
}

/// A trigger of the application changes the row again. The last message is the last state, whichever trigger is older and
/// whatever its name is.
#[tokio::test]
async fn other_triggers_change_the_row_again() -> Result<()> {
    let create = "CREATE TABLE t (id INTEGER PRIMARY KEY, x INTEGER, touched INTEGER DEFAULT 0)";
    for is_older in [true, false] {
        for database in databases([create, create, ""]).await? {
            let is_file = connection(&database)?.dialect().name() == "sqlite";
            let trigger: &[&str] = if is_file {
                &[
                    "CREATE TRIGGER a_touch AFTER UPDATE OF x ON t BEGIN UPDATE t SET touched = touched + 1 WHERE id = NEW.id; END",
                ]
            } else {
                &[
                    "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                     UPDATE t SET touched = touched + 1 WHERE id = NEW.id; RETURN NULL; END $$",
                    "CREATE TRIGGER \"A_touch\" AFTER UPDATE OF x ON t FOR EACH ROW EXECUTE FUNCTION touch()",
                ]
            };
            if is_older {
                run(&database, trigger).await?;
            }
            Capture::install_table(&database, "t", None).await?;
            if !is_older {
                run(&database, trigger).await?;
            }
            run(&database, &["INSERT INTO t (id, x) VALUES (1, 1)", "UPDATE t SET x = 2"]).await?;
            let seen = taken(&database).await?;
            assert_eq!(seen.len(), 3);
            assert_eq!(seen[2].after, json!({ "id": 1, "x": 2, "touched": 1 }));
        }
    }
    Ok(())
}

/// Rows that exchange their keys in one statement: the last message of each key is the row that has it.
#[tokio::test]
async fn keys_change_places() -> Result<()> {
    for mode in ["IMMEDIATE", "DEFERRED"] {
        let create = format!("CREATE TABLE t (id INTEGER PRIMARY KEY DEFERRABLE INITIALLY {mode}, x TEXT)");
        for database in databases(["", &create, ""]).await? {
            run(&database, &["INSERT INTO t VALUES (1, 'one'), (2, 'two'), (3, 'three')"]).await?;
            Capture::install_table(&database, "t", None).await?;
            run(&database, &["UPDATE t SET id = CASE id WHEN 1 THEN 2 WHEN 2 THEN 3 ELSE 1 END"]).await?;
            assert_eq!(last(&database).await?, [("1", "three"), ("2", "one"), ("3", "two")].map(owned));
            run(&database, &["UPDATE t SET id = id + 1"]).await?;
            assert_eq!(last(&database).await?, [("1", ""), ("2", "three"), ("3", "one"), ("4", "two")].map(owned));
        }
    }
    Ok(())
}

fn owned((key, text): (&str, &str)) -> (String, String) {
    (key.to_owned(), text.to_owned())
}

/// The last image of each key. Empty: it is deleted.
async fn last(database: &Database) -> Result<Vec<(String, String)>> {
    let mut last = std::collections::BTreeMap::new();
    for seen in taken(database).await? {
        last.insert(seen.key.unwrap_or_default(), seen.after["x"].as_str().unwrap_or_default().to_owned());
    }
    Ok(last.into_iter().collect())
}
