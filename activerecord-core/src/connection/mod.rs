//! Connections by name: their settings, their pools, and which one a statement uses.

mod describe;
mod endpoint;
mod handle;
mod listener;
mod meters;
mod moment;
mod pool;
mod protocol;
mod registry;
mod scope;
mod session;
pub(crate) mod unique;

pub use describe::{ColumnInfo, TableInfo, UniqueKey};
pub use handle::{ConnectionHandle, connection, current_connection};
pub use listener::Listener;
pub use protocol::{ProtocolConnection, UnmetPrecondition};
pub use registry::ConnectionManager;
pub use scope::OutsideTransaction;

pub(crate) use endpoint::Endpoint;
pub(crate) use pool::{PooledConnection, Purpose};
pub(crate) use registry::endpoint;
pub(crate) use scope::{
    Frame, Route, in_connection, in_transaction, in_transactions, resolve, routing, transaction, within,
};
pub(crate) use session::{Label, Session};

use std::future::Future;

use crate::error::Result;

/// Sends the statements of *every* model to the connection `name`, in this scope. A scope of one model
/// ([`ActiveRecord::with_connection`](crate::ActiveRecord::with_connection)) wins over it.
///
/// Tasks that are spawned inside start with no scope: see [`InCurrentConnections`].
///
/// # Errors
/// `Configuration` when there is no such connection, before the closure runs; else the closure's own.
pub fn with_connection<T, F>(name: &str, body: F) -> impl Future<Output = Result<T>> + use<T, F>
where
    F: AsyncFnOnce() -> Result<T>,
{
    // Boxed here: an `async fn` would hold the closure and its future, and triple the size at every level.
    let scope = in_connection(None, name, Box::pin(body()));
    async move { scope.await? }
}

/// [`with_connection`] for a closure with an error type of its own.
///
/// # Errors
/// As [`with_connection`].
pub fn try_with_connection<T, E, F>(name: &str, body: F) -> impl Future<Output = Result<T, E>> + use<T, E, F>
where
    E: From<crate::error::Error>,
    F: AsyncFnOnce() -> Result<T, E>,
{
    let scope = in_connection(None, name, Box::pin(body()));
    async move { scope.await.map_err(E::from)? }
}

/// Carries the connections that scopes have chosen into another task.
pub trait InCurrentConnections: Future + Sized {
    /// The future, in the scopes around this call. Transactions stay behind: a transaction belongs to its task.
    ///
    /// ```no_run
    /// # use activerecord_core::{with_connection, InCurrentConnections};
    /// # async fn work() {}
    /// # async fn example() -> activerecord_core::Result<()> {
    /// with_connection("secondary", async || {
    ///     tokio::spawn(work().in_current_connections());
    ///     Ok(())
    /// })
    /// .await
    /// # }
    /// ```
    fn in_current_connections(self) -> impl Future<Output = Self::Output> + use<Self>;
}

impl<F: Future> InCurrentConnections for F {
    fn in_current_connections(self) -> impl Future<Output = F::Output> + use<F> {
        within(routing(), self)
    }
}

/// [`tokio::spawn`] with the connections that scopes have chosen around the call.
pub fn spawn<F>(future: F) -> tokio::task::JoinHandle<F::Output>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    tokio::spawn(future.in_current_connections())
}
