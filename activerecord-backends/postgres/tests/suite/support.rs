//! What the tests share: the backend as core finds it, a schema for each test, and statements in a few words.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use activerecord_core::backend::{Backend, BackendFactory, Connection, Control, Outcome, TransactionOptions};
use activerecord_core::sql::{Access, Sql};
use activerecord_core::{Config, Flow, FromValue, Result, Row, RowRef, Value};
use activerecord_postgres as _;

pub(crate) fn backend(config: &Config) -> Result<Arc<dyn Backend>> {
    let factory =
        inventory::iter::<BackendFactory>().find(|factory| factory.schemes.contains(&config.scheme())).unwrap();
    (factory.open)(config)
}

/// The server's settings.
pub(crate) fn config() -> Config {
    Config::url(url()).unwrap()
}

/// The settings of another database of the server.
pub(crate) fn config_of(database: &str) -> Config {
    let url = url();
    Config::url(format!("{}/{database}", url.rsplit_once('/').unwrap().0)).unwrap()
}

fn url() -> String {
    std::env::var("DATABASE_URL_POSTGRES").expect(
        "DATABASE_URL_POSTGRES is not set: run `cargo xtask test`, which starts the servers, or see `cargo xtask services env`",
    )
}

/// A connection whose names are found in a schema of its own, that is new. The schema is left to the next run of the test,
/// which removes it.
pub(crate) async fn schema(name: &str) -> Conn {
    let mut c = connect(&in_schema(name)).await;
    run(&mut c, &format!("DROP SCHEMA IF EXISTS \"{name}\" CASCADE")).await.unwrap();
    run(&mut c, &format!("CREATE SCHEMA \"{name}\"")).await.unwrap();
    c
}

/// The settings of a connection to that schema.
pub(crate) fn in_schema(name: &str) -> Config {
    config().option("search_path", format!("\"{name}\""))
}

pub(crate) async fn connect(config: &Config) -> Conn {
    backend(config).unwrap().connect().await.unwrap()
}

pub(crate) type Conn = Box<dyn Connection>;

pub(crate) fn sql(text: &str, binds: Vec<Value>) -> Sql {
    Sql::new(text, binds, Access::Unknown)
}

pub(crate) async fn execute(connection: &mut Conn, text: &str, binds: Vec<Value>) -> Result<Outcome> {
    connection.execute(&sql(text, binds)).await
}

pub(crate) async fn run(connection: &mut Conn, text: &str) -> Result<Outcome> {
    execute(connection, text, Vec::new()).await
}

pub(crate) async fn rows(connection: &mut Conn, text: &str, binds: Vec<Value>) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let mut sink = |row: &dyn RowRef| {
        let columns = (0..row.len()).map(|i| row.column_name(i).into()).collect();
        let values = (0..row.len()).map(|i| Ok(row.value(i)?.to_owned())).collect::<Result<_>>()?;
        rows.push(Row::new(columns, values));
        Ok(Flow::More)
    };
    connection.fetch(&sql(text, binds), &mut sink).await?;
    Ok(rows)
}

pub(crate) async fn one<T: FromValue>(connection: &mut Conn, text: &str) -> Result<T> {
    one_of(connection, text, Vec::new()).await
}

pub(crate) async fn one_of<T: FromValue>(connection: &mut Conn, text: &str, binds: Vec<Value>) -> Result<T> {
    rows(connection, text, binds).await?.first().expect("a row").get(0)
}

pub(crate) async fn begin(connection: &mut Conn) -> Result<()> {
    connection.control(Control::Begin(TransactionOptions::default())).await
}

pub(crate) async fn commit(connection: &mut Conn) -> Result<()> {
    connection.control(Control::Commit).await
}

pub(crate) async fn rollback(connection: &mut Conn) -> Result<()> {
    connection.control(Control::Rollback).await
}

/// The number of the server's process that serves a connection.
pub(crate) async fn process(connection: &mut Conn) -> i64 {
    one(connection, "SELECT pg_backend_pid()").await.unwrap()
}

/// Ends a session from the server's side, and waits until it is gone.
pub(crate) async fn kill(process: i64) {
    let mut c = connect(&config()).await;
    let killed = format!("SELECT pg_terminate_backend({process}, 5000)");
    assert!(one::<bool>(&mut c, &killed).await.unwrap());
}

/// Polls a future once.
pub(crate) async fn poll_once<T>(mut future: std::pin::Pin<&mut impl Future<Output = T>>) -> Option<T> {
    std::future::poll_fn(|context| {
        std::task::Poll::Ready(match future.as_mut().poll(context) {
            std::task::Poll::Ready(output) => Some(output),
            std::task::Poll::Pending => None,
        })
    })
    .await
}

/// Polls a future a number of times, with time for the server in between, and drops it.
pub(crate) async fn poll_and_drop<T>(future: impl Future<Output = T>, polls: u32) -> Option<T> {
    let mut future = pin!(future);
    for _ in 0..polls {
        if let Some(output) = poll_once(future.as_mut()).await {
            return Some(output);
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    None
}

/// Polls a future again and again, so that it goes on after a pause.
pub(crate) async fn unpaused<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        if let Some(output) = poll_once(future.as_mut()).await {
            return output;
        }
        tokio::task::yield_now().await;
    }
}
