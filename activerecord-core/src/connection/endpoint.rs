//! A registered connection: its pool, and what is known about its server.

use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::describe::Descriptions;
use super::meters::Meters;
use super::on_connect;
use super::pool::{Pool, PooledConnection, Purpose};
use super::registry::endpoint;
use crate::backend::{Backend, Notifications};
use crate::config::Config;
use crate::dialect::{Capabilities, Dialect};
use crate::error::{Error, Result};
use crate::transaction::Claims;

/// A connection in the registry. `replace` creates a new endpoint, and work in progress continues on the old one.
#[derive(Debug)]
pub(crate) struct Endpoint {
    id: u64,
    name: Arc<str>,
    dialect: &'static Dialect,
    pool: Pool,
    meters: Meters,
    server: OnceLock<Capabilities>,
    descriptions: Descriptions,
    claims: Claims,
}

impl Endpoint {
    /// # Errors
    /// `Configuration` when the settings name an unknown spelling of stored values, or contain a statement that cannot run
    /// on a new session.
    pub(super) fn new(name: &str, backend: Arc<dyn Backend>, config: &Config) -> Result<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(1);
        let name: Arc<str> = name.into();
        let meters = Meters::new(&name);
        let dialect = backend.dialect().with_defaults(config.stored_defaults()?);
        let backend = on_connect::prepared(backend, config)?;
        Ok(Self {
            id: COUNT.fetch_add(1, Ordering::Relaxed),
            pool: Pool::new(backend, &config.pool, &name),
            name,
            dialect,
            meters,
            server: OnceLock::new(),
            descriptions: Descriptions::default(),
            claims: Claims::default(),
        })
    }

    /// Unique in the process, also among endpoints with the same name.
    pub(super) fn id(&self) -> u64 {
        self.id
    }

    pub(crate) fn name(&self) -> &Arc<str> {
        &self.name
    }

    pub(crate) fn dialect(&self) -> &'static Dialect {
        self.dialect
    }

    pub(crate) fn meters(&self) -> &Meters {
        &self.meters
    }

    /// The capabilities of the server. Before the first connection, those that all supported versions have.
    pub(crate) fn capabilities(&self) -> &Capabilities {
        self.server.get().unwrap_or(self.dialect.capabilities())
    }

    /// Whether the capabilities of the server are known.
    pub(crate) fn is_known(&self) -> bool {
        self.server.get().is_some()
    }

    /// Takes a connection from the pool, or opens one, for a statement in the SQL of this endpoint. After a `replace`, it
    /// comes from the new pool.
    ///
    /// # Errors
    /// `Configuration` when the new connection has another dialect: the statement has to be written again.
    pub(crate) async fn acquire(self: &Arc<Self>, purpose: Purpose) -> Result<PooledConnection> {
        match self.pool.acquire(purpose, &self.meters).await {
            Ok(connection) => Ok(self.learned(connection)),
            Err(_) if self.pool.is_closed() => {
                let (successor, connection) = Box::pin(self.acquire_current(purpose)).await?;
                if ptr::eq(successor.dialect, self.dialect) {
                    Ok(connection)
                } else {
                    Err(self.replaced_by(&successor))
                }
            }
            Err(error) => Err(error.with_connection(&self.name)),
        }
    }

    /// Takes a connection of this endpoint, or of the one that has replaced it, and returns it with its endpoint.
    pub(crate) async fn acquire_current(self: &Arc<Self>, purpose: Purpose) -> Result<(Arc<Self>, PooledConnection)> {
        let mut current = Arc::clone(self);
        loop {
            match current.pool.acquire(purpose, &current.meters).await {
                Ok(connection) => {
                    let connection = current.learned(connection);
                    return Ok((current, connection));
                }
                Err(_) if current.pool.is_closed() => current = endpoint(&current.name)?,
                Err(error) => return Err(error.with_connection(&current.name)),
            }
        }
    }

    fn learned(&self, connection: PooledConnection) -> PooledConnection {
        self.server.get_or_init(|| *connection.capabilities());
        connection
    }

    #[cold]
    fn replaced_by(&self, successor: &Self) -> Error {
        let (new, old) = (successor.dialect.name(), self.dialect.name());
        let differs = if new == old { "a connection that stores values in another way" } else { "another database" };
        Error::configuration(format!(
            "the connection was replaced by {differs} ({new}) while this statement for {old} waited; nothing was sent, so run \
             it again"
        ))
        .with_connection(&self.name)
    }

    /// Opens a session outside the pool that receives notifications.
    pub(super) async fn listen(&self, channel: &str) -> Result<Box<dyn Notifications>> {
        self.pool.listen(channel).await.map_err(|error| error.with_connection(&self.name))
    }

    /// Waits until the connection is removed or replaced, and returns the error that says so.
    pub(super) async fn closed(&self) -> Error {
        self.pool.closed().await.with_connection(&self.name)
    }

    /// The descriptions of tables that are known.
    pub(crate) fn descriptions(&self) -> &Descriptions {
        &self.descriptions
    }

    /// The explicit transactions that are open on it.
    pub(crate) fn claims(&self) -> &Claims {
        &self.claims
    }

    pub(crate) fn max_connections(&self) -> usize {
        self.pool.max_connections()
    }

    /// How long a statement waits for a connection.
    pub(crate) fn acquire_timeout(&self) -> Duration {
        self.pool.acquire_timeout()
    }

    /// Refuses new users, waits until the current ones have finished, and closes all connections.
    pub(super) async fn drain(&self) {
        self.pool.drain().await;
    }
}
