//! Connections by name: the registry, the pools, and the choice of the connection for a statement.

pub(crate) mod advance;
mod body;
mod define;
pub(crate) mod describe;
mod endpoint;
mod file;
pub(crate) mod follow;
mod handle;
pub(crate) mod holds;
mod horizon;
mod listener;
mod meters;
mod moment;
mod on_connect;
mod pool;
mod protocol;
mod registry;
mod scope;
mod session;
mod triggers;
pub(crate) mod unique;
mod unscoped;

pub use body::AsyncBody;
pub use handle::{ConnectionHandle, connection, current_connection};
pub use listener::Listener;
pub use pool::with_reserve;
pub use protocol::{ProtocolConnection, UnmetPrecondition};
pub use registry::ConnectionManager;
pub use scope::OutsideTransaction;

pub(crate) use describe::Descriptions;
pub(crate) use endpoint::Endpoint;
pub(crate) use pool::{PooledConnection, Purpose};
pub(crate) use registry::endpoint;
pub(crate) use scope::{
    Frame, Route, check_scope, connection_of, in_connection, in_transaction, in_transactions, resolve, routing,
    transaction, within,
};
pub(crate) use session::{Label, Session};

use std::future::Future;

use crate::error::Result;

/// Runs `body`, and sends the statements of *every* model in it to the connection `name`. A scope of one model
/// ([`ActiveRecord::with_connection`](crate::ActiveRecord::with_connection)) has precedence.
///
/// A spawned task is outside the scope, unless it is spawned by [`spawn`] or with [`InCurrentConnections`].
///
/// ```no_run
/// # use activerecord::prelude::*;
/// # use activerecord_core::Result;
/// # #[derive(ActiveRecord)]
/// # struct User { #[primary_key] id: i64 }
/// # async fn example() -> Result<()> {
/// let users = activerecord_core::with_connection("analytics", async || User::query().count().await).await?;
/// # println!("{users}");
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// `Configuration` when no connection has this name; the closure does not run then. Otherwise the error of the closure.
pub fn with_connection<T, F>(name: &str, body: F) -> impl Future<Output = Result<T>> + use<T, F>
where
    F: AsyncBody<T>,
{
    // Boxed here: an `async fn` would hold the closure and its future, so each level would triple the size.
    let scope = in_connection(None, name, Box::pin(body()));
    async move { scope.await? }
}

/// [`with_connection`] for a closure with another error type.
///
/// ```no_run
/// # use activerecord_core::{connection, try_with_connection, Error};
/// #[derive(Debug)]
/// enum ShopError {
///     Database(Error),
///     SoldOut,
/// }
/// # impl From<Error> for ShopError { fn from(error: Error) -> Self { Self::Database(error) } }
///
/// # async fn example() -> Result<(), ShopError> {
/// try_with_connection("shop", async || {
///     let stock = connection("shop")?.query("SELECT 1 FROM stock WHERE amount > 0", []).await?;
///     if stock.is_empty() { Err(ShopError::SoldOut) } else { Ok(()) }
/// })
/// .await
/// # }
/// ```
///
/// # Errors
/// As [`with_connection`].
pub fn try_with_connection<T, E, F>(name: &str, body: F) -> impl Future<Output = Result<T, E>> + use<T, E, F>
where
    E: From<crate::error::Error>,
    F: AsyncBody<T, E>,
{
    let scope = in_connection(None, name, Box::pin(body()));
    async move { scope.await.map_err(E::from)? }
}

/// Runs a future in another task, in the connection scopes of this one.
pub trait InCurrentConnections: Future + Sized {
    /// Wraps the future in the connection scopes around this call. It does not join open transactions, because a
    /// transaction belongs to its task.
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

/// Spawns a task, as [`tokio::spawn`], that runs in the connection scopes around this call. It does not join open
/// transactions.
///
/// ```no_run
/// # use activerecord_core::{spawn, with_connection, Error, Result};
/// # async fn work() -> Result<()> { Ok(()) }
/// # async fn example() -> Result<()> {
/// with_connection("secondary", async || spawn(work()).await.map_err(Error::custom)?).await
/// # }
/// ```
///
/// # Panics
/// Outside a tokio runtime, as [`tokio::spawn`].
pub fn spawn<F>(future: F) -> tokio::task::JoinHandle<F::Output>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    tokio::spawn(future.in_current_connections())
}
