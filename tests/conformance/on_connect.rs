//! Statements that run on each new session of a connection.

use activerecord::prelude::*;
use activerecord::{ErrorKind, PoolOptions};
use test_support::{Database, until};

/// What a database can set in a session, how it is seen, and how it is changed by hand.
struct Mark {
    set: &'static [&'static str],
    seen: &'static str,
    change: &'static str,
    /// A query of the id of the session, and a statement that ends the session with the id `{}`. None: sessions do not end.
    end: Option<(&'static str, &'static str)>,
}

fn mark(db: &Database) -> &'static Mark {
    match db.profile().name() {
        "sqlite" => &Mark {
            set: &["ATTACH ':memory:' AS \"marked?\"", "PRAGMA case_sensitive_like = ON"],
            seen: "SELECT name FROM pragma_database_list WHERE name LIKE 'marked%' AND 'a' NOT LIKE 'A'",
            change: "PRAGMA query_only = 1",
            end: None,
        },
        "postgres" => &Mark {
            set: &[
                "SELECT set_config('search_path', current_schema() || ', pg_catalog', false)",
                "SET app.mark = 'marked?'",
            ],
            seen: "SELECT current_setting('app.mark') FROM pg_settings WHERE name = 'search_path' AND setting LIKE '%, pg_catalog'",
            change: "SET app.mark = 'changed'",
            end: Some(("SELECT pg_backend_pid()::bigint", "SELECT pg_terminate_backend({})")),
        },
        _ => &Mark {
            set: &["SET @a = 'marked', @b = '?'", "SET @mark = CONCAT(@a, @b)"],
            seen: "SELECT CAST(@mark AS CHAR)",
            change: "SET @mark = 'changed'",
            end: Some(("SELECT CAST(connection_id() AS SIGNED)", "KILL {}")),
        },
    }
}

/// A connection whose pool has this many sessions, and runs these statements.
fn with(db: &Database, statements: &[&str], sessions: usize) -> Result<String> {
    let pool = PoolOptions::new().max_connections(sessions);
    db.alias("marked", |config| config.pool(pool).on_connect(statements.iter().copied()))
}

async fn seen(name: &str, mark: &Mark) -> Result<String> {
    connection(name)?.query(mark.seen, []).await?[0].get(0)
}

#[tokio::test]
async fn each_session_has_run_them() -> Result<()> {
    let db = Database::new([]).await;
    let mark = mark(&db);
    let name = with(&db, mark.set, 3)?;
    let (one, two) = (Transaction::begin(&name[..]).await?, Transaction::begin(&name[..]).read_only().await?);
    for transaction in [&one, &two] {
        assert_eq!(transaction.query(mark.seen, []).await?[0].get::<String>(0)?, "marked?");
    }
    two.rollback().await?;
    one.rollback().await?;
    assert_eq!(seen(&name, mark).await?, "marked?");
    // The other connection to the same database has no such sessions.
    assert!(!connection(&db)?.query(mark.seen, []).await.is_ok_and(|rows| {
        rows.first()
            .is_some_and(|row| row.get::<Option<String>>(0).is_ok_and(|text| text.as_deref() == Some("marked?")))
    }));
    Ok(())
}

/// Raw SQL that changes a session ends it, and the next one has run the statements again.
#[tokio::test]
async fn the_session_after_a_changed_one_has_run_them() -> Result<()> {
    let db = Database::new([]).await;
    let mark = mark(&db);
    let name = with(&db, mark.set, 1)?;
    for _ in 0..3 {
        connection(&name)?.execute(mark.change, []).await?;
        assert_eq!(seen(&name, mark).await?, "marked?");
    }
    Ok(())
}

#[tokio::test]
async fn the_session_after_a_killed_one_has_run_them() -> Result<()> {
    let db = Database::new([]).await;
    let mark = mark(&db);
    let Some((ask, end)) = mark.end else { return Ok(()) };
    let name = with(&db, mark.set, 1)?;
    assert_eq!(seen(&name, mark).await?, "marked?");
    let id: i64 = connection(&name)?.query(ask, []).await?[0].get(0)?;
    connection(&db)?.execute(&end.replace("{}", &id.to_string()), []).await?;
    until("another session has run the statements", async || match seen(&name, mark).await {
        Ok(text) => {
            assert_eq!(text, "marked?");
            Ok(connection(&name)?.query(ask, []).await?[0].get::<i64>(0)? != id)
        }
        Err(error) if error.is_connection_lost() => Ok(false),
        Err(error) => Err(error),
    })
    .await
}

#[tokio::test]
async fn a_statement_that_fails_is_named() -> Result<()> {
    let db = Database::new([]).await;
    let name = with(&db, &["SELECT 1", "SELECT 'secret' FROM nothing_there"], 2)?;
    for _ in 0..5 {
        let error = connection(&name)?.query("SELECT 1", []).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidStatement, "{error}");
        let text = error.to_string();
        for part in ["statement 2 of `on_connect`", "SELECT '..' FROM nothing_there", &name, "settings"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
    }
    let unused = format!("{:?}", connection(&name)?);
    assert!(unused.contains("idle: 0") && unused.contains("in_use: 0"), "{unused}");
    Ok(())
}

#[tokio::test]
async fn a_transaction_that_stays_open_is_refused() -> Result<()> {
    let db = Database::new([]).await;
    let name = with(&db, &["BEGIN"], 1)?;
    let error = connection(&name)?.query("SELECT 1", []).await.unwrap_err();
    assert!(error.to_string().contains("statement 1 of `on_connect`"), "{error}");
    Ok(())
}

#[tokio::test]
async fn mistakes_are_errors_of_the_settings() -> Result<()> {
    let db = Database::new([]).await;
    for statement in ["", " ; ", "SELECT ?"] {
        let error = db.alias("wrong", |config| config.on_connect([statement])).unwrap_err();
        assert!(error.is_configuration() && error.to_string().contains("statement 1 of `on_connect`"), "{error}");
    }
    Ok(())
}
