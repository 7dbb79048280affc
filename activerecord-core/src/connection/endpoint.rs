//! One registered connection: its backend, its pool, and what was learnt of the server.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use super::meters::Meters;
use super::pool::{Pool, PooledConnection, Purpose};
use super::registry::endpoint;
use crate::backend::{Backend, Notifications};
use crate::config::Config;
use crate::dialect::{Capabilities, Dialect};
use crate::error::{Error, Result};

/// A connection as the registry holds it. Replacing a name makes a new endpoint; whoever uses the old one keeps it.
#[derive(Debug)]
pub(crate) struct Endpoint {
    id: u64,
    name: Arc<str>,
    dialect: &'static Dialect,
    pool: Pool,
    meters: Meters,
    server: OnceLock<Capabilities>,
    unique_keys: Mutex<HashMap<String, UniqueKeys>>,
}

/// The unique keys of a table, each by its columns.
pub(crate) type UniqueKeys = Arc<[BTreeSet<String>]>;

impl Endpoint {
    pub(super) fn new(name: &str, backend: Arc<dyn Backend>, config: &Config) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(1);
        let name: Arc<str> = name.into();
        let meters = Meters::new(&name);
        let dialect = backend.dialect();
        Self {
            id: COUNT.fetch_add(1, Ordering::Relaxed),
            pool: Pool::new(backend, &config.pool, &name),
            name,
            dialect,
            meters,
            server: OnceLock::new(),
            unique_keys: Mutex::default(),
        }
    }

    /// Another one for each endpoint of the process, also of the same name.
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

    /// What the server can do; before the first connection, what every version of it can.
    pub(crate) fn capabilities(&self) -> &Capabilities {
        self.server.get().unwrap_or(self.dialect.capabilities())
    }

    /// Whether the server has been asked what it can do.
    pub(crate) fn is_known(&self) -> bool {
        self.server.get().is_some()
    }

    /// Takes a connection from the pool, or opens one. When the connection was replaced meanwhile, it is one of the new
    /// pool.
    pub(crate) async fn acquire(&self, purpose: Purpose) -> Result<PooledConnection> {
        let connection = match self.pool.acquire(purpose, &self.meters).await {
            Ok(connection) => connection,
            Err(error) if self.pool.is_closed() => {
                let successor = endpoint(&self.name)?;
                // The statement is rendered already.
                if successor.dialect.name() != self.dialect.name() {
                    return Err(error.with_connection(&self.name));
                }
                return Box::pin(successor.acquire(purpose)).await;
            }
            Err(error) => return Err(error.with_connection(&self.name)),
        };
        self.server.get_or_init(|| *connection.capabilities());
        Ok(connection)
    }

    /// Opens a session beside the pool that receives what is sent on a channel.
    pub(super) async fn listen(&self, channel: &str) -> Result<Box<dyn Notifications>> {
        self.pool.listen(channel).await.map_err(|error| error.with_connection(&self.name))
    }

    /// Waits until the connection is removed or replaced, and returns the error that says so.
    pub(super) async fn closed(&self) -> Error {
        self.pool.closed().await.with_connection(&self.name)
    }

    /// The unique keys of a table, once they are known.
    pub(crate) fn unique_keys(&self, table: &str) -> Option<UniqueKeys> {
        self.unique_keys.lock().unwrap_or_else(PoisonError::into_inner).get(table).cloned()
    }

    /// Notes the unique keys of a table.
    pub(crate) fn set_unique_keys(&self, table: &str, keys: UniqueKeys) {
        self.unique_keys.lock().unwrap_or_else(PoisonError::into_inner).insert(table.to_owned(), keys);
    }

    pub(crate) fn max_connections(&self) -> usize {
        self.pool.max_connections()
    }

    /// How long to wait for a connection that others use.
    pub(crate) fn acquire_timeout(&self) -> Duration {
        self.pool.acquire_timeout()
    }

    /// Refuses new users, waits until those there are have finished, and closes every connection.
    pub(super) async fn drain(&self) {
        self.pool.drain().await;
    }
}
