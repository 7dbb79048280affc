//! Ten thousand calls that are dropped after a random time, around begin, insert and commit. What was answered with Ok is
//! there for everybody, and no connection goes back to its pool inside a transaction.
//!
//! The same storm over sqlx's own pool and its `begin()` loses writes: a `begin()` that is dropped while its answer is on
//! the way leaves the connection inside a transaction, which nobody commits, and the pool lends it out again.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use activerecord::prelude::*;
use sqlx::Executor as _;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::ledger::{Entry, Ledger};
use crate::server::{ALONE, MARIADB, MYSQL, POSTGRES, Server, until};

const TASKS: usize = 8;

/// Mostly short, as the statements are; at times long enough for a new connection.
fn some_time() -> Duration {
    Duration::from_micros(1 << fastrand::u32(0..17))
}

/// Raises a storm: `write` writes the entry of a key, in a transaction or alone.
async fn storm<F>(calls: usize, write: impl Fn(i64, bool) -> F + Clone + Send + 'static) -> Result<Ledger>
where
    F: Future<Output = Result<()>> + Send,
{
    let ids = Arc::new(AtomicI64::new(1));
    let mut tasks = JoinSet::new();
    for _ in 0..TASKS {
        let (ids, write) = (Arc::clone(&ids), write.clone());
        tasks.spawn(async move {
            let mut ledger = Ledger::default();
            for _ in 0..calls / TASKS {
                let id = ids.fetch_add(1, Ordering::Relaxed);
                match timeout(some_time(), write(id, fastrand::bool())).await {
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

/// The broken variant: the storm over a pool of sqlx. Again and again, until it has lost a write.
macro_rules! over_sqlx {
    ($test:ident, $server:expr, $outside:literal, $driver:ident, $insert:literal) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $test() -> Result<()> {
            let _alone = ALONE.lock().await;
            if $server.is_left_out() {
                return Ok(());
            }
            $server.configure($outside, 1)?;
            make_entries($outside).await?;
            let options = sqlx::pool::PoolOptions::<sqlx::$driver>::new().max_connections(4);
            let url = $server.url()?.replacen("mariadb:", "mysql:", 1);
            let pool = options.connect(&url).await.map_err(Error::custom)?;
            let writes = pool.clone();
            let ledger = storm(4_000, move |id, alone| {
                let pool = writes.clone();
                async move {
                    let insert = sqlx::query::<sqlx::$driver>($insert).bind(id);
                    if alone {
                        pool.execute(insert).await.map_err(Error::custom)?;
                        return Ok(());
                    }
                    let mut transaction = pool.begin().await.map_err(Error::custom)?;
                    transaction.execute(insert).await.map_err(Error::custom)?;
                    transaction.commit().await.map_err(Error::custom)
                }
            })
            .await;
            let wrong = match ledger {
                Ok(ledger) => ledger.judge($outside).await?,
                Err(error) => Some(format!("a call failed: {error}")),
            };
            println!("sqlx's pool: {wrong:?}");
            assert!(wrong.is_some(), "sqlx's pool has lost nothing");
            pool.close().await;
            ConnectionManager::remove($outside).await
        }
    };
}

over_sqlx!(sqlx_on_postgres, POSTGRES, "beside sqlx on postgres", Postgres, "INSERT INTO entries VALUES ($1)");
over_sqlx!(sqlx_on_mariadb, MARIADB, "beside sqlx on mariadb", MySql, "INSERT INTO entries VALUES (?)");
