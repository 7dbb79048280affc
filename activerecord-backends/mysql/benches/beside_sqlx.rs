//! Compares this backend with a connection of sqlx alone: the same statements on the same server, each row read by ordinal into the same
//! owned values. Prints medians in microseconds, and their ratio.
//!
//! `DATABASE_URL_MARIADB` names the server, or the variable that the first argument names. The two sides take turns in short rounds, so that a busy
//! machine slows down both equally.
#![allow(clippy::expect_used, reason = "a benchmark that cannot run stops with a message")]

use std::hint::black_box;

use activerecord_core::backend::Connection;
use activerecord_core::sql::{Access, Sql};
use activerecord_core::{Config, FromValue, Result, RowRef, Value};
use activerecord_mysql as _;
use futures_util::TryStreamExt;
use sqlx::{Connection as _, MySqlConnection, Row};
use test_support::backend::backend as open;
use test_support::compare::{Side, compare, our_rows};

type Record = (i64, String, String, i64);

const FILL: &str = "CREATE TEMPORARY TABLE t (id BIGINT PRIMARY KEY, name VARCHAR(50), email VARCHAR(50), n BIGINT)";
const ROWS: i64 = 10_000;

fn main() {
    let named = std::env::args().nth(1).filter(|argument| argument.starts_with("DATABASE_URL"));
    let url = std::env::var(named.as_deref().unwrap_or("DATABASE_URL_MARIADB")).expect("the server's URL");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    println!("{:<24}{:>12}{:>12}{:>8}", "", "sqlx", "here", "ratio");
    runtime.block_on(async {
        let mut raw = MySqlConnection::connect(&url.replace("mariadb:", "mysql:")).await.expect("a connection");
        sqlx::raw_sql(FILL).execute(&mut raw).await.expect("a table");
        let mut ours = connect(&url).await;
        ours.execute(&Sql::new(FILL, Vec::new(), Access::Write)).await.expect("a table");
        fill(&mut raw, &mut ours).await;
        long_statement(&mut raw, &mut ours).await;
        reads(&mut raw, &mut ours).await;
    });
}

async fn connect(url: &str) -> Box<dyn Connection> {
    let backend = open(&Config::url(url).expect("a URL")).expect("a backend");
    backend.connect().await.expect("a connection")
}

async fn fill(raw: &mut MySqlConnection, ours: &mut Box<dyn Connection>) {
    for start in (0..ROWS).step_by(1000) {
        let row = |id: i64| format!("({id}, 'name {id}', 'mail{id}@b.c', {})", id % 100);
        let rows: Vec<String> = (start + 1..=start + 1000).map(row).collect();
        let text = format!("INSERT INTO t VALUES {}", rows.join(", "));
        ours.execute(&Sql::new(text.as_str(), Vec::new(), Access::Write)).await.expect("rows");
        sqlx::raw_sql(sqlx::AssertSqlSafe(text)).execute(&mut *raw).await.expect("rows");
    }
}

/// By TLS, if the server has it, a long statement is sent in several pieces. Without `TCP_NODELAY` the last one waits.
async fn long_statement(raw: &mut MySqlConnection, ours: &mut Box<dyn Connection>) {
    const LENGTH: &str = "SELECT LENGTH(?)";
    let text = "x".repeat(65_536);
    let sql = Sql::new(LENGTH, vec![Value::Text(text.clone())], Access::Read);
    compare("statement of 64 KiB", 50, 1, raw, ours, async |side, _| match side {
        Side::Raw(raw) => {
            let row = sqlx::query(LENGTH).bind(&text).fetch_one(&mut **raw).await.expect("a row");
            assert_eq!(row.get_unchecked::<i64, _>(0), 65_536);
        }
        Side::Ours(ours) => assert_eq!(our_rows(ours, &sql, length).await, [65_536]),
    })
    .await;
}

async fn reads(raw: &mut MySqlConnection, ours: &mut Box<dyn Connection>) {
    const BY_KEY: &str = "SELECT id, name, email, n FROM t WHERE id = ?";
    const LIMITED: &str = "SELECT id, name, email, n FROM t WHERE id <= ?";
    let point = Sql::new(BY_KEY, vec![Value::I64(1)], Access::Read).text().clone();
    let mut key = 0;
    compare("point lookup", 600, 20, raw, ours, async |side, times| {
        for _ in 0..times {
            key = (key + 7919) % ROWS;
            match side {
                Side::Raw(raw) => drop(black_box(raw_rows(raw, BY_KEY, key + 1).await)),
                Side::Ours(ours) => {
                    let sql = Sql::new(point.clone(), vec![Value::I64(key + 1)], Access::Read).one_row();
                    drop(black_box(our_rows(ours, &sql, record).await));
                }
            }
        }
    })
    .await;
    for (rows, rounds) in [(1, 600), (100, 600), (10_000, 60)] {
        let sql = Sql::new(LIMITED, vec![Value::I64(rows)], Access::Read);
        let times = i32::try_from((100 / rows).clamp(1, 10)).expect("a small number");
        let count = usize::try_from(rows).expect("a count");
        compare(&format!("{rows} rows"), rounds, times, raw, ours, async |side, times| {
            for _ in 0..times {
                match side {
                    Side::Raw(raw) => assert_eq!(raw_rows(raw, LIMITED, rows).await.len(), count),
                    Side::Ours(ours) => assert_eq!(our_rows(ours, &sql, record).await.len(), count),
                }
            }
        })
        .await;
    }
}

async fn raw_rows(raw: &mut MySqlConnection, sql: &'static str, bind: i64) -> Vec<Record> {
    let mut rows = sqlx::query(sql).bind(bind).fetch(raw);
    let mut records = Vec::new();
    while let Some(row) = rows.try_next().await.expect("rows") {
        records.push((row.get(0), row.get(1), row.get(2), row.get(3)));
    }
    records
}

fn length(row: &dyn RowRef) -> Result<i64> {
    i64::from_value(row.value(0)?)
}

fn record(row: &dyn RowRef) -> Result<Record> {
    Ok((
        i64::from_value(row.value(0)?)?,
        String::from_value(row.value(1)?)?,
        String::from_value(row.value(2)?)?,
        i64::from_value(row.value(3)?)?,
    ))
}
