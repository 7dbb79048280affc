//! What the tests share: the backend as core finds it, and statements in a few words.

use std::sync::Arc;

use activerecord_core::backend::{Backend, BackendFactory, Connection, Control, Outcome, TransactionOptions};
use activerecord_core::sql::{Access, Sql};
use activerecord_core::{Config, Flow, FromValue, Result, Row, RowRef, Value};
use activerecord_sqlite as _;
use tempfile::TempDir;

pub(crate) fn backend(config: &Config) -> Result<Arc<dyn Backend>> {
    let factory =
        inventory::iter::<BackendFactory>().find(|factory| factory.schemes.contains(&config.scheme())).unwrap();
    (factory.open)(config)
}

/// A new file in a directory that goes with it.
pub(crate) struct File {
    pub(crate) directory: TempDir,
    pub(crate) path: std::path::PathBuf,
}

impl File {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("test.db");
        Self { directory, path }
    }

    pub(crate) fn config(&self) -> Config {
        Config::sqlite(self.path.to_str().unwrap()).option("mode", "rwc")
    }

    pub(crate) fn backend(&self) -> Arc<dyn Backend> {
        backend(&self.config()).unwrap()
    }

    /// Another program that uses the file.
    pub(crate) fn other(&self) -> rusqlite::Connection {
        let other = rusqlite::Connection::open(&self.path).unwrap();
        other.busy_timeout(std::time::Duration::ZERO).unwrap();
        other
    }
}

pub(crate) fn memory() -> Arc<dyn Backend> {
    backend(&Config::sqlite(":memory:")).unwrap()
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
    rows(connection, text, Vec::new()).await?.first().expect("a row").get(0)
}

pub(crate) async fn begin(connection: &mut Conn) -> Result<()> {
    connection.control(Control::Begin(TransactionOptions::default())).await
}

pub(crate) async fn begin_read_only(connection: &mut Conn) -> Result<()> {
    let mut options = TransactionOptions::default();
    options.read_only = true;
    connection.control(Control::Begin(options)).await
}

pub(crate) async fn commit(connection: &mut Conn) -> Result<()> {
    connection.control(Control::Commit).await
}

pub(crate) async fn rollback(connection: &mut Conn) -> Result<()> {
    connection.control(Control::Rollback).await
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

/// Polls a future again and again, so that it goes on after a pause.
pub(crate) async fn unpaused<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    loop {
        if let Some(output) = poll_once(future.as_mut()).await {
            return output;
        }
        tokio::task::yield_now().await;
    }
}
