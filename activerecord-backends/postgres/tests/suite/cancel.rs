//! Futures that are dropped at any point before they complete.

use std::sync::Arc;
use std::time::Duration;

use activerecord_core::backend::{Backend, Control};
use activerecord_core::{Flow, RowRef, params};

use crate::support::*;

/// The largest number of points at which a future is dropped: each statement has a few.
const POLLS: u32 = 12;

async fn accounts(name: &str) -> (Conn, Arc<dyn Backend>) {
    let mut c = schema(name).await;
    run(&mut c, "CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t VALUES (1, 0), (2, 0)").await.unwrap();
    (c, backend(&in_schema(name)).unwrap())
}

/// Checks that every transfer happened as a whole, and that no row stays locked.
async fn check(c: &mut Conn) -> i64 {
    run(c, "UPDATE t SET n = n").await.unwrap();
    assert_eq!(one::<i64>(c, "SELECT sum(n) FROM t").await.unwrap(), 0, "half of a transfer is visible");
    one(c, "SELECT n FROM t WHERE id = 2").await.unwrap()
}

/// Checks that a reusable connection has no open transaction, and that its next answer belongs to its next statement.
async fn check_reusable(c: &mut Conn) {
    assert_eq!(one_of::<i64>(c, "SELECT $1 + 1", params![41]).await.unwrap(), 42);
    let first: i64 = one(c, "SELECT txid_current()").await.unwrap();
    assert_ne!(first, one::<i64>(c, "SELECT txid_current()").await.unwrap(), "a transaction is open");
}

#[tokio::test]
async fn a_transfer_dropped_at_any_point() {
    let (mut observer, backend) = accounts("transfer_dropped").await;
    let (mut committed, mut given_up) = (0, 0);
    for polls in numbers_of_polls(2 * POLLS) {
        if polls > 2 * POLLS && committed > 0 {
            break;
        }
        let mut c = backend.connect().await.unwrap();
        let transfer = async {
            begin(&mut c).await.unwrap();
            execute(&mut c, "UPDATE t SET n = n - $1 WHERE id = 1", params![1]).await.unwrap();
            run(&mut c, "UPDATE t SET n = n + 1 WHERE id = 2").await.unwrap();
            commit(&mut c).await.unwrap();
        };
        match poll_and_drop(transfer, polls).await {
            Some(()) => committed += 1,
            None => given_up += 1,
        }
        if c.is_reusable() {
            check_reusable(&mut c).await;
        }
        drop(c);
        let there = check(&mut observer).await;
        assert!((committed..=committed + given_up).contains(&there), "{there} of {committed} are there");
    }
    assert!(committed > 0 && given_up > 0);
}

/// Each kind of call, dropped after each number of polls.
#[tokio::test]
async fn every_call_dropped_at_any_point() {
    let (_, backend) = accounts("every_call_dropped").await;
    for call in 0..8 {
        let mut ended = 0;
        for polls in numbers_of_polls(POLLS) {
            if polls > POLLS && ended > 0 {
                break;
            }
            let mut c = backend.connect().await.unwrap();
            if matches!(call, 5..) {
                begin(&mut c).await.unwrap();
                run(&mut c, "UPDATE t SET n = n").await.unwrap();
            }
            let statement = sql("UPDATE t SET n = n WHERE n = $1 RETURNING n", params![0]);
            let script = sql("UPDATE t SET n = n; SELECT 1", vec![]);
            let mut sink = |_: &dyn RowRef| Ok(Flow::More);
            let done = match call {
                0 => poll_and_drop(c.execute(&statement), polls).await.is_some(),
                1 => poll_and_drop(c.fetch(&statement, &mut sink), polls).await.is_some(),
                2 => poll_and_drop(begin(&mut c), polls).await.is_some(),
                3 => poll_and_drop(c.ping(), polls).await.is_some(),
                4 => poll_and_drop(c.execute(&script), polls).await.is_some(),
                5 => poll_and_drop(c.control(Control::Savepoint("s")), polls).await.is_some(),
                6 => poll_and_drop(rollback(&mut c), polls).await.is_some(),
                _ => poll_and_drop(commit(&mut c), polls).await.is_some(),
            };
            ended += u32::from(done);
            assert_eq!(c.is_reusable(), done && !matches!(call, 2 | 5) || polls == 0 && call < 5, "{call} {polls}");
            if c.is_reusable() {
                check_reusable(&mut c).await;
            } else if call != 7 {
                // The connection can still be used: its answers belong to its statements, and its COMMIT is confirmed.
                rollback(&mut c).await.unwrap();
                assert_eq!(one::<i64>(&mut c, "SELECT 5").await.unwrap(), 5);
                assert!(c.is_reusable());
                check_reusable(&mut c).await;
            }
        }
        assert!(0 < ended && ended < POLLS, "{call}: {ended}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_storm() {
    let (mut observer, backend) = accounts("storm").await;
    let storms: Vec<_> = (0..6)
        .map(|_| {
            let backend = Arc::clone(&backend);
            tokio::spawn(async move {
                let mut counts = (0, 0);
                for _ in 0..25 {
                    let mut c = backend.connect().await.unwrap();
                    let time = Duration::from_micros(fastrand::u64(0..8000));
                    let work = async {
                        begin(&mut c).await.unwrap();
                        run(&mut c, "UPDATE t SET n = n - 1 WHERE id = 1").await.unwrap();
                        execute(&mut c, "UPDATE t SET n = n + $1 WHERE id = $2", params![1, 2]).await.unwrap();
                        commit(&mut c).await.unwrap();
                    };
                    let done = tokio::time::timeout(time, work).await.is_ok();
                    counts.0 += i64::from(done);
                    counts.1 += i64::from(!done);
                }
                counts
            })
        })
        .collect();
    let (mut committed, mut given_up) = (0, 0);
    for storm in storms {
        let counts = storm.await.unwrap();
        committed += counts.0;
        given_up += counts.1;
    }
    let there = check(&mut observer).await;
    assert!((committed..=committed + given_up).contains(&there), "{there} of {committed} are there");
}

#[tokio::test]
async fn a_read_dropped_half_way_leaves_its_transaction_usable() {
    let mut c = schema("read_dropped").await;
    run(&mut c, "CREATE TABLE t AS SELECT n FROM generate_series(1, 50000) n").await.unwrap();
    begin(&mut c).await.unwrap();
    for polls in 1..6 {
        let select = sql("SELECT n FROM t", vec![]);
        let mut pause = |_: &dyn RowRef| Ok(Flow::Pause);
        assert!(poll_and_drop(c.fetch(&select, &mut pause), polls).await.is_none());
        assert!(!c.is_reusable());
        assert_eq!(run(&mut c, "UPDATE t SET n = n WHERE n = 1").await.unwrap().rows, 1);
    }
    commit(&mut c).await.unwrap();
    assert!(c.is_reusable());
}

#[tokio::test]
async fn a_dropped_connection_ends_its_transaction() {
    let (mut observer, backend) = accounts("dropped_connection").await;
    let mut c = backend.connect().await.unwrap();
    begin(&mut c).await.unwrap();
    run(&mut c, "UPDATE t SET n = 7").await.unwrap();
    drop(c);
    assert_eq!(check(&mut observer).await, 0);
}

/// The statement would take an hour. The server checks every second whether its client is still connected.
#[tokio::test]
async fn a_statement_of_a_dropped_future_is_stopped() {
    let mut observer = connect(&config()).await;
    if one::<i64>(&mut observer, "SELECT current_setting('server_version_num')::int").await.unwrap() < 140_000 {
        return;
    }
    let mut c = connect(&config()).await;
    let process = process(&mut c).await;
    let sleep = sql("SELECT pg_sleep(3600)", vec![]);
    tokio::select! {
        ended = c.execute(&sleep) => panic!("the statement ended: {ended:?}"),
        () = until_it_sleeps(process) => {}
    }
    drop(c);
    until_gone(process).await;
}
