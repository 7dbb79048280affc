//! Pools: the number of connections, and the error of an exhausted pool.

use activerecord::{ErrorKind, PoolOptions};
use std::time::Duration;

use super::*;
use test_support::stepwise::stepwise;
use test_support::{DatabaseFile, TIME_LIMIT, patient_pool, polled};

/// A pool that soon reports that it is exhausted. A wait that must succeed needs a `patient_pool`.
fn small(connections: usize) -> PoolOptions {
    PoolOptions::new().max_connections(connections).acquire_timeout(Duration::from_millis(30))
}

fn exhausted(error: &Error, name: &str, holder: &str) {
    assert!(error.is_pool_timeout(), "{error}");
    assert_eq!(error.connection(), Some(name));
    for part in [name, "30ms", "held longest by", holder, "max_connections"] {
        assert!(error.message().contains(part), "`{part}` is missing: {error}");
    }
}

#[tokio::test]
async fn an_exhausted_pool_names_its_longest_holder() -> Result<()> {
    let db = DatabaseFile::new([PLANES]).await;
    let name = stepwise(&db, &db.path(), small(2))?;
    with_connection(&name, async || Plane::bulk_insert(&vec![plane("N1"); 1000]).await).await?;

    let first = Transaction::begin(&name).independent().read_only().await?;
    let second = Transaction::begin(&name).independent().read_only().await?;
    exhausted(&Plane::using(&name).all().await.unwrap_err(), &name, "a transaction");
    exhausted(&connection(&name)?.query("SELECT 1", []).await.unwrap_err(), &name, "a transaction");
    exhausted(&Transaction::begin(&name).await.unwrap_err(), &name, "a transaction");
    // A statement in a transaction needs no other connection.
    assert_eq!(Plane::on(&first).count().await?, 1000);
    drop(first);
    assert_eq!(Plane::using(&name).count().await?, 1000);
    drop(second);

    let mut rows = Plane::using(&name).stream();
    rows.next().await?;
    let transaction = Transaction::begin(&name).independent().await?;
    exhausted(&Plane::using(&name).count().await.unwrap_err(), &name, "a stream of Plane");
    drop(rows);
    assert_eq!(Plane::using(&name).count().await?, 1000);
    transaction.rollback().await
}

#[tokio::test]
async fn waiting_statements_get_the_next_connection() -> Result<()> {
    let db = DatabaseFile::new([PLANES]).await;
    let name = stepwise(&db, &db.path(), patient_pool(1))?;
    let tasks = (0..50).map(|n| {
        let name = name.clone();
        tokio::spawn(async move { with_connection(&name, async || plane(&format!("N{n}")).insert().await).await })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.map_err(Error::custom)??;
    }
    assert_eq!(Plane::using(&db).count().await?, 50);
    Ok(())
}

#[tokio::test]
async fn a_cancelled_wait_takes_no_connection() -> Result<()> {
    let db = DatabaseFile::new([PLANES]).await;
    let name = stepwise(&db, &db.path(), patient_pool(1))?;
    let holder = Transaction::begin(&name).independent().await?;
    for _ in 0..20 {
        let waiting = tokio::time::timeout(Duration::from_millis(1), Plane::using(&name).count());
        assert!(waiting.await.is_err());
    }
    holder.rollback().await?;
    assert_eq!(Plane::using(&name).count().await?, 0);
    Ok(())
}

#[tokio::test]
async fn an_old_connection_is_replaced() -> Result<()> {
    let db = DatabaseFile::new([PLANES]).await;
    let temporary = "CREATE TEMPORARY TABLE mine (x)";
    let pool = patient_pool(1);
    ConnectionManager::configure("kept", Config::url(db.url())?.pool(pool.clone()))?;
    ConnectionManager::configure("short-lived", Config::url(db.url())?.pool(pool.max_lifetime(Some(Duration::ZERO))))?;
    for name in ["kept", "short-lived"] {
        connection(name)?.execute(temporary, []).await?;
    }
    connection("kept")?.query("SELECT * FROM mine", []).await?;
    let gone = connection("short-lived")?.query("SELECT * FROM mine", []).await.unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::InvalidStatement, "a temporary table lives as long as its connection");
    Ok(())
}

/// If every caller gives up before a connection is opened, a later one still gets it.
#[tokio::test]
async fn a_connection_that_opens_too_late_serves_the_next_caller() -> Result<()> {
    let db = DatabaseFile::new([PLANES]).await;
    let name = stepwise(&db, &db.path(), patient_pool(1))?;
    for _ in 0..100 {
        // A query takes fewer polls than this. If a connection must be opened, it takes more.
        let query = async { connection(&name)?.query("SELECT 1", []).await };
        if let Some(answer) = polled(4, query).await {
            assert_eq!(answer?.len(), 1);
            return Ok(());
        }
        // Meanwhile the connection is opened.
        tokio::task::spawn_blocking(|| ()).await.map_err(Error::custom)?;
    }
    panic!("a hundred callers gave up before their connection was opened");
}

/// `locking_mode=exclusive`: one connection locks the file. A later connection reads what it wrote.
#[tokio::test]
async fn an_exclusive_connection_locks_the_file() -> Result<()> {
    let directory = tempfile::tempdir().map_err(Error::custom)?;
    let file = directory.path().join("alone.db");
    let alone = |config: Config| {
        config.option("locking_mode", "exclusive").option("busy_timeout", TIME_LIMIT).pool(patient_pool(1))
    };
    let path = file.to_string_lossy().into_owned();
    ConnectionManager::configure("exclusive file", alone(Config::sqlite(path).option("mode", "rwc")))?;
    ConnectionManager::configure("exclusive memory", alone(Config::sqlite(":memory:")))?;
    for name in ["exclusive file", "exclusive memory"] {
        connection(name)?.execute(&format!("CREATE TABLE {PLANES}"), []).await?;
        with_connection(name, async || {
            plane("N1").insert().await?;
            // The drop closes the connection, which ends the transaction.
            let transaction = Transaction::begin(name).independent().await?;
            transaction.run(async || plane("N2").insert().await).await?;
            drop(transaction);
            plane("N3").insert().await?;
            assert_eq!(Plane::query().pluck(Plane::TAILNUM).await?, ["N1", "N3"], "{name}");
            Ok(())
        })
        .await?;
    }
    let other = rusqlite::Connection::open(&file).map_err(Error::custom)?;
    other.busy_timeout(Duration::ZERO).map_err(Error::custom)?;
    let read = other.query_row("SELECT count(*) FROM planes", [], |row| row.get::<_, i64>(0));
    assert_eq!(read.unwrap_err().sqlite_error_code(), Some(rusqlite::ErrorCode::DatabaseBusy));
    ConnectionManager::remove("exclusive file").await?;
    let rows = other.query_row("SELECT count(*) FROM planes", [], |row| row.get::<_, i64>(0));
    assert_eq!(rows.map_err(Error::custom)?, 2);
    Ok(())
}
