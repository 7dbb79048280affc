//! A long statement does not stall the runtime. These tests measure time. To be robust on a busy machine, they run
//! alone, require most ticks of a timer to be punctual, allow for the delays of a task that yields every millisecond at
//! the same time, and compare with the broken variant, whose delays are a hundred times longer.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use activerecord_core::backend::Connection;
use activerecord_core::sql::{Access, Sql};
use activerecord_core::{Config, Flow, RowRef};
use activerecord_sqlite as _;
use test_support::backend::backend as open;
use tokio::sync::Mutex;

/// One test at a time: another one would disturb the measurement.
static ALONE: Mutex<()> = Mutex::const_new(());

/// A tick that is late by more than this is not punctual.
const LATE: Duration = Duration::from_millis(5);

const ROWS: &str = "WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 1000000)";

/// The delays of a timer of one millisecond while the work runs on the same thread.
async fn lateness(work: impl Future<Output = ()>) -> Vec<Duration> {
    let done = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&done);
    let timer = tokio::spawn(async move {
        let mut late = Vec::new();
        while !seen.load(Ordering::Relaxed) {
            let due = Instant::now() + Duration::from_millis(1);
            tokio::time::sleep_until(due.into()).await;
            late.push(due.elapsed());
        }
        late
    });
    tokio::task::yield_now().await;
    work.await;
    done.store(true, Ordering::Relaxed);
    let mut late = timer.await.unwrap();
    late.sort_unstable();
    late
}

/// The delay of most ticks, and the longest delay.
fn most_and_worst(late: &[Duration]) -> (Duration, Duration) {
    (late[late.len() * 8 / 10], late[late.len() - 1])
}

/// A task that yields every millisecond: the best that a scan on the calling task can do.
async fn spin() {
    let started = Instant::now();
    while started.elapsed() < Duration::from_millis(100) {
        let turn = Instant::now();
        while turn.elapsed() < Duration::from_millis(1) {
            std::hint::spin_loop();
        }
        tokio::task::yield_now().await;
    }
}

/// Checks that the timer is punctual during the work, at least once in a few attempts.
async fn assert_punctual(name: &str, mut work: impl AsyncFnMut()) {
    let mut attempts = Vec::new();
    for _ in 0..30 {
        let (floor, _) = most_and_worst(&lateness(spin()).await);
        let (most, worst) = most_and_worst(&lateness(work()).await);
        if most < LATE.max(floor * 2) && worst < LATE * 20 {
            return;
        }
        attempts.push((floor, most, worst));
    }
    panic!("{name}: most ticks of a spinning task, most here, and the worst: {attempts:?}");
}

async fn connect(database: &str) -> Box<dyn Connection> {
    let backend = open(&Config::sqlite(database).option("mode", "rwc")).unwrap();
    let mut connection = backend.connect().await.unwrap();
    fetch(&mut connection, "CREATE TABLE t (x INTEGER)").await;
    fetch(&mut connection, &format!("{ROWS} INSERT INTO t SELECT x FROM c")).await;
    connection
}

async fn fetch(connection: &mut Box<dyn Connection>, text: &str) {
    fetch_as(Access::Unknown, connection, text).await;
}

async fn fetch_as(access: Access, connection: &mut Box<dyn Connection>, text: &str) {
    let statement = Sql::new(text, Vec::new(), access);
    let mut read = |row: &dyn RowRef| row.value(0).map(|_| Flow::More);
    connection.fetch(&statement, &mut read).await.unwrap();
}

#[tokio::test]
async fn a_timer_is_punctual_during_long_statements() {
    let _alone = ALONE.lock().await;
    let directory = tempfile::tempdir().unwrap();
    let mut c = connect(directory.path().join("test.db").to_str().unwrap()).await;
    for text in [
        "SELECT * FROM t",
        "SELECT count(*) FROM t",
        "SELECT * FROM t WHERE x % 300000 = 0",
        "SELECT max(x + 1) FROM t",
        "UPDATE t SET x = x + 1 WHERE x > 0",
        "DELETE FROM t",
    ] {
        assert_punctual(text, async || fetch(&mut c, text).await).await;
    }
}

/// The first run of each text: nothing is known of its time.
#[tokio::test]
async fn a_timer_is_punctual_during_new_statements() {
    let _alone = ALONE.lock().await;
    let directory = tempfile::tempdir().unwrap();
    let mut c = connect(directory.path().join("test.db").to_str().unwrap()).await;
    fetch(&mut c, "CREATE VIEW size AS SELECT count(*) AS rows FROM t").await;
    fetch(&mut c, "CREATE TABLE one (x INTEGER)").await;
    fetch(&mut c, "INSERT INTO one VALUES (1)").await;
    let mut number = 0;
    for (access, text) in [
        (Access::Unknown, "SELECT count(*) FROM t"),
        (Access::Unknown, "SELECT length(hex(zeroblob(50000000)))"),
        (Access::Unknown, "PRAGMA integrity_check"),
        (Access::Read, "SELECT count(*) FROM t"),
        (Access::Read, "SELECT rows FROM size"),
        (Access::Read, "SELECT x, (SELECT count(*) FROM t) FROM one WHERE x = 1"),
    ] {
        assert_punctual(text, async || {
            number += 1;
            fetch_as(access, &mut c, &format!("{text} -- {number}")).await;
        })
        .await;
    }
}

#[tokio::test]
async fn a_timer_is_punctual_during_many_short_statements() {
    let _alone = ALONE.lock().await;
    let mut c = connect(":memory:").await;
    for (text, times) in [("SELECT max(x) FROM t WHERE rowid < 1000", 400), ("SELECT 1", 20_000)] {
        assert_punctual(text, async || {
            for _ in 0..times {
                fetch(&mut c, text).await;
            }
        })
        .await;
    }
}

#[tokio::test]
async fn the_broken_variant_is_noticed() {
    let _alone = ALONE.lock().await;
    let raw = rusqlite::Connection::open_in_memory().unwrap();
    let late = lateness(async {
        let mut statement = raw.prepare(&format!("{ROWS} SELECT x FROM c")).unwrap();
        // Once would be enough on most machines.
        let started = Instant::now();
        while started.elapsed() < LATE * 40 {
            let mut rows = statement.query([]).unwrap();
            while rows.next().unwrap().is_some() {}
        }
    })
    .await;
    assert!(most_and_worst(&late).1 > LATE * 20, "{late:?}");
}
