//! Copies whose process or server is killed, rows that are committed late, and the memory of a copy: Y1 to Y4.

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

/// Pairs in which each database is once the source and once the target.
fn ring() -> impl Iterator<Item = (&'static Profile, &'static Profile)> {
    let all: Vec<_> = profiles().collect();
    let next = all.clone().into_iter().cycle().skip(1);
    all.into_iter().zip(next)
}

/// Creates the two databases, with rows in the source.
async fn places(from: &'static Profile, to: &'static Profile, rows: i64) -> Result<(Database, Database)> {
    let (from, to) = (Database::on(from, &[ITEMS]).await?, Database::on(to, &[ITEMS]).await?);
    let items: Vec<_> = (1..=rows).map(|number| Item { number, ..Item::default() }).collect();
    Item::with_connection(&from, async || Item::bulk_insert(&items).await).await?;
    Ok((from, to))
}

/// Reads the rows with plain SQL.
async fn rows(database: &str) -> Result<Vec<(i64, i64)>> {
    let rows = connection(database)?.query("SELECT id, number FROM items ORDER BY id", []).await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// Y1. A copy is killed again and again, and the source changes in between. In the end the tables are equal.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn y1_a_killed_copy_is_resumed() -> Result<()> {
    let kills = if is_long() { 100 } else { 6 };
    for (source, target) in ring() {
        for what in ["changes", "ranges"] {
            let (from, to) = places(source, target, 2_000).await?;
            for kill in 0..kills {
                let copy = node(&["copy", what], &[&from, &to]).start()?;
                // The moment is arbitrary: on a slow machine, the copy is killed at an earlier point.
                sleep(Duration::from_millis(fastrand::u64(1..120))).await;
                copy.signal(Signal::KILL)?;
                copy.end().await?;
                let touched = Item::using(&from).filter(Item::ID.gt(kill * 20) & Item::ID.le(kill * 20 + 20));
                touched.update((Item::NUMBER.add(10_000),)).await?;
            }
            // The first run resumes after rows that have changed since. The second one copies them.
            for _ in 0..2 {
                let last = node(&["copy", what], &[&from, &to]).run().await?;
                assert!(last.is_success, "{last:?}");
            }
            assert!(rows(&from).await? == rows(&to).await?, "{} {} {what}", source.name(), target.name());
        }
    }
    Ok(())
}

/// Y1 in several ranges, while rows of the source are deleted. The broken variant computes the ends of its ranges
/// again, and misses rows.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn y1_a_resumed_copy_keeps_its_ranges() -> Result<()> {
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

/// Y1 at the failpoints of a full copy. The broken variant writes its checkpoint before its rows, and misses rows.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn y1_rows_before_a_checkpoint_are_written() -> Result<()> {
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

/// Begins a transaction, and writes a row with the time of now.
async fn late(database: &str) -> Result<Transaction> {
    let late = Transaction::begin(database).independent().await?;
    late.run(async || {
        Item::with_connection(database, async || {
            // On some servers a transaction starts with its first statement. It must not start after the time in the
            // row.
            Item::query().exists().await?;
            Item { number: 1, ..Item::default() }.insert().await
        })
        .await
    })
    .await?;
    Ok(late)
}

/// Commits a row after a row with a later time was copied.
async fn write_after_a_copy(from: &str, to: &str) -> Result<()> {
    let late = late(from).await?;
    Item::with_connection(from, async || Item { number: 2, ..Item::default() }.insert().await).await?;
    until("the second row is copied", async || Item::using(to).filter(Item::NUMBER.eq(2)).exists().await).await?;
    late.commit().await
}

/// Writes rows until `end`, and commits each of them up to 150 ms later.
async fn write_late(database: String, end: Instant) -> Result<()> {
    while Instant::now() < end {
        let late = late(&database).await?;
        sleep(Duration::from_millis(fastrand::u64(0..150))).await;
        late.commit().await?;
    }
    Ok(())
}

/// Y2. Writers commit late, while the changes are copied again and again. No row is missed. The broken variant keeps
/// the newest time that it has read as its watermark, and misses rows.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn y2_rows_that_are_committed_late_are_copied() -> Result<()> {
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

/// Registers a connection to a server that is killed, and creates the table of items.
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

/// Y3. The server of the source or of the target is killed during a copy, and restarted. The copy fails or waits. In
/// the end the tables are equal.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn y3_a_copy_survives_the_kill_of_a_server() -> Result<()> {
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
            until("the copy has begun", begun).await?;
            victim.kill().await?;
            victim.restart().await?;
            // The run may succeed or fail.
            let _ = copying.await.map_err(Error::custom)?;
            let done = async || Ok(copied::job("y3-source", "y3-target", "changes").run().await.is_ok());
            until("a run succeeds", done).await?;
            assert!(rows("y3-source").await? == rows("y3-target").await?, "{source:?} {target:?}: {victim:?} killed");
            for name in ["y3-source", "y3-target"] {
                ConnectionManager::remove(name).await?;
            }
        }
    }
    Ok(())
}

/// Y4. The memory of a copy does not grow with the table.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn y4_the_memory_of_a_copy_is_limited() -> Result<()> {
    const MOST: u64 = 200 << 20;
    let count = if is_long() { 10_000_000 } else { 200_000 };
    let file = Profile::all().into_iter().find(|profile| profile.name() == "sqlite");
    let file = file.ok_or_else(|| Error::invalid("there is no profile of SQLite"))?;
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
