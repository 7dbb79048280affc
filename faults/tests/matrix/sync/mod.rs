//! Copies that are killed, writers that commit late, servers that are killed, and how much memory a copy takes: Y1 to Y4.

use std::time::Duration;

use activerecord::PoolOptions;
use activerecord::prelude::*;
use faults::copied::{self, ITEMS, Item};
use rustix::process::Signal;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::node::{ALONE, is_long, node, profiles};
use crate::server::{MARIADB, POSTGRES, Server};
use test_support::{Database, Profile};
use test_support::{is_left_out, until};

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
        for what in ["changes", "ranges"] {
            let (from, to) = places(source, target, 2_000).await?;
            for kill in 0..kills {
                let copy = node(&["copy", what], &[&from, &to]).start()?;
                // Any moment is good: on a slow machine, the copy is killed earlier.
                sleep(Duration::from_millis(fastrand::u64(1..120))).await;
                copy.signal(Signal::KILL)?;
                copy.end().await?;
                let touched = Item::using(&from).filter(Item::ID.gt(kill * 20) & Item::ID.le(kill * 20 + 20));
                touched.update((Item::NUMBER.add(10_000),)).await?;
            }
            // The first one goes on behind rows that have changed since.
            for _ in 0..2 {
                let last = node(&["copy", what], &[&from, &to]).run().await?;
                assert!(last.is_success, "{last:?}");
            }
            assert!(rows(&from).await? == rows(&to).await?, "{} {} {what}", source.name(), target.name());
        }
    }
    Ok(())
}

/// Y1 in several ranges, while the source loses rows. The broken variant looks for the ends of its ranges anew, and misses some.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn y1_ranges_end_where_they_did() -> Result<()> {
    for (source, target) in ring() {
        for broken in ["", "sync.ranges"] {
            let (from, to) = places(source, target, 800).await?;
            let copy = node(&["copy", "ranges"], &[&from, &to]).failpoint("sync.saved=kill@3");
            assert!(copy.run().await?.is_killed);
            Item::using(&from).filter(Item::ID.gt(400)).delete().await?;
            let last = node(&["copy", "ranges"], &[&from, &to]).variable("ACTIVERECORD_BROKEN", broken).run().await?;
            assert!(last.is_success, "{last:?}");
            let copied = rows(&to).await?;
            let missed = rows(&from).await?.iter().filter(|row| !copied.contains(row)).count();
            assert_eq!(missed > 0, !broken.is_empty(), "{} {} {broken}: {missed}", source.name(), target.name());
        }
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

/// A transaction with a row that is stamped now, and that is not committed.
async fn late(database: &str) -> Result<Transaction> {
    let late = Transaction::begin(database).await?;
    late.run(async || {
        Item::with_connection(database, async || {
            // A server can count a transaction from its first read or write. On a slow machine, that could be long after the stamp.
            Item::query().exists().await?;
            Item { number: 1, ..Item::default() }.insert().await
        })
        .await
    })
    .await?;
    Ok(late)
}

/// Commits a row after a row with a later stamp was copied.
async fn write_after_a_copy(from: &str, to: &str) -> Result<()> {
    let late = late(from).await?;
    Item::with_connection(from, async || Item { number: 2, ..Item::default() }.insert().await).await?;
    until("the second row is copied", async || Item::using(to).filter(Item::NUMBER.eq(2)).exists().await).await?;
    late.commit().await
}

/// Commits rows some time after they are stamped, until `end`.
async fn write_late(database: String, end: Instant) -> Result<()> {
    while Instant::now() < end {
        let late = late(&database).await?;
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
            write_after_a_copy(&from, &to).await?;
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

/// A table of items on a server that may be killed.
async fn open(server: Server, name: &str, url: &str) -> Result<()> {
    let pool = PoolOptions::new().max_connections(4).acquire_timeout(Duration::from_secs(300));
    ConnectionManager::configure(name, Config::url(url)?.pool(pool))?;
    let handle = connection(name)?;
    for table in ["items", "ar_checkpoints"] {
        handle.execute(&format!("DROP TABLE IF EXISTS {table}"), []).await?;
    }
    let time = if server.is_postgres() { "TIMESTAMPTZ" } else { "DATETIME(6)" };
    let items =
        format!("CREATE TABLE items (id BIGINT PRIMARY KEY, number BIGINT NOT NULL, updated_at {time} NOT NULL)");
    handle.execute(&items, []).await.map(drop)
}

/// Y3. The target's server, then the source's, is killed in the middle of a copy and comes back: runs fail or wait, and in the end
/// the target is the source.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn y3_a_server_that_is_killed_loses_nothing() -> Result<()> {
    let _alone = ALONE.lock().await;
    if is_left_out("postgres-2") || is_left_out("mariadb-2") {
        return Ok(());
    }
    for (source, target) in [(POSTGRES, MARIADB), (MARIADB, POSTGRES)] {
        for victim in [source, target] {
            open(source, "y3-source", &source.url()?).await?;
            open(target, "y3-target", &target.url()?).await?;
            let items: Vec<_> = (1..=5_000).map(|id| Item { id, number: id, ..Item::default() }).collect();
            Item::with_connection("y3-source", async || Item::bulk_insert(&items).await).await?;
            let copying = tokio::spawn(async { copied::job("y3-source", "y3-target", "changes").run().await });
            let begun =
                async || Ok(connection("y3-target")?.query("SELECT id FROM items LIMIT 1", []).await?.len() == 1);
            until("the copy is under way", begun).await?;
            victim.kill().await?;
            victim.restart().await?;
            // It has been patient, or it says that it was not.
            let _ = copying.await.map_err(Error::custom)?;
            let done = async || Ok(copied::job("y3-source", "y3-target", "changes").run().await.is_ok());
            until("a run is through", done).await?;
            assert!(rows("y3-source").await? == rows("y3-target").await?, "{source:?} {target:?}: {victim:?} killed");
            for name in ["y3-source", "y3-target"] {
                ConnectionManager::remove(name).await?;
            }
        }
    }
    Ok(())
}

/// Y4. What a copy takes of memory does not grow with the table.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn y4_a_copy_takes_no_more_memory_than_its_batch() -> Result<()> {
    const MOST: u64 = 200 << 20;
    let count = if is_long() { 10_000_000 } else { 200_000 };
    let file = Profile::all().into_iter().find(|profile| profile.name() == "sqlite");
    let file = file.ok_or_else(|| Error::invalid("SQLite is there always"))?;
    let (from, to) = places(file, file, 0).await?;
    let fill = "INSERT INTO items WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?) \
                SELECT n, n, '2013-01-01 00:00:00.000000' FROM numbers";
    connection(&from)?.execute(fill, [count]).await?;
    let ended = node(&["copy and weigh"], &[&from, &to]).run().await?;
    let peak = ended.printed.lines().find_map(|line| line.strip_prefix("peak ")?.parse::<u64>().ok());
    assert!(peak.is_some_and(|bytes| bytes < MOST), "{ended:?}");
    assert_eq!(Item::using(&to).count().await?, count);
    Ok(())
}
