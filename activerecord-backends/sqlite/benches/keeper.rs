//! What the keeper saves: point lookups in a file by one task and by 32 tasks, with and without a connection in the middle
//! of a read. The keeper itself does not run here, because the runtime has one thread. Prints medians in microseconds, and
//! the median and the quartiles of the ratios.
//!
//! The two sides alternate in small rounds, so that a busy machine disturbs both alike.
#![allow(clippy::expect_used, reason = "a benchmark that cannot run stops with the reason")]

use std::sync::Arc;
use std::time::Instant;

use activerecord_core::backend::{BackendFactory, Connection};
use activerecord_core::sql::{Access, Sql};
use activerecord_core::{Config, Flow, FromValue, RowRef, Value};
use activerecord_sqlite as _;

const ROUNDS: usize = 31;

/// How many lookups all tasks of a round make.
const LOOKUPS: u32 = 20_000;

const FILL: &str = "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, email TEXT, n INTEGER);
    WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 10000)
    INSERT INTO t SELECT x, 'name ' || x, 'mail' || x || '@b.c', x % 100 FROM c;";

#[tokio::main(flavor = "current_thread")]
async fn main() {
    println!("{:<12}{:>10}{:>10}{:>8}{:>16}", "", "without", "with", "ratio", "quartiles");
    for tasks in [1, 32] {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("bench.db");
        let mut connections = connect(path.to_str().expect("a path of UTF-8"), tasks).await;
        let holder = rusqlite::Connection::open(&path).expect("a connection");
        let (mut without, mut with, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let alone = round(&mut connections).await;
            holder.execute_batch("BEGIN; SELECT count(*) FROM t").expect("a read");
            let beside = round(&mut connections).await;
            holder.execute_batch("ROLLBACK").expect("its end");
            without.push(alone);
            with.push(beside);
            ratios.push(beside / alone);
        }
        let quartiles = format!("{:.2} to {:.2}", quantile(&mut ratios, 1), quantile(&mut ratios, 3));
        let (without, with, ratio) = (quantile(&mut without, 2), quantile(&mut with, 2), quantile(&mut ratios, 2));
        println!("{tasks:>2} tasks    {without:>10.2}{with:>10.2}{ratio:>8.2}{quartiles:>16}");
    }
}

fn quantile(samples: &mut [f64], quarter: usize) -> f64 {
    samples.sort_unstable_by(f64::total_cmp);
    samples[samples.len() * quarter / 4]
}

async fn connect(path: &str, count: usize) -> Vec<Box<dyn Connection>> {
    let factory = inventory::iter::<BackendFactory>().next().expect("the backend");
    let backend = (factory.open)(&Config::sqlite(path).option("mode", "rwc")).expect("a backend");
    let mut connections = Vec::new();
    for _ in 0..count {
        connections.push(backend.connect().await.expect("a connection"));
    }
    connections[0].execute(&Sql::new(FILL, Vec::new(), Access::Write)).await.expect("rows");
    connections
}

/// Microseconds of a lookup.
async fn round(connections: &mut Vec<Box<dyn Connection>>) -> f64 {
    let each = LOOKUPS / u32::try_from(connections.len()).expect("a small number");
    let started = Instant::now();
    let tasks: Vec<_> =
        (1..).zip(connections.drain(..)).map(|(seed, c)| tokio::spawn(look_up(c, seed, each))).collect();
    for task in tasks {
        connections.push(task.await.expect("a task"));
    }
    started.elapsed().as_secs_f64() * 1e6 / f64::from(LOOKUPS)
}

async fn look_up(mut connection: Box<dyn Connection>, seed: i64, lookups: u32) -> Box<dyn Connection> {
    let text: Arc<str> = "SELECT id, name, email, n FROM t WHERE id = ?".into();
    let mut key = seed * 331;
    for _ in 0..lookups {
        key = (key + 7919) % 10_000;
        let sql = Sql::new(Arc::clone(&text), vec![Value::I64(key + 1)], Access::Read).one_row();
        let mut found = None;
        let mut sink = |row: &dyn RowRef| {
            found = Some((i64::from_value(row.value(0)?)?, String::from_value(row.value(1)?)?));
            Ok(Flow::More)
        };
        connection.fetch(&sql, &mut sink).await.expect("a row");
        assert_eq!(found.map(|(id, _)| id), Some(key + 1));
    }
    connection
}
