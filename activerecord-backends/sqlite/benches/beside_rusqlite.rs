//! This backend compared with rusqlite and its statement cache: the same statements on the same data, each row read
//! into the same owned values. Prints medians in microseconds and their ratio.
//!
//! The two sides alternate in small rounds, so that a busy machine disturbs both alike.
#![allow(clippy::expect_used, reason = "a benchmark that cannot run stops with the reason")]

use std::hint::black_box;

use activerecord_core::backend::Connection;
use activerecord_core::sql::{Access, Sql};
use activerecord_core::{Config, FromValue, Result, RowRef, Value};
use activerecord_sqlite as _;
use test_support::backend::backend as open;
use test_support::compare::{Side, compare, our_rows};

type Record = (i64, String, String, i64);

const COLUMNS: &str = "SELECT id, name, email, n FROM t";
const ROWS: i64 = 10_000;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    println!("{:<24}{:>12}{:>12}{:>8}", "", "rusqlite", "here", "ratio");
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("bench.db");
    let path = path.to_str().expect("a path of UTF-8");
    let mut raw = rusqlite::Connection::open_in_memory().expect("a database");
    fill(&raw);
    runtime.block_on(async {
        let mut ours = connect(":memory:").await;
        let script = Sql::new(FILL, Vec::new(), Access::Write);
        ours.execute(&script).await.expect("rows");
        reads("memory", &mut raw, &mut ours).await;
        writes("memory", &mut raw, &mut ours).await;
        let mut ours = connect(path).await;
        let mut raw = rusqlite::Connection::open(path).expect("a database");
        raw.execute_batch("PRAGMA synchronous = FULL").expect("a pragma");
        fill(&raw);
        reads("file", &mut raw, &mut ours).await;
        writes("file", &mut raw, &mut ours).await;
    });
}

const FILL: &str = "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, email TEXT, n INTEGER);
    WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 10000)
    INSERT INTO t SELECT x, 'name ' || x, 'mail' || x || '@b.c', x % 100 FROM c;";

fn fill(raw: &rusqlite::Connection) {
    raw.execute_batch(FILL).expect("rows");
}

async fn connect(path: &str) -> Box<dyn Connection> {
    let backend = open(&Config::sqlite(path).option("mode", "rwc")).expect("a backend");
    backend.connect().await.expect("a connection")
}

async fn reads(place: &str, raw: &mut rusqlite::Connection, ours: &mut Box<dyn Connection>) {
    let by_key = format!("{COLUMNS} WHERE id = ?");
    let mut key = 0;
    let mut next = move || {
        key = (key + 7919) % ROWS;
        key + 1
    };
    let point = Sql::new(by_key.as_str(), vec![Value::I64(1)], Access::Read).text().clone();
    compare(&format!("{place}: point lookup"), 400, 50, raw, ours, async |side, times| {
        for _ in 0..times {
            let key = next();
            match side {
                Side::Raw(raw) => {
                    black_box(raw_rows(raw, &by_key, &[key]));
                }
                Side::Ours(ours) => {
                    let sql = Sql::new(point.clone(), vec![Value::I64(key)], Access::Read).one_row();
                    black_box(our_rows(ours, &sql, record).await);
                }
            }
        }
    })
    .await;
    for (rows, rounds) in [(1, 1000), (100, 400), (10_000, 40)] {
        let limited = format!("{COLUMNS} WHERE id <= ?");
        let sql = Sql::new(limited.as_str(), vec![Value::I64(rows)], Access::Read);
        let times = i32::try_from((100 / rows).max(1)).expect("a small number");
        let count = usize::try_from(rows).expect("a count");
        compare(&format!("{place}: {rows} rows"), rounds, times, raw, ours, async |side, times| {
            for _ in 0..times {
                match side {
                    Side::Raw(raw) => assert_eq!(raw_rows(raw, &limited, &[rows]).len(), count),
                    Side::Ours(ours) => assert_eq!(our_rows(ours, &sql, record).await.len(), count),
                }
            }
        })
        .await;
    }
}

async fn writes(place: &str, raw: &mut rusqlite::Connection, ours: &mut Box<dyn Connection>) {
    let update = "UPDATE t SET n = n + 1 WHERE id = ?";
    compare(&format!("{place}: update by key"), 300, 5, raw, ours, async |side, times| {
        for key in 1..=times {
            match side {
                Side::Raw(raw) => {
                    raw.prepare_cached(update).expect("a statement").execute([key]).expect("an update");
                }
                Side::Ours(ours) => {
                    let sql = Sql::new(update, vec![Value::I64(key.into())], Access::Write);
                    ours.execute(&sql).await.expect("an update");
                }
            }
        }
    })
    .await;
    let insert = format!("INSERT INTO t (name, email, n) VALUES (?, ?, ?){}", ", (?, ?, ?)".repeat(99));
    let binds: Vec<Value> = (0..100)
        .flat_map(|n| [Value::Text(format!("name {n}")), Value::Text(format!("{n}@b.c")), Value::I64(n)])
        .collect();
    let sql = Sql::new(insert.as_str(), binds, Access::Write);
    compare(&format!("{place}: insert 100"), 100, 1, raw, ours, async |side, _| match side {
        Side::Raw(raw) => {
            let mut statement = raw.prepare_cached(&insert).expect("a statement");
            let values = (0..100_i64).flat_map(|n| {
                use rusqlite::types::Value as V;
                [V::Text(format!("name {n}")), V::Text(format!("{n}@b.c")), V::Integer(n)]
            });
            statement.execute(rusqlite::params_from_iter(values)).expect("an insert");
        }
        Side::Ours(ours) => {
            ours.execute(&sql).await.expect("an insert");
        }
    })
    .await;
}

fn raw_rows(raw: &rusqlite::Connection, sql: &str, binds: &[i64]) -> Vec<Record> {
    let mut statement = raw.prepare_cached(sql).expect("a statement");
    let rows = statement
        .query_map(rusqlite::params_from_iter(binds), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)));
    rows.expect("rows").collect::<rusqlite::Result<_>>().expect("rows")
}

fn record(row: &dyn RowRef) -> Result<Record> {
    Ok((
        i64::from_value(row.value(0)?)?,
        String::from_value(row.value(1)?)?,
        String::from_value(row.value(2)?)?,
        i64::from_value(row.value(3)?)?,
    ))
}
