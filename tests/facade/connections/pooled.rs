//! Pools: the number of connections, and the error of an exhausted pool.

use activerecord::PoolOptions;
use std::time::Duration;

use super::*;
use test_support::stepwise::stepwise;
use test_support::{DatabaseFile, TIME_LIMIT, patient_pool, polled, until};

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
    let pool = patient_pool(1);
    ConnectionManager::configure("kept", Config::url(db.url())?.pool(pool.clone()))?;
    ConnectionManager::configure("short-lived", Config::url(db.url())?.pool(pool.max_lifetime(Some(Duration::ZERO))))?;
    for (name, expected) in [("kept", 1), ("short-lived", 0)] {
        with_connection(name, async || plane("N1").insert().await).await?;
        // Each session counts its own changes.
        let changes: i64 = connection(name)?.query("SELECT total_changes()", []).await?[0].get(0)?;
        assert_eq!(changes, expected, "{name}");
    }
    Ok(())
}

/// How many connections of the pool are idle, and how many are in use.
fn counts(name: &str) -> Result<(usize, usize)> {
    let shown = format!("{:?}", connection(name)?);
    let count = |key: &str| {
        let digits = shown.split_once(key).map_or("", |(_, rest)| rest);
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        digits[..end].parse().unwrap_or(usize::MAX)
    };
    Ok((count(" idle: "), count("in_use: ")))
}

/// Opens so many connections at once, and returns them.
async fn open(name: &str, connections: usize) -> Result<()> {
    let mut open = Vec::new();
    for _ in 0..connections {
        open.push(Transaction::begin(name).read_only().await?);
    }
    for transaction in open {
        transaction.rollback().await?;
    }
    Ok(())
}

#[tokio::test]
async fn idle_connections_are_closed_in_time() -> Result<()> {
    let db = DatabaseFile::new([PLANES]).await;
    let alive = tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let soon = Some(Duration::from_millis(50));
    for (name, pool) in [
        ("idle too long", PoolOptions::new().idle_timeout(soon)),
        ("idle and too old", PoolOptions::new().idle_timeout(None).max_lifetime(soon)),
        ("idle, and much later too old", PoolOptions::new().idle_timeout(soon).max_lifetime(Some(Duration::MAX))),
    ] {
        let name = stepwise(&format!("{name} {}", &*db), &db.path(), pool)?;
        for _ in 0..3 {
            open(&name, 5).await?;
            until("all are closed", async || Ok(counts(&name)? == (0, 0))).await?;
        }
        // What is in use stays.
        let used = Transaction::begin(&name).read_only().await?;
        open(&name, 3).await?;
        until("the others are closed", async || Ok(counts(&name)? == (0, 1))).await?;
        used.rollback().await?;
    }
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    until("no task of a pool is left", async || Ok(tasks() <= alive)).await?;
    // Without limits nothing is closed, and no task runs.
    let kept =
        stepwise(&format!("kept {}", &*db), &db.path(), PoolOptions::new().idle_timeout(None).max_lifetime(None))?;
    open(&kept, 5).await?;
    assert_eq!((counts(&kept)?, tasks()), ((5, 0), alive));
    Ok(())
}

/// A connection that is due earlier than the others does not wait for them.
#[tokio::test]
async fn an_old_connection_is_closed_before_the_idle_timeout() -> Result<()> {
    let db = DatabaseFile::new([PLANES]).await;
    let pool = PoolOptions::new().max_lifetime(Some(Duration::from_millis(400)));
    let name = stepwise(&db, &db.path(), pool.idle_timeout(Some(Duration::from_secs(3600))))?;
    let old = Transaction::begin(&name).read_only().await?;
    tokio::time::sleep(Duration::from_millis(200)).await;
    open(&name, 3).await?;
    old.rollback().await?;
    until("the old one is closed", async || Ok(counts(&name)?.0 < 4)).await?;
    until("all are closed", async || Ok(counts(&name)? == (0, 0))).await
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
