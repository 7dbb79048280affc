//! T11 of the fault matrix. Ten thousand calls that are dropped after a random time, around begin, insert and commit. What was answered with Ok is
//! there for everybody, and no connection goes back to its pool inside a transaction.
//!
//! With sqlx's own pool and its `begin()` writes are lost: a `begin()` that is dropped while its answer is on the way leaves
//! the connection inside a transaction, which nobody commits, and the pool lends it out again.

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

/// How many calls of a task lie between two that nothing disturbs.
const BETWEEN: usize = 50;

/// Mostly short, at times long enough for a new connection: from a 256th of an undisturbed call to sixteen of them.
fn some_time(undisturbed: Duration) -> Duration {
    undisturbed * (1 << fastrand::u32(0..13)) / 256
}

/// Raises a storm: `write` writes the entry of a key, in a transaction or alone. Now and then a call runs undisturbed, and
/// shows how long a call takes on this machine at this time.
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
    assert!(answered.min(dropped) > calls / 20, "{answered} answered, {dropped} dropped: that is no storm");
    Ok(sum)
}

async fn make_entries(name: &str) -> Result<()> {
    connection(name)?.execute("DROP TABLE IF EXISTS entries", []).await?;
    connection(name)?.execute("CREATE TABLE entries (id BIGINT PRIMARY KEY)", []).await.map(drop)
}

/// Ours.
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
    // Connections that were given up may still be on their way out.
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

/// Drops a begin after one poll, after two, and so on, as often as is said; each time an insert follows, on its own, over the
/// same pool of one connection. Returns the first entry that nobody else sees.
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
        async || Transaction::begin(name).await,
        async |id| with_connection(name, async || Entry::new(id).insert().await).await,
    )
    .await?;
    ConnectionManager::remove(name).await?;
    Ok(lost)
}

/// The same over a pool of sqlx. When it loses a write is a matter of microseconds, so it has many occasions.
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

/// The broken variant beside ours.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_begin_that_is_dropped_takes_no_later_write_with_it() -> Result<()> {
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
        println!("sqlx's pool, {name}: the first lost entry is {lost:?}");
        assert!(lost.is_some(), "sqlx's pool has lost nothing on {name}");
        ConnectionManager::remove(outside).await?;
    }
    Ok(())
}
