//! Work that lasts longer than its lease.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use activerecord::outbox::Task;
use activerecord::prelude::*;
use activerecord::saga::StepContext;
use activerecord::{Backoff, Message};
use tokio::sync::Barrier;

use super::workers::{Effect, eager};
use chrono::{DateTime, Utc};
use test_support::{Database, patient_pool, until};

const EFFECTS: &str = "effects (id ID, task I64 NOT NULL)";

/// The lease, by whether the database has several writers at a time.
fn lease(concurrent_writers: bool) -> Duration {
    if concurrent_writers { Duration::from_secs(6) } else { Duration::from_millis(300) }
}

async fn effect(name: &str, task: i64) -> Result<()> {
    Effect::with_connection(name, async || Effect::create(Effect { id: 0, task }).await).await.map(drop)
}

/// Waits until the end of a lease, which `query` reads, has moved. Where a transaction locks out the renewal, waits for twice
/// the lease instead.
async fn outlast_the_lease(name: &str, query: &str) -> Result<()> {
    let connection = connection(name)?;
    if !connection.capabilities().concurrent_writers {
        tokio::time::sleep(lease(false) * 2).await;
        return Ok(());
    }
    let ends = async || connection.query(query, []).await?.iter().map(|row| row.get::<DateTime<Utc>>(0)).collect();
    let before: Vec<_> = ends().await?;
    until("the lease is renewed", async || {
        let now: Vec<_> = ends().await?;
        Ok(now.iter().zip(&before).all(|(now, before)| now > before))
    })
    .await
}

/// The transactions of the handlers hold all connections of the pool. Each handler is called once all the same.
#[tokio::test]
async fn handlers_that_hold_all_connections_keep_their_leases() -> Result<()> {
    let database = Database::new([EFFECTS]).await;
    let name = database.alias("small", |config| config.pool(patient_pool(2)))?;
    // On SQLite one transaction excludes the others.
    let concurrent = connection(&name)?.capabilities().concurrent_writers;
    let calls: usize = if concurrent { 2 } else { 1 };
    with_connection(&name, async || Outbox::enqueue_all("slow", 0..4_i64).await).await?;
    let (begun, together) = (Arc::new(AtomicU32::new(0)), Arc::new(Barrier::new(calls)));
    let handler = {
        let (name, other, begun) = (name.clone(), database.to_string(), Arc::clone(&begun));
        async move |task: Task<i64>| {
            transaction(&name, async || {
                effect(&name, *task.payload()).await?;
                begun.fetch_add(1, Ordering::Relaxed);
                // Now the handlers hold all connections, or the only writer's turn.
                together.wait().await;
                outlast_the_lease(&other, "SELECT available_at FROM ar_outbox ORDER BY id").await
            })
            .await
        }
    };
    let worker = eager(&name).lease(lease(concurrent)).batch(4).concurrency(4).handle("slow", handler);
    assert_eq!(worker.run_once().await?, 4);
    assert_eq!((begun.load(Ordering::Relaxed), Effect::using(&database).count().await?), (4, 4));
    assert_eq!(Message::using(&database).count().await?, 0);
    Ok(())
}

/// A step in the log's own database. On SQLite its transaction locks out the renewal of the lease.
#[tokio::test]
async fn a_step_on_the_logs_database_keeps_the_lease() -> Result<()> {
    let database = Database::new([EFFECTS]).await;
    let (begun, name) = (Arc::new(AtomicU32::new(0)), database.to_string());
    let action = {
        let begun = Arc::clone(&begun);
        async move |_: &StepContext| {
            begun.fetch_add(1, Ordering::Relaxed);
            effect(&name, 1).await?;
            outlast_the_lease(&name, "SELECT lease_until FROM ar_saga").await
        }
    };
    let lease = lease(connection(&database)?.capabilities().concurrent_writers);
    let saga = Saga::new("long").log_on(&*database).lease(lease).backoff(Backoff::new(Duration::ZERO, Duration::ZERO));
    saga.step_on(&database, "import", action, async |_: &StepContext, (): ()| Ok(())).run(&1).await?;
    assert_eq!((begun.load(Ordering::Relaxed), Effect::using(&database).count().await?), (1, 1));
    Ok(())
}
