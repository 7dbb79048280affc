//! Futures that are dropped at any point before their end.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use activerecord_core::backend::Backend;
use activerecord_core::sql::{Access, Sql};
use activerecord_core::{Flow, RowRef, params};

use crate::support::*;

/// Polls a future a number of times and drops it. The pauses grow, so that work on threads is interrupted at many
/// points.
async fn poll_and_drop<T>(future: impl Future<Output = T>, polls: u32) -> Option<T> {
    let mut future = pin!(future);
    for poll in 0..polls {
        if let Some(output) = poll_once(future.as_mut()).await {
            return Some(output);
        }
        tokio::time::sleep(Duration::from_micros(u64::from(poll) * 50)).await;
    }
    None
}

/// Checks that nothing is locked, and that no transfer is half done.
async fn check(backend: &Arc<dyn Backend>) {
    let mut c = backend.connect().await.unwrap();
    run(&mut c, "UPDATE t SET n = n WHERE id = 3").await.unwrap();
    assert_eq!(one::<i64>(&mut c, "SELECT sum(n) FROM t").await.unwrap(), 0, "half of a transfer is visible");
    c.close().await;
}

#[tokio::test]
async fn a_transfer_dropped_at_any_point() {
    let file = File::new();
    let backend = file.backend();
    let mut c = backend.connect().await.unwrap();
    run(&mut c, "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER); INSERT INTO t VALUES (1, 0), (2, 0), (3, 0)")
        .await
        .unwrap();
    let (mut committed, mut given_up) = (0_i64, 0_i64);
    // On a slow machine, no transfer ends after 19 polls, so the number grows.
    let numbers = (0..60).map(|round| round % 20).chain((1..7_u32).map(|doublings| 20_u32 << doublings));
    for polls in numbers {
        if polls > 20 && committed > 0 {
            break;
        }
        let mut c = backend.connect().await.unwrap();
        let transfer = async {
            begin(&mut c).await.unwrap();
            run(&mut c, "UPDATE t SET n = n - 1 WHERE id = 1").await.unwrap();
            run(&mut c, "UPDATE t SET n = n + 1 WHERE id = 2").await.unwrap();
            commit(&mut c).await.unwrap();
        };
        match poll_and_drop(transfer, polls).await {
            Some(()) => committed += 1,
            None => given_up += 1,
        }
        if c.is_reusable() {
            run(&mut c, "UPDATE t SET n = n WHERE id = 3").await.unwrap();
        }
        drop(c);
        check(&backend).await;
    }
    let there: i64 = one(&mut c, "SELECT n FROM t WHERE id = 2").await.unwrap();
    assert!((committed..=committed + given_up).contains(&there), "{there} of {committed} are there");
    assert!(committed > 0 && given_up > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_storm() {
    let file = File::new();
    let backend = file.backend();
    let mut c = backend.connect().await.unwrap();
    run(&mut c, "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER); INSERT INTO t VALUES (1, 0), (2, 0), (3, 0)")
        .await
        .unwrap();
    let storms: Vec<_> = (0..8)
        .map(|_| {
            let backend = Arc::clone(&backend);
            tokio::spawn(async move {
                let mut committed = (0_i64, 0_i64);
                for _ in 0..60 {
                    let mut c = backend.connect().await.unwrap();
                    let time = Duration::from_micros(fastrand::u64(0..4000));
                    let work = async {
                        begin(&mut c).await.unwrap();
                        run(&mut c, "UPDATE t SET n = n - 1 WHERE id = 1").await.unwrap();
                        execute(&mut c, "UPDATE t SET n = n + ? WHERE id = ?", params![1, 2]).await.unwrap();
                        commit(&mut c).await.unwrap();
                    };
                    let done = tokio::time::timeout(time, work).await.is_ok();
                    committed.0 += i64::from(done);
                    committed.1 += i64::from(!done);
                }
                committed
            })
        })
        .collect();
    let (mut committed, mut given_up) = (0, 0);
    for storm in storms {
        let counts = storm.await.unwrap();
        committed += counts.0;
        given_up += counts.1;
    }
    check(&backend).await;
    let there: i64 = one(&mut c, "SELECT n FROM t WHERE id = 2").await.unwrap();
    assert!((committed..=committed + given_up).contains(&there), "{there} of {committed} are there");
}

#[tokio::test]
async fn a_read_dropped_half_way_leaves_the_connection_as_it_was() {
    let file = File::new();
    let backend = backend(&file.config().option("journal_mode", "delete")).unwrap();
    let mut c = backend.connect().await.unwrap();
    run(&mut c, "CREATE TABLE t (n); INSERT INTO t VALUES (1), (2)").await.unwrap();
    for round in 0..3 {
        // Each text is new, and not the caller's own: what may be slow runs on a thread, and then a drop loses the
        // connection.
        let select = Sql::new(format!("SELECT n FROM t -- {round}"), vec![], Access::Read);
        let mut pause = |_: &dyn RowRef| Ok(Flow::Pause);
        assert!(poll_once(pin!(c.fetch(&select, &mut pause))).await.is_none());
        assert!(c.is_reusable());
        // With a rollback journal, a reader that is still open would prevent this commit.
        file.other().execute_batch("INSERT INTO t VALUES (3)").unwrap();
    }
    assert_eq!(one::<i64>(&mut c, "SELECT count(*) FROM t").await.unwrap(), 5);
}

/// The statement would never end. The end of this test shows that the thread was stopped: a runtime waits for its
/// threads.
#[tokio::test]
async fn work_on_a_thread_is_stopped_when_its_future_is_dropped() {
    let file = File::new();
    let backend = file.backend();
    for endless in [
        "WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c",
        "CREATE TABLE t AS WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT max(x) FROM c",
    ] {
        let mut c = backend.connect().await.unwrap();
        assert!(tokio::time::timeout(Duration::from_millis(20), run(&mut c, endless)).await.is_err());
        assert!(!c.is_reusable());
        assert!(c.ping().await.unwrap_err().is_connection_lost());
    }
    let mut c = backend.connect().await.unwrap();
    run(&mut c, "CREATE TABLE t (n)").await.unwrap();
}

#[tokio::test]
async fn a_dropped_connection_ends_its_transaction() {
    for config in [File::new().config(), File::new().config().option("journal_mode", "delete")] {
        let Some(directory) = std::path::Path::new(&config.database).parent() else { continue };
        std::fs::create_dir_all(directory).unwrap();
        let backend = backend(&config).unwrap();
        let mut c = backend.connect().await.unwrap();
        run(&mut c, "CREATE TABLE t (n)").await.unwrap();
        begin(&mut c).await.unwrap();
        run(&mut c, "INSERT INTO t VALUES (1)").await.unwrap();
        drop(c);
        let other = rusqlite::Connection::open(&config.database).unwrap();
        // The test waits only for the close of the file.
        other.busy_timeout(Duration::from_secs(60)).unwrap();
        other.execute_batch("BEGIN IMMEDIATE; INSERT INTO t VALUES (2); COMMIT").unwrap();
        let mut c = backend.connect().await.unwrap();
        assert_eq!(one::<i64>(&mut c, "SELECT sum(n) FROM t").await.unwrap(), 2);
        drop(c);
        std::fs::remove_dir_all(directory).unwrap();
    }
}

#[tokio::test]
async fn a_dropped_wait_for_a_turn_leaves_the_queue() {
    let file = File::new();
    let backend = file.backend();
    let (mut a, mut b) = (backend.connect().await.unwrap(), backend.connect().await.unwrap());
    run(&mut a, "CREATE TABLE t (n)").await.unwrap();
    begin(&mut a).await.unwrap();
    assert!(poll_once(pin!(begin(&mut b))).await.is_none());
    assert!(poll_once(pin!(run(&mut b, "INSERT INTO t VALUES (1)"))).await.is_none());
    assert!(b.is_reusable());
    commit(&mut a).await.unwrap();
    begin(&mut b).await.unwrap();
    commit(&mut b).await.unwrap();
}
