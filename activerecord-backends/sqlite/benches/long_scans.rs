//! The delays of a timer of 1 ms while one task reads 10 million rows on the same single-threaded runtime: with this
//! backend, and with rusqlite on the task, as the broken variant. Prints milliseconds.
#![allow(clippy::expect_used, reason = "a benchmark that cannot run stops with the reason")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use activerecord_core::backend::Connection;
use activerecord_core::sql::{Access, Sql};
use activerecord_core::{Config, Flow, RowRef};
use activerecord_sqlite as _;
use test_support::backend::backend as open;

const ROWS: &str = "WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 10000000)";

fn main() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("bench.db");
    let path = path.to_str().expect("a path of UTF-8");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let backend = open(&Config::sqlite(path).option("mode", "rwc")).expect("a backend");
        let mut ours = backend.connect().await.expect("a connection");
        let fill = format!("CREATE TABLE t (x INTEGER, s TEXT); {ROWS} INSERT INTO t SELECT x, 'text ' || x FROM c;");
        println!("{:<34}{:>8}{:>10}{:>10}{:>12}", "", "ticks", "p99", "latest", "took");
        report("nothing: the machine's own noise", tokio::time::sleep(Duration::from_secs(1))).await;
        report("1 ms of spinning, then a yield", spin(Duration::from_secs(1))).await;
        report("10 million rows inserted", run(&mut ours, &fill)).await;
        for (name, sql) in [
            ("SELECT *, streamed", "SELECT * FROM t".to_owned()),
            ("SELECT * of a recursive query", format!("{ROWS} SELECT * FROM c")),
            ("count(*)", "SELECT count(*) FROM t".to_owned()),
            ("a filter that finds 10 rows", "SELECT * FROM t WHERE x % 1000000 = 0".to_owned()),
            ("a filter that finds 10,000 rows", "SELECT * FROM t WHERE x % 1000 = 0".to_owned()),
            ("a sort", "SELECT * FROM t ORDER BY s LIMIT 100000".to_owned()),
            ("an update of all rows", "UPDATE t SET x = x + 1".to_owned()),
        ] {
            report(name, run(&mut ours, &sql)).await;
            report(&format!("{name}, again"), run(&mut ours, &sql)).await;
        }
        let raw = rusqlite::Connection::open(path).expect("a database");
        report("rusqlite: SELECT *", async {
            let mut statement = raw.prepare("SELECT * FROM t").expect("a statement");
            let mut rows = statement.query([]).expect("rows");
            while rows.next().expect("a row").is_some() {}
        })
        .await;
    });
}

/// The best that a scan on the calling task can do.
async fn spin(time: Duration) {
    let started = Instant::now();
    while started.elapsed() < time {
        let turn = Instant::now();
        while turn.elapsed() < Duration::from_millis(1) {
            std::hint::spin_loop();
        }
        tokio::task::yield_now().await;
    }
}

async fn run(ours: &mut Box<dyn Connection>, text: &str) {
    let sql = Sql::new(text, Vec::new(), Access::Unknown);
    if text.starts_with("CREATE") {
        ours.execute(&sql).await.expect("a script");
        return;
    }
    let mut read = 0;
    let mut sink = |row: &dyn RowRef| {
        for ordinal in 0..row.len() {
            read += usize::from(row.value(ordinal)? == activerecord_core::ValueRef::Null);
        }
        Ok(Flow::More)
    };
    ours.fetch(&sql, &mut sink).await.expect("rows");
}

/// Runs the work beside a timer, and prints the delays.
async fn report(name: &str, work: impl Future<Output = ()>) {
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
    let started = Instant::now();
    work.await;
    let took = started.elapsed();
    done.store(true, Ordering::Relaxed);
    let mut late = timer.await.expect("the timer");
    late.sort_unstable();
    let millis = |time: Duration| time.as_secs_f64() * 1000.0;
    let (p99, latest) = (late[late.len() * 99 / 100], late[late.len() - 1]);
    println!("{name:<34}{:>8}{:>10.2}{:>10.2}{:>12.0}", late.len(), millis(p99), millis(latest), millis(took));
}
