//! Many tasks and several connections on one database.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

use activerecord_core::backend::Backend;
use activerecord_core::sql::{Access, Sql};
use activerecord_core::{Config, ErrorKind, Flow, FromValue, Result, RowRef, params};

use crate::support::*;

/// 32 tasks, each with its own connection, increment one counter: by single statements, by transactions that read and
/// then write, and between reads. No write is lost, and no statement fails.
async fn count_together(backend: Arc<dyn Backend>, time: Duration) {
    let mut c = backend.connect().await.unwrap();
    run(&mut c, "CREATE TABLE counter (n INTEGER); INSERT INTO counter VALUES (0); CREATE TABLE t (a INTEGER, b TEXT)")
        .await
        .unwrap();
    let (counted, stop) = (Arc::new(AtomicI64::new(0)), Arc::new(AtomicBool::new(false)));
    let tasks: Vec<_> = (0..32)
        .map(|task| {
            let (backend, counted, stop) = (Arc::clone(&backend), Arc::clone(&counted), Arc::clone(&stop));
            tokio::spawn(async move {
                let mut c = backend.connect().await?;
                let mut before = 0;
                while !stop.load(Ordering::Relaxed) {
                    match task % 4 {
                        0 => count_once(&mut c).await?,
                        1 => count_in_transaction(&mut c).await?,
                        _ => {
                            let now: i64 = one(&mut c, "SELECT n FROM counter").await?;
                            assert!(now >= before, "the counter went back");
                            before = now;
                            rows(&mut c, "SELECT * FROM t ORDER BY b LIMIT 100", vec![]).await?;
                            tokio::task::yield_now().await;
                        }
                    }
                    counted.fetch_add(i64::from(task % 4 < 2), Ordering::Relaxed);
                    assert!(c.is_reusable());
                }
                Ok::<_, activerecord_core::Error>(())
            })
        })
        .collect();
    let started = Instant::now();
    // A slow machine gets more time.
    while started.elapsed() < time || (counted.load(Ordering::Relaxed) <= 10 && started.elapsed() < MOST_TIME) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    stop.store(true, Ordering::Relaxed);
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let counted = counted.load(Ordering::Relaxed);
    assert_eq!(one::<i64>(&mut c, "SELECT n FROM counter").await.unwrap(), counted);
    assert_eq!(one::<i64>(&mut c, "SELECT count(*) FROM t").await.unwrap(), counted);
    assert!(counted > 10, "only {counted} writes");
}

/// Only a test that hangs takes so long.
const MOST_TIME: Duration = Duration::from_secs(300);

async fn count_once(c: &mut Conn) -> Result<()> {
    begin(c).await?;
    run(c, "UPDATE counter SET n = n + 1").await?;
    execute(c, "INSERT INTO t VALUES (?, ?)", params![1, "a"]).await?;
    commit(c).await
}

async fn count_in_transaction(c: &mut Conn) -> Result<()> {
    begin(c).await?;
    let n: i64 = one(c, "SELECT n FROM counter").await?;
    tokio::task::yield_now().await;
    execute(c, "UPDATE counter SET n = ?", params![n + 1]).await?;
    execute(c, "INSERT INTO t VALUES (?, ?)", params![2, "b"]).await?;
    commit(c).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_tasks_on_a_file() {
    let file = File::new();
    count_together(file.backend(), Duration::from_secs(2)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_tasks_on_a_file_with_a_rollback_journal() {
    let file = File::new();
    let backend = backend(&file.config().option("journal_mode", "delete").option("synchronous", "off")).unwrap();
    count_together(backend, Duration::from_secs(2)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_tasks_in_memory() {
    count_together(memory(), Duration::from_secs(2)).await;
}

#[tokio::test]
async fn many_tasks_on_one_thread() {
    let file = File::new();
    count_together(file.backend(), Duration::from_secs(1)).await;
    count_together(memory(), Duration::from_secs(1)).await;
}

/// While other tasks write without a pause, a statement waits for at most one turn of each.
async fn check_turns(backend: Arc<dyn Backend>, statement: &'static str) {
    const WRITERS: i64 = 4;
    const STATEMENTS: usize = 25;
    let mut c = backend.connect().await.unwrap();
    run(&mut c, "CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (0)").await.unwrap();
    let (written, stop) = (Arc::new(AtomicI64::new(0)), Arc::new(AtomicBool::new(false)));
    let writers: Vec<_> = (0..WRITERS)
        .map(|_| {
            let (backend, written, stop) = (Arc::clone(&backend), Arc::clone(&written), Arc::clone(&stop));
            tokio::spawn(async move {
                let mut c = backend.connect().await.unwrap();
                while !stop.load(Ordering::Relaxed) {
                    begin(&mut c).await.unwrap();
                    run(&mut c, "UPDATE t SET n = n + 1").await.unwrap();
                    tokio::time::sleep(Duration::from_millis(1)).await;
                    commit(&mut c).await.unwrap();
                    written.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    while written.load(Ordering::Relaxed) < WRITERS {
        tokio::task::yield_now().await;
    }
    let mut meanwhile = Vec::new();
    for _ in 0..STATEMENTS {
        let mut waiting = pin!(run(&mut c, statement));
        let first = poll_once(waiting.as_mut()).await;
        // From now on the statement is in the queue.
        let before = written.load(Ordering::Relaxed);
        match first {
            Some(done) => done.unwrap(),
            None => waiting.await.unwrap(),
        };
        meanwhile.push(written.load(Ordering::Relaxed) - before);
    }
    stop.store(true, Ordering::Relaxed);
    for writer in writers {
        writer.await.unwrap();
    }
    // A slow machine can interrupt this task between a statement and its count, but not for most statements.
    meanwhile.sort_unstable();
    let usual = meanwhile[meanwhile.len() * 8 / 10];
    assert!(usual <= WRITERS + 2, "the numbers of transactions before each statement: {meanwhile:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_take_turns() {
    let file = File::new();
    check_turns(file.backend(), "UPDATE t SET n = n + 1").await;
    check_turns(memory(), "UPDATE t SET n = n + 1").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn readers_in_memory_take_turns() {
    check_turns(memory(), "SELECT * FROM t").await;
}

#[tokio::test]
async fn all_paths_to_a_file_share_a_queue() {
    let file = File::new();
    let mut a = file.backend().connect().await.unwrap();
    run(&mut a, "CREATE TABLE t (n)").await.unwrap();
    let link = file.directory.path().join("link.db");
    std::os::unix::fs::symlink(&file.path, &link).unwrap();
    let config = Config::sqlite(link.to_str().unwrap()).option("busy_timeout", "20ms");
    let mut b = backend(&config).unwrap().connect().await.unwrap();
    begin(&mut a).await.unwrap();
    let error = run(&mut b, "INSERT INTO t VALUES (1)").await.unwrap_err();
    assert!(error.kind() == ErrorKind::Busy && error.message().contains("this process"), "{error}");
    rollback(&mut a).await.unwrap();
    run(&mut b, "INSERT INTO t VALUES (1)").await.unwrap();
}

#[tokio::test]
async fn a_write_waits_for_another_program() {
    let file = File::new();
    let mut c = file.backend().connect().await.unwrap();
    run(&mut c, "CREATE TABLE t (n)").await.unwrap();
    let other = file.other();
    other.execute_batch("BEGIN IMMEDIATE; INSERT INTO t VALUES (1)").unwrap();
    let insert = sql("INSERT INTO t VALUES (2)", vec![]);
    {
        let mut writing = pin!(c.execute(&insert));
        let early = tokio::time::timeout(Duration::from_millis(30), &mut writing).await;
        assert!(early.is_err(), "the write did not wait");
        other.execute_batch("COMMIT").unwrap();
        writing.await.unwrap();
    }
    assert_eq!(one::<i64>(&mut c, "SELECT sum(n) FROM t").await.unwrap(), 3);
}

#[tokio::test]
async fn a_commit_that_must_wait_loses_nothing() {
    let file = File::new();
    let config = file.config().option("journal_mode", "delete").option("busy_timeout", "30ms");
    let mut c = backend(&config).unwrap().connect().await.unwrap();
    run(&mut c, "CREATE TABLE t (n); INSERT INTO t VALUES (1)").await.unwrap();
    let other = file.other();
    other.execute_batch("BEGIN; SELECT * FROM t").unwrap();
    begin(&mut c).await.unwrap();
    run(&mut c, "INSERT INTO t VALUES (2)").await.unwrap();
    assert_eq!(commit(&mut c).await.unwrap_err().kind(), ErrorKind::Busy);
    other.execute_batch("COMMIT").unwrap();
    commit(&mut c).await.unwrap();
    assert_eq!(one::<i64>(&mut c, "SELECT sum(n) FROM t").await.unwrap(), 3);
}

#[tokio::test]
async fn a_paused_read_blocks_no_writer() {
    let file = File::new();
    let backend = file.backend();
    let (mut a, mut b) = (backend.connect().await.unwrap(), backend.connect().await.unwrap());
    run(&mut a, "CREATE TABLE t (n); INSERT INTO t VALUES (1), (2), (3)").await.unwrap();
    let select = Sql::new("SELECT n FROM t", vec![], Access::Read);
    let mut seen = Vec::new();
    let mut pause = |row: &dyn RowRef| {
        seen.push(row.value(0)?.to_owned());
        Ok(Flow::Pause)
    };
    {
        let mut reading = pin!(async { a.fetch(&select, &mut pause).await });
        for _ in 0..3 {
            assert!(poll_once(reading.as_mut()).await.is_none());
            run(&mut b, "INSERT INTO t VALUES (4)").await.unwrap();
        }
        reading.await.unwrap();
    }
    assert_eq!(seen.len(), 3, "the read returns the rows from its start");
    assert_eq!(one::<i64>(&mut a, "SELECT count(*) FROM t").await.unwrap(), 6);
}

/// A reader in memory would block writers: a read that pauses copies the rest of its rows, also when it is not polled.
#[tokio::test]
async fn a_paused_read_in_memory_blocks_no_writer() {
    for size in [3, 40_000] {
        let backend = memory();
        let (mut a, mut b) = (backend.connect().await.unwrap(), backend.connect().await.unwrap());
        run(&mut a, "CREATE TABLE t (n INTEGER)").await.unwrap();
        let fill = "WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < ?) INSERT INTO t SELECT x FROM c";
        execute(&mut a, fill, params![size]).await.unwrap();
        let (select, mut seen, begun) = (sql("SELECT n FROM t", vec![]), Vec::new(), AtomicBool::new(false));
        let mut pause = |row: &dyn RowRef| {
            begun.store(true, Ordering::Relaxed);
            seen.push(i64::from_value(row.value(0)?)?);
            Ok(if seen.len() < 4 { Flow::Pause } else { Flow::More })
        };
        {
            let mut reading = pin!(async { a.fetch(&select, &mut pause).await });
            while !begun.load(Ordering::Relaxed) {
                assert!(poll_once(reading.as_mut()).await.is_none());
                tokio::task::yield_now().await;
            }
            for _ in 0..2 {
                run(&mut b, "UPDATE t SET n = n + 1 WHERE n > 2").await.unwrap();
                assert!(poll_once(reading.as_mut()).await.is_none());
            }
            unpaused(reading).await.unwrap();
        }
        assert_eq!(seen, (1..=size).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_long_paused_read_in_memory_is_complete() {
    let backend = memory();
    let (mut a, mut b) = (backend.connect().await.unwrap(), backend.connect().await.unwrap());
    run(
        &mut a,
        "CREATE TABLE t (n INTEGER, s TEXT);
         WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 40000) INSERT INTO t SELECT x, 'text' FROM c",
    )
    .await
    .unwrap();
    let writing = sql("UPDATE t SET n = -n WHERE n % 7 = 0", vec![]);
    for (find, rows) in [
        ("SELECT abs(n) FROM t", 40_000),
        ("SELECT n FROM t WHERE n = 1 OR n % 20000 = 0", 3),
        ("SELECT abs(n) FROM t ORDER BY s, abs(n)", 40_000),
    ] {
        let (select, mut seen) = (sql(find, vec![]), Vec::new());
        let mut pause = |row: &dyn RowRef| {
            seen.push(i64::from_value(row.value(0)?)?);
            Ok(if seen.len() == 1 { Flow::Pause } else { Flow::More })
        };
        let (read, written) = tokio::join!(unpaused(a.fetch(&select, &mut pause)), b.execute(&writing));
        read.unwrap();
        written.unwrap();
        assert!(seen.len() == rows && seen.is_sorted_by(|a, b| a < b), "{find}: {}", seen.len());
        assert!(a.is_reusable());
    }
}

#[tokio::test]
async fn a_large_value_survives_a_wait() {
    let file = File::new();
    let mut c = file.backend().connect().await.unwrap();
    run(&mut c, "CREATE TABLE t (s TEXT NOT NULL)").await.unwrap();
    let other = file.other();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let insert = sql("INSERT INTO t VALUES (?)", params!["x".repeat(100_000)]);
    {
        let mut writing = pin!(c.execute(&insert));
        assert!(tokio::time::timeout(Duration::from_millis(10), &mut writing).await.is_err());
        other.execute_batch("COMMIT").unwrap();
        writing.await.unwrap();
    }
    assert_eq!(one::<i64>(&mut c, "SELECT length(s) FROM t").await.unwrap(), 100_000);
}

/// A read with quick first rows and slow later ones runs again on a thread. All its rows are deleted between the two
/// runs: it must still return the rows from its start, each of them once.
#[tokio::test]
async fn a_read_that_becomes_slow_keeps_its_snapshot() {
    const FIND: &str = "SELECT n FROM t WHERE n <= 5 OR n % 20000 = 0";
    let file = File::new();
    let backend = file.backend();
    let (mut a, mut b) = (backend.connect().await.unwrap(), backend.connect().await.unwrap());
    run(
        &mut a,
        "CREATE TABLE t (n INTEGER);
         WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 80000) INSERT INTO t SELECT x FROM c",
    )
    .await
    .unwrap();
    let expected = [1, 2, 3, 4, 5, 20_000, 40_000, 60_000, 80_000];
    for pause_after in [1, 5, 6, 9] {
        let (select, mut seen, paused) = (sql(FIND, vec![]), Vec::new(), AtomicBool::new(false));
        let mut sink = |row: &dyn RowRef| {
            seen.push(row.value(0)?.to_owned());
            paused.store(seen.len() == pause_after, Ordering::Relaxed);
            Ok(if seen.len() == pause_after { Flow::Pause } else { Flow::More })
        };
        // A new connection does not know the pace of the statement.
        let mut c = backend.connect().await.unwrap();
        {
            let mut reading = pin!(async { c.fetch(&select, &mut sink).await });
            while !paused.load(Ordering::Relaxed) {
                assert!(poll_once(reading.as_mut()).await.is_none());
                tokio::task::yield_now().await;
            }
            run(&mut b, "UPDATE t SET n = -n").await.unwrap();
            reading.await.unwrap();
        }
        run(&mut b, "UPDATE t SET n = -n").await.unwrap();
        let expected: Vec<_> = expected.iter().map(|n| activerecord_core::Value::I64(*n)).collect();
        assert_eq!(seen, expected, "paused after {pause_after}");
        assert!(c.is_reusable());
        assert_eq!(rows(&mut c, FIND, vec![]).await.unwrap().len(), expected.len(), "the next read");
    }
}

#[tokio::test]
async fn random_rows_are_not_read_twice() {
    let mut c = memory().connect().await.unwrap();
    let text = "WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 300000)
        SELECT x FROM c WHERE random() % 20000 = 0";
    for _ in 0..5 {
        let found = rows(&mut c, text, vec![]).await.unwrap();
        let found: Vec<i64> = found.iter().map(|row| row.get(0).unwrap()).collect();
        assert!(found.is_sorted_by(|a, b| a < b), "{found:?}");
    }
}

#[tokio::test]
async fn the_write_ahead_log_stays_short() {
    let file = File::new();
    let mut c = file.backend().connect().await.unwrap();
    run(&mut c, "CREATE TABLE t (b BLOB); INSERT INTO t VALUES (zeroblob(40000))").await.unwrap();
    for n in 0..600_i64 {
        execute(&mut c, "UPDATE t SET b = zeroblob(?)", params![40_000 + n % 7]).await.unwrap();
    }
    let log = std::fs::metadata(file.path.with_extension("db-wal")).unwrap().len() / 4096;
    assert!(log < 1500, "the log has {log} pages after more than 6000 were written");
}

/// While there are many reads, the keeper holds their lock between two reads. No read returns old data because of that,
/// and no checkpoint waits for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_burst_of_reads_hides_no_write_and_blocks_no_checkpoint() {
    let file = File::new();
    let backend = file.backend();
    let (mut a, mut b) = (backend.connect().await.unwrap(), backend.connect().await.unwrap());
    run(&mut a, "CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (0)").await.unwrap();
    let other = file.other();
    for round in 1..=40_i64 {
        for read in 0..300 {
            if read % 100 == 50 {
                match round % 3 {
                    0 => drop(other.execute("UPDATE t SET n = n + 1", []).unwrap()),
                    1 => drop(run(&mut b, "UPDATE t SET n = n + 1").await.unwrap()),
                    _ => {}
                }
            }
            let there: i64 = other.query_row("SELECT n FROM t", [], |row| row.get(0)).unwrap();
            assert_eq!(one::<i64>(&mut a, "SELECT n FROM t").await.unwrap(), there);
        }
    }
    // A reader can make this fail during the reads; another attempt may succeed.
    let started = Instant::now();
    let checkpoint = || other.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
    while checkpoint().unwrap_or(1) != 0 {
        assert!(started.elapsed() < MOST_TIME, "a reader still blocks the checkpoint");
        one::<i64>(&mut a, "SELECT n FROM t").await.unwrap();
    }
    a.close().await;
    b.close().await;
}
