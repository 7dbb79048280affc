//! The rate at which four workers deliver messages, with batches of 100 and a handler that does nothing.

use activerecord::PoolOptions;
use activerecord::outbox::Task;
use std::time::Instant;

use activerecord::prelude::*;

use crate::{median, url};

pub(crate) const MESSAGES: u32 = 20_000;
pub(crate) const ROUNDS: usize = 5;

pub(crate) async fn run() -> Result<()> {
    let folder = tempfile::tempdir().map_err(Error::custom)?;
    let file = format!("sqlite://{}/outbox.db?mode=rwc", folder.path().display());
    println!("messages per second that four workers deliver, batch 100, medians of {ROUNDS} rounds of {MESSAGES}");
    for (name, url) in [
        ("outbox on PostgreSQL", url("DATABASE_URL_POSTGRES")?),
        ("outbox on MariaDB", url("DATABASE_URL_MARIADB")?),
        ("outbox on SQLite", file),
    ] {
        ConnectionManager::configure(name, Config::url(url)?.pool(PoolOptions::new().max_connections(10)))?;
        Outbox::install(name).await?;
        let (mut enqueued, mut handed) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let start = Instant::now();
            with_connection(name, async || Outbox::enqueue_all("bench", 0..MESSAGES).await).await?;
            enqueued.push(per_second(start));
            let start = Instant::now();
            let worker = || {
                let worker = Worker::new(name).handle("bench", async |_: Task<u32>| Ok(()));
                tokio::spawn(worker.batch(100).run_once())
            };
            let workers = [worker(), worker(), worker(), worker()];
            let mut sum = 0;
            for worker in workers {
                sum += worker.await.map_err(Error::custom)??;
            }
            assert_eq!(sum, u64::from(MESSAGES));
            handed.push(per_second(start));
        }
        println!("  {name:<24} {:8.0}/s delivered, {:8.0}/s enqueued in bulk", median(handed), median(enqueued));
    }
    Ok(())
}

fn per_second(start: Instant) -> f64 {
    f64::from(MESSAGES) / start.elapsed().as_secs_f64()
}
