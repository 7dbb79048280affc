//! Futures that are dropped at any point before they complete.

use std::pin::pin;
use std::time::Duration;

use activerecord_core::backend::Control;
use activerecord_core::{Flow, RowRef};

use crate::statements::fill;
use crate::support::*;

/// Polls a future a number of times, and drops it.
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

#[test]
fn a_transfer_dropped_at_any_point() {
    on_each_server(async |server| {
        let mut watcher = server.connect().await;
        run(&mut watcher, "CREATE TABLE t (id INT PRIMARY KEY, n INT)").await.unwrap();
        run(&mut watcher, "INSERT INTO t VALUES (1, 0), (2, 0)").await.unwrap();
        let (mut committed, mut given_up) = (0_i64, 0_i64);
        // On a slow server, no transfer ends after 19 polls, so the number grows.
        let numbers = (0..40).map(|round| round % 20).chain((1..7_u32).map(|doublings| 20_u32 << doublings));
        for polls in numbers {
            if polls > 20 && committed > 0 {
                break;
            }
            let mut c = server.connect().await;
            let transfer = async {
                begin(&mut c).await.unwrap();
                run(&mut c, "UPDATE t SET n = n - 1 WHERE id = 1").await.unwrap();
                run(&mut c, "UPDATE t SET n = n + 1 WHERE id = 2").await.unwrap();
                commit(&mut c).await.unwrap();
            };
            let done = poll_and_drop(transfer, polls).await.is_some();
            if done {
                committed += 1;
            } else {
                given_up += 1;
            }
            assert_eq!(c.is_reusable(), polls == 0 || done, "{polls} polls");
            drop(c);
            // This waits for the locks of the dropped transfer.
            run(&mut watcher, "UPDATE t SET n = n").await.unwrap();
            assert_eq!(one::<i64>(&mut watcher, "SELECT sum(n) FROM t").await.unwrap(), 0);
        }
        assert!(committed > 0 && given_up > 0, "{committed} {given_up}");
        assert!(one::<i64>(&mut watcher, "SELECT n FROM t WHERE id = 2").await.unwrap() >= committed);
    });
}

/// A connection is reusable after a drop only if nothing was sent.
#[test]
fn each_method_dropped_at_any_point() {
    on_each_server(async |server| {
        let mut c = server.connect().await;
        run(&mut c, "CREATE TABLE t (id BIGINT PRIMARY KEY AUTO_INCREMENT, n INT, s TEXT)").await.unwrap();
        fill(&mut c, 3000).await;
        for method in ["execute", "fetch", "script", "begin", "ping"] {
            let mut done = false;
            for polls in 0..200 {
                let mut c = server.connect().await;
                let call = async {
                    let mut ignore = |_: &dyn RowRef| Ok(Flow::More);
                    match method {
                        "execute" => run(&mut c, "UPDATE t SET n = n + 1 WHERE id < 9").await.map(drop),
                        "fetch" => c.fetch(&sql("SELECT * FROM t", vec![]), &mut ignore).await,
                        "script" => run(&mut c, "UPDATE t SET n = 1 WHERE id = 1; SELECT 1").await.map(drop),
                        "begin" => c.control(Control::Begin(Default::default())).await,
                        _ => c.ping().await,
                    }
                };
                done = poll_and_drop(call, polls).await.is_some();
                let expected = polls == 0 || (done && method != "begin");
                assert_eq!(c.is_reusable(), expected, "{method}, {polls} polls, done: {done}");
                if done {
                    break;
                }
                if polls > 0 {
                    let error = run(&mut c, "SELECT 1").await.unwrap_err();
                    assert!(error.is_connection_lost(), "{error:?}");
                }
            }
            assert!(done, "{method}");
        }
    });
}

#[test]
fn a_commit_dropped_at_any_point_is_not_reused() {
    on_each_server(async |server| {
        let mut watcher = server.connect().await;
        run(&mut watcher, "CREATE TABLE t (n INT)").await.unwrap();
        for end in [Control::Commit, Control::Rollback, Control::Savepoint("a")] {
            for polls in 1..10 {
                let mut c = server.connect().await;
                begin(&mut c).await.unwrap();
                run(&mut c, "INSERT INTO t VALUES (1)").await.unwrap();
                let done = poll_and_drop(c.control(end), polls).await.is_some();
                let expected = done && !matches!(end, Control::Savepoint(_));
                assert_eq!(c.is_reusable(), expected, "{end:?}, {polls} polls");
            }
        }
    });
}
