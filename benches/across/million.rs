//! Measures whether the outbox on PostgreSQL becomes slower in a long run, and with a long queue.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use activerecord::PoolOptions;
use activerecord::outbox::Task;
use activerecord::prelude::*;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::url;

const NAME: &str = "a million";
const MESSAGES: u32 = 1_000_000;
/// The number of messages per printed rate.
const PART: u32 = 100_000;
/// The length of a short queue.
const SHORT: u32 = 20_000;

pub(crate) async fn run() -> Result<()> {
    let pool = PoolOptions::new().max_connections(10);
    ConnectionManager::configure(NAME, Config::url(url("DATABASE_URL_POSTGRES")?)?.pool(pool))?;
    Outbox::install(NAME).await?;
    short_queue().await?;
    long_queue().await
}

/// A million messages that pass through a table with few rows.
async fn short_queue() -> Result<()> {
    println!("{MESSAGES} messages on PostgreSQL, {SHORT} at a time, handled by four workers");
    for part in 0..MESSAGES / PART {
        let mut seconds = 0.0;
        for _ in 0..PART / SHORT {
            with_connection(NAME, async || Outbox::enqueue_all(NAME, 0..SHORT).await).await?;
            let start = Instant::now();
            for done in workers(|| {}).join_all().await {
                done?;
            }
            seconds += start.elapsed().as_secs_f64();
        }
        println!("  handled  part {:>2}: {:8.0}/s", part + 1, f64::from(PART) / seconds);
    }
    Ok(())
}

/// A million messages that wait at the same time.
async fn long_queue() -> Result<()> {
    println!("{MESSAGES} waiting messages on PostgreSQL, handled by four workers");
    let mut start = Instant::now();
    for part in 0..MESSAGES / PART {
        with_connection(NAME, async || Outbox::enqueue_all(NAME, 0..PART).await).await?;
        println!("  enqueued part {:>2}: {:8.0}/s", part + 1, per_second(&mut start));
    }
    let (handled, (told, mut parts)) = (Arc::new(AtomicU32::new(0)), mpsc::unbounded_channel());
    let mut start = Instant::now();
    let workers = workers(move || {
        let handled = handled.fetch_add(1, Ordering::Relaxed) + 1;
        if handled.is_multiple_of(PART) {
            let _ = told.send(handled / PART);
        }
    });
    while let Some(part) = parts.recv().await {
        println!("  handled  part {part:>2}: {:8.0}/s", per_second(&mut start));
    }
    for done in workers.join_all().await {
        done?;
    }
    Ok(())
}

/// Starts four workers that call `call` for every message.
fn workers(call: impl Fn() + Clone + Send + Sync + 'static) -> JoinSet<Result<u64>> {
    let mut workers = JoinSet::new();
    for _ in 0..4 {
        let call = call.clone();
        let worker = Worker::new(NAME).batch(100).handle(NAME, async move |_: Task<u32>| {
            call();
            Ok(())
        });
        workers.spawn(worker.run_once());
    }
    workers
}

/// Returns the rate of the last part, and starts the next one.
fn per_second(start: &mut Instant) -> f64 {
    let elapsed = start.elapsed();
    *start = Instant::now();
    f64::from(PART) / elapsed.as_secs_f64()
}
