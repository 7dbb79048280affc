//! Helpers for the tests of a backend: open it as core does, and run a statement in one call.

use std::sync::Arc;

use activerecord_core::backend::{Backend, BackendFactory, Connection, Control, Outcome, TransactionOptions};
use activerecord_core::sql::{Access, Sql};
use activerecord_core::{Config, Error, Flow, FromValue, Result, Row, RowRef, Value};

/// A connection of a backend.
pub type Conn = Box<dyn Connection>;

/// Opens the backend of a URL's scheme.
pub fn backend(config: &Config) -> Result<Arc<dyn Backend>> {
    let factory = inventory::iter::<BackendFactory>().find(|factory| factory.schemes.contains(&config.scheme.as_str()));
    let factory = factory.ok_or_else(|| Error::configuration(format!("no backend for {}", config.scheme)))?;
    (factory.open)(config)
}

/// Returns a statement of unknown access.
pub fn sql(text: &str, binds: Vec<Value>) -> Sql {
    Sql::new(text, binds, Access::Unknown)
}

/// Runs a statement with binds.
pub async fn execute(connection: &mut Conn, text: &str, binds: Vec<Value>) -> Result<Outcome> {
    connection.execute(&sql(text, binds)).await
}

/// Runs a statement.
pub async fn run(connection: &mut Conn, text: &str) -> Result<Outcome> {
    execute(connection, text, Vec::new()).await
}

/// Returns all rows of a query.
pub async fn rows(connection: &mut Conn, text: &str, binds: Vec<Value>) -> Result<Vec<Row>> {
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

/// Returns the first cell of a query.
pub async fn one<T: FromValue>(connection: &mut Conn, text: &str) -> Result<T> {
    one_of(connection, text, Vec::new()).await
}

/// Returns the first cell of a query with binds.
pub async fn one_of<T: FromValue>(connection: &mut Conn, text: &str, binds: Vec<Value>) -> Result<T> {
    let rows = rows(connection, text, binds).await?;
    rows.first().ok_or_else(|| Error::invalid(format!("no row: {text}")))?.get(0)
}

/// Begins a transaction.
pub async fn begin(connection: &mut Conn) -> Result<()> {
    connection.control(Control::Begin(TransactionOptions::default())).await
}

/// Begins a transaction that only reads.
pub async fn begin_read_only(connection: &mut Conn) -> Result<()> {
    let mut options = TransactionOptions::default();
    options.read_only = true;
    connection.control(Control::Begin(options)).await
}

/// Commits.
pub async fn commit(connection: &mut Conn) -> Result<()> {
    connection.control(Control::Commit).await
}

/// Rolls back.
pub async fn rollback(connection: &mut Conn) -> Result<()> {
    connection.control(Control::Rollback).await
}

/// Polls a future once.
pub async fn poll_once<T>(mut future: std::pin::Pin<&mut impl Future<Output = T>>) -> Option<T> {
    std::future::poll_fn(|context| {
        std::task::Poll::Ready(match future.as_mut().poll(context) {
            std::task::Poll::Ready(output) => Some(output),
            std::task::Poll::Pending => None,
        })
    })
    .await
}

/// Polls a future every millisecond until it is ready. A paused fetch does not wake its task.
pub async fn unpaused<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    loop {
        if let Some(output) = poll_once(future.as_mut()).await {
            return output;
        }
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
}
