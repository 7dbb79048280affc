//! Compares this backend with a connection of sqlx alone: the same statements on the same server, each row read by ordinal into the same
//! owned values. Prints medians in microseconds, and their ratio.
//!
//! `DATABASE_URL_POSTGRES` names the server. The two sides take turns in short rounds, so that a busy machine slows down both equally.
#![allow(clippy::expect_used, reason = "a benchmark that cannot run stops with a message")]

use std::hint::black_box;

use activerecord_core::backend::Connection;
use activerecord_core::sql::{Access, Sql};
use activerecord_core::{Config, FromValue, Result, RowRef, Value};
use activerecord_postgres as _;
use chrono::{DateTime, Utc};
use futures_util::TryStreamExt as _;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Connection as _, Row as _};
use test_support::backend::backend as open;
use test_support::compare::{Side, compare, our_rows};

type Record = (i64, String, Option<String>, i32, DateTime<Utc>);

const COLUMNS: &str = "SELECT id, name, email, n, at FROM bench";
const ROWS: i64 = 10_000;
const FILL: &str = "CREATE TEMPORARY TABLE bench (id bigint PRIMARY KEY, name text, email text, n int, at timestamptz);
    INSERT INTO bench SELECT x, 'name ' || x, 'mail' || x || '@b.c', x % 100, now() FROM generate_series(1, 10000) x;
    ANALYZE bench";

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let url = std::env::var("DATABASE_URL_POSTGRES").expect("DATABASE_URL_POSTGRES names the server");
    let mut raw = PgConnection::connect(&url).await.expect("a connection");
    sqlx::raw_sql(FILL).execute(&mut raw).await.expect("rows");
    let backend = open(&Config::url(&url).expect("a URL")).expect("a backend");
    let mut ours = backend.connect().await.expect("a connection");
    ours.execute(&Sql::new(FILL, Vec::new(), Access::Unknown)).await.expect("rows");
    println!("{:<24}{:>12}{:>12}{:>8}", "", "sqlx", "here", "ratio");
    long_statement(&mut raw, &mut ours).await;
    reads(&mut raw, &mut ours).await;
    writes(&mut raw, &mut ours).await;
}

/// By TLS, if the server has it, a long statement is sent in several pieces. Without `TCP_NODELAY` the last one waits.
async fn long_statement(raw: &mut PgConnection, ours: &mut Box<dyn Connection>) {
    let sql = Sql::new("SELECT length($1::text)::int8", vec!["x".repeat(65_536).into_value()], Access::Read);
    compare("statement of 64 KiB", 50, 1, raw, ours, async |side, _| match side {
        Side::Raw(raw) => assert_eq!(bound(&sql).fetch_one(&mut **raw).await.expect("a row").get::<i64, _>(0), 65_536),
        Side::Ours(ours) => assert_eq!(our_rows(ours, &sql, length).await, [65_536]),
    })
    .await;
}

async fn reads(raw: &mut PgConnection, ours: &mut Box<dyn Connection>) {
    let by_key = Sql::new(format!("{COLUMNS} WHERE id = $1"), vec![Value::I64(7919)], Access::Read).one_row();
    let by_name =
        Sql::new(format!("{COLUMNS} WHERE id = 7919 AND name = $1"), vec!["name 7919".into_value()], Access::Read);
    for (name, sql) in [("point lookup", by_key), ("point lookup by text", by_name)] {
        compare(name, 300, 20, raw, ours, async |side, times| {
            for _ in 0..times {
                match side {
                    Side::Raw(raw) => black_box(raw_rows(raw, &sql).await),
                    Side::Ours(ours) => black_box(our_rows(ours, &sql, record).await),
                };
            }
        })
        .await;
    }
    for (rows, rounds) in [(100, 500), (1000, 200), (ROWS, 60)] {
        let sql = Sql::new(format!("{COLUMNS} WHERE id <= $1"), vec![Value::I64(rows)], Access::Read);
        let count = usize::try_from(rows).expect("a count");
        compare(&format!("{rows} rows"), rounds, 1, raw, ours, async |side, _| match side {
            Side::Raw(raw) => assert_eq!(raw_rows(raw, &sql).await.len(), count),
            Side::Ours(ours) => assert_eq!(our_rows(ours, &sql, record).await.len(), count),
        })
        .await;
    }
}

async fn writes(raw: &mut PgConnection, ours: &mut Box<dyn Connection>) {
    let update = Sql::new("UPDATE bench SET n = n + 1 WHERE id = $1", vec![Value::I64(7)], Access::Write);
    compare("update by key", 300, 5, raw, ours, async |side, times| {
        for _ in 0..times {
            match side {
                Side::Raw(raw) => drop(bound(&update).execute(&mut **raw).await.expect("an update")),
                Side::Ours(ours) => drop(black_box(ours.execute(&update).await.expect("an update"))),
            }
        }
    })
    .await;
    let row = |n: usize| format!("(${}, ${}, ${})", 3 * n + 1, 3 * n + 2, 3 * n + 3);
    let text = (0..100).map(row).collect::<Vec<_>>().join(", ");
    let binds =
        (0..100).flat_map(|n| [Value::I64(n), format!("name {n}").into_value(), format!("{n}@b.c").into_value()]);
    let text = format!("INSERT INTO bench (id, name, email) VALUES {text} ON CONFLICT (id) DO UPDATE SET n = 1");
    let insert = Sql::new(text, binds.collect(), Access::Write);
    compare("upsert 100", 200, 1, raw, ours, async |side, _| match side {
        Side::Raw(raw) => drop(bound(&insert).execute(&mut **raw).await.expect("an insert")),
        Side::Ours(ours) => drop(black_box(ours.execute(&insert).await.expect("an insert"))),
    })
    .await;
}

trait IntoValue {
    fn into_value(self) -> Value;
}

impl<T: Into<String>> IntoValue for T {
    fn into_value(self) -> Value {
        Value::Text(self.into())
    }
}

type Query<'q> = sqlx::query::Query<'q, sqlx::Postgres, sqlx::postgres::PgArguments>;

fn bound(sql: &Sql) -> Query<'_> {
    let query = sqlx::query(AssertSqlSafe(std::sync::Arc::clone(sql.text())));
    sql.binds().iter().fold(query, |query, value| match value {
        Value::I64(n) => query.bind(*n),
        Value::Text(text) => query.bind(text),
        _ => query,
    })
}

async fn raw_rows(raw: &mut PgConnection, sql: &Sql) -> Vec<Record> {
    let mut rows = Vec::new();
    let mut fetched = bound(sql).fetch(raw);
    while let Some(row) = fetched.try_next().await.expect("a row") {
        rows.push(raw_record(&row));
    }
    rows
}

fn raw_record(row: &PgRow) -> Record {
    (row.get(0), row.get(1), row.get(2), row.get(3), row.get(4))
}

fn length(row: &dyn RowRef) -> Result<i64> {
    i64::from_value(row.value(0)?)
}

fn record(row: &dyn RowRef) -> Result<Record> {
    Ok((
        i64::from_value(row.value(0)?)?,
        String::from_value(row.value(1)?)?,
        Option::from_value(row.value(2)?)?,
        i32::from_value(row.value(3)?)?,
        DateTime::from_value(row.value(4)?)?,
    ))
}
