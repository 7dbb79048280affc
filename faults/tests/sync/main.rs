//! Copies that are killed, and writers that commit late: Y1, Y2.

#[path = "../common/mod.rs"]
mod common;

use std::time::Duration;

use activerecord::prelude::*;
use faults::copied::{ITEMS, Item};
use rustix::process::Signal;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use common::harness::{Database, Profile};
use common::{is_long, node, profiles};

/// Each database once as a source and once as a target.
fn ring() -> impl Iterator<Item = (&'static Profile, &'static Profile)> {
    let all: Vec<_> = profiles().collect();
    let next = all.clone().into_iter().cycle().skip(1);
    all.into_iter().zip(next)
}

async fn places(from: &'static Profile, to: &'static Profile, rows: i64) -> Result<(Database, Database)> {
    let (from, to) = (Database::on(from, &[ITEMS]).await?, Database::on(to, &[ITEMS]).await?);
    let items: Vec<_> = (1..=rows).map(|number| Item { number, ..Item::default() }).collect();
    Item::with_connection(&from, async || Item::bulk_insert(&items).await).await?;
    Ok((from, to))
}

/// What the database itself says that it holds.
async fn rows(database: &str) -> Result<Vec<(i64, i64)>> {
    let rows = connection(database)?.query("SELECT id, number FROM items ORDER BY id", []).await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// Y1. Killed at any moment, again and again, while the source changes: in the end the target is the source.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn y1_a_copy_that_is_killed_goes_on() -> Result<()> {
    let kills = if is_long() { 100 } else { 6 };
    for (source, target) in ring() {
        let (from, to) = places(source, target, 2_000).await?;
        for kill in 0..kills {
            let copy = node(&["copy", "changes"], &[&from, &to]).start()?;
            sleep(Duration::from_millis(fastrand::u64(1..120))).await;
            copy.signal(Signal::KILL)?;
            copy.end().await?;
            let touched = Item::using(&from).filter(Item::ID.gt(kill * 20) & Item::ID.le(kill * 20 + 20));
            touched.update((Item::NUMBER.add(10_000),)).await?;
        }
        let last = node(&["copy", "changes"], &[&from, &to]).run().await?;
        assert!(last.is_success, "{last:?}");
        assert!(rows(&from).await? == rows(&to).await?, "{} {}", source.name(), target.name());
    }
    Ok(())
}

/// Y1 at the named points of a full copy. The broken variant keeps its checkpoint before its rows, and loses some.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn y1_a_checkpoint_speaks_of_what_is_there() -> Result<()> {
    for (source, target) in ring() {
        for broken in ["", "sync.checkpoint"] {
            let (from, to) = places(source, target, 500).await?;
            for point in ["sync.batch=kill@2", "sync.written=kill@2", "sync.saved=kill@2"] {
                let copy =
                    node(&["copy", "all"], &[&from, &to]).failpoint(point).variable("ACTIVERECORD_BROKEN", broken);
                assert!(copy.run().await?.is_killed, "{point}");
            }
            let last = node(&["copy", "all"], &[&from, &to]).run().await?;
            assert!(last.is_success, "{last:?}");
            let is_same = rows(&from).await? == rows(&to).await?;
            assert_eq!(is_same, broken.is_empty(), "{} {} {broken}", source.name(), target.name());
        }
    }
    Ok(())
}

/// Rows that are stamped at once, and committed after a while, until then.
async fn write_late(database: String, until: Instant) -> Result<()> {
    while Instant::now() < until {
        let late = Transaction::begin(&database).await?;
        late.run(async || {
            Item::with_connection(&database, async || Item { number: 1, ..Item::default() }.insert().await).await
        })
        .await?;
        sleep(Duration::from_millis(fastrand::u64(0..150))).await;
        late.commit().await?;
    }
    Ok(())
}

/// Y2. Writers commit late, while the changes are copied again and again: nothing is missed. The broken variant trusts the
/// newest time that it has seen, and misses some.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn y2_what_is_committed_late_is_copied() -> Result<()> {
    for (source, target) in ring() {
        for broken in ["", "sync.horizon"] {
            let (from, to) = places(source, target, 0).await?;
            if !connection(&from)?.capabilities().concurrent_writers {
                continue;
            }
            let copies =
                node(&["copy again and again"], &[&from, &to]).variable("ACTIVERECORD_BROKEN", broken).start()?;
            let (mut writers, end) = (JoinSet::new(), Instant::now() + Duration::from_secs(3));
            for _ in 0..4 {
                writers.spawn(write_late(from.to_string(), end));
            }
            writers.join_all().await.into_iter().collect::<Result<()>>()?;
            let ended = copies.end().await?;
            assert!(ended.is_success, "{ended:?}");
            let missed = rows(&from).await?.len() - rows(&to).await?.len();
            assert_eq!(missed > 0, !broken.is_empty(), "{} {broken}: {missed} missed", source.name());
        }
    }
    Ok(())
}
