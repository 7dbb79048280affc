//! T11 of the fault matrix: ten thousand calls that are dropped after a random time, during BEGIN, INSERT and COMMIT.
//! Other sessions see every write that returned Ok, and no connection returns to its pool inside a transaction.
//!
//! The pool of sqlx loses writes: if its `begin()` is dropped before the answer arrives, the connection stays inside a
//! transaction that nobody commits, and the pool hands it out again.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use activerecord::prelude::*;
use sqlx::Executor as _;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::ledger::{Entry, Ledger};
use crate::server::{ALONE, Family, MARIADB, MYSQL, POSTGRES, Server};
use test_support::{polled, until};

const TASKS: usize = 8;

/// A task runs one of this many calls without a time limit.
const BETWEEN: usize = 50;

/// Returns a random time, from 1/256 to 16 times that of an undisturbed call. The longest are enough for a new
/// connection.
fn some_time(undisturbed: Duration) -> Duration {
    undisturbed * (1 << fastrand::u32(0..13)) / 256
}

/// Runs many calls, and drops most of them after a random time. `write` writes the entry of a key, in a transaction or
/// alone. One of [`BETWEEN`] calls is not dropped, and measures how long a call takes on this machine at this time.
async fn storm<F>(calls: usize, write: impl Fn(i64, bool) -> F + Clone + Send + 'static) -> Result<Ledger>
where
    F: Future<Output = Result<()>> + Send,
{
    let ids = Arc::new(AtomicI64::new(1));
    let mut tasks = JoinSet::new();
    for _ in 0..TASKS {
        let (ids, write) = (Arc::clone(&ids), write.clone());
        tasks.spawn(async move {
            let (mut ledger, mut undisturbed) = (Ledger::default(), Duration::ZERO);
            for call in 0..calls / TASKS {
                let id = ids.fetch_add(1, Ordering::Relaxed);
                if call % BETWEEN == 0 {
                    let started = Instant::now();
                    write(id, fastrand::bool()).await?;
                    undisturbed = started.elapsed();
                    ledger.committed.insert(id);
                    continue;
                }
                match timeout(some_time(undisturbed), write(id, fastrand::bool())).await {
                    Ok(Ok(())) => ledger.committed.insert(id),
                    Ok(Err(error)) => return Err(error),
                    Err(_) => ledger.unknown.insert(id),
                };
            }
            Ok(ledger)
        });
    }
    let mut sum = Ledger::default();
    for ledger in tasks.join_all().await {
        sum.add(ledger?);
    }
    let (answered, dropped) = (sum.committed.len(), sum.unknown.len());
    assert!(answered.min(dropped) > calls / 20, "{answered} answered, {dropped} dropped: too few of one of them");
    Ok(sum)
}

async fn make_entries(name: &str) -> Result<()> {
    connection(name)?.execute("DROP TABLE IF EXISTS entries", []).await?;
    connection(name)?.execute("CREATE TABLE entries (id BIGINT PRIMARY KEY)", []).await.map(drop)
}

/// Runs the storm with the pool of this library.
async fn ours(server: &Server, name: &'static str, outside: &str) -> Result<()> {
    let _alone = ALONE.lock().await;
    if server.is_left_out() {
        return Ok(());
    }
    server.configure(name, 4)?;
    server.configure(outside, 1)?;
    make_entries(outside).await?;
    let ledger = storm(10_000, move |id, alone| {
        with_connection(name, async move || match alone {
            true => Entry::new(id).insert().await,
            false => transaction(name, async move || Entry::new(id).insert().await).await,
        })
    })
    .await?;
    // The server may not have closed the connections of dropped calls yet.
    until("no session is inside a transaction", async || {
        let rows = connection(outside)?.query(server.open_transactions, []).await?;
        Ok(rows[0].get::<i64>(0)? == 0)
    })
    .await?;
    assert_eq!(ledger.judge(outside).await?, None);
    ConnectionManager::remove(name).await?;
    ConnectionManager::remove(outside).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgres() -> Result<()> {
    ours(&POSTGRES, "storm on postgres", "beside the storm on postgres").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_mariadb() -> Result<()> {
    ours(&MARIADB, "storm on mariadb", "beside the storm on mariadb").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_mysql() -> Result<()> {
    ours(&MYSQL, "storm on mysql", "beside the storm on mysql").await
}

/// Drops a begin after 0 to 7 polls, `times` times. Each time, inserts an entry without a transaction, through the same
/// pool of one connection. Returns the first entry that another session does not see.
async fn lost_after_dropped_begins<B: Future, I: Future<Output = Result<()>>>(
    times: usize,
    outside: &str,
    begin: impl Fn() -> B,
    insert: impl Fn(i64) -> I,
) -> Result<Option<i64>> {
    for time in 1..=times {
        drop(polled(time % 8, begin()).await);
        let id = i64::try_from(time).map_err(Error::custom)?;
        insert(id).await?;
        if !Entry::using(outside).filter(Entry::ID.eq(id)).exists().await? {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

async fn after_begins_of_ours(server: &Server, name: &str, outside: &str) -> Result<Option<i64>> {
    server.configure(name, 1)?;
    let lost = lost_after_dropped_begins(
        80,
        outside,
        async || Transaction::begin(name).independent().await,
        async |id| with_connection(name, async || Entry::new(id).insert().await).await,
    )
    .await?;
    ConnectionManager::remove(name).await?;
    Ok(lost)
}

/// The same with a pool of sqlx. It loses a write only if the drop hits a window of microseconds, so it gets many
/// attempts.
macro_rules! after_begins_of_sqlx {
    ($driver:ident, $server:expr, $outside:expr, $insert:literal) => {{
        let options = sqlx::pool::PoolOptions::<sqlx::$driver>::new().max_connections(1);
        let url = $server.url()?.replacen("mariadb:", "mysql:", 1);
        let pool = options.connect(&url).await.map_err(Error::custom)?;
        let insert = async |id: i64| {
            let insert = sqlx::query::<sqlx::$driver>($insert).bind(id);
            pool.execute(insert).await.map(drop).map_err(Error::custom)
        };
        let lost = lost_after_dropped_begins(10_000, $outside, async || pool.begin().await, insert).await?;
        pool.close().await;
        lost
    }};
}

/// This library, and sqlx as the broken variant.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_begin_loses_no_later_write() -> Result<()> {
    let _alone = ALONE.lock().await;
    for (server, name, outside) in
        [(&POSTGRES, "begun postgres", "beside begun postgres"), (&MARIADB, "begun mariadb", "beside begun mariadb")]
    {
        if server.is_left_out() {
            continue;
        }
        server.configure(outside, 1)?;
        make_entries(outside).await?;
        assert_eq!(after_begins_of_ours(server, name, outside).await?, None, "{name}");
        make_entries(outside).await?;
        let lost = match server.family {
            Family::Postgres => {
                after_begins_of_sqlx!(Postgres, server, outside, "INSERT INTO entries VALUES ($1)")
            }
            Family::Mysql => after_begins_of_sqlx!(MySql, server, outside, "INSERT INTO entries VALUES (?)"),
        };
        println!("the pool of sqlx, {name}: the first lost entry is {lost:?}");
        assert!(lost.is_some(), "the pool of sqlx lost no entry on {name}");
        ConnectionManager::remove(outside).await?;
    }
    Ok(())
}
