//! The pool of one endpoint: deadpool over bare connections, with no ping on the common path.
//!
//! A connection is pinged when it was idle for a while, and thrown away when it is not clean, never returned.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use deadpool::managed::{
    self, Metrics, Object, PoolError, QueueMode, RecycleError, RecycleResult, TimeoutType, Timeouts,
};
use tokio::sync::Notify;

use super::config;
use super::meters::Meters;
use crate::backend::{Backend, Connection};
use crate::error::{Error, ErrorKind, Result};

/// What a connection is taken for, so that an exhausted pool can say who has its connections.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    /// One statement on a model.
    Model(&'static str),
    /// One statement of the caller's own.
    Raw,
    /// A transaction.
    Transaction,
    /// An open stream of rows of a model.
    Stream(&'static str),
    /// A check of the connection itself.
    Verify,
}

/// Without waiting for one that is in use.
const AT_ONCE: Timeouts = Timeouts { wait: Some(Duration::ZERO), create: None, recycle: None };

/// The connections of one endpoint.
pub(super) struct Pool {
    inner: managed::Pool<Manager>,
    holders: Arc<Holders>,
    limits: config::Pool,
    name: Arc<str>,
}

impl Pool {
    pub(super) fn new(backend: Arc<dyn Backend>, limits: &config::Pool, name: &Arc<str>) -> Self {
        let manager = Manager { backend, idle_check: limits.idle_check, max_lifetime: limits.max_lifetime };
        // The last one used comes first: what it has cached is still warm, and those that are not needed grow old.
        let builder = managed::Pool::builder(manager)
            .max_size(limits.max_connections)
            .queue_mode(QueueMode::Lifo)
            .runtime(deadpool::Runtime::Tokio1)
            .timeouts(Timeouts { wait: Some(limits.acquire_timeout), create: None, recycle: None });
        // The builder fails only when timeouts are set without a runtime.
        let inner = builder.build().unwrap_or_else(|error| unreachable!("{error}"));
        Self { inner, holders: Arc::default(), limits: limits.clone(), name: Arc::clone(name) }
    }

    /// A connection for a use that began `now`.
    pub(super) async fn acquire(&self, purpose: Purpose, now: Instant, meters: &Meters) -> Result<PooledConnection> {
        let (object, waited) = match self.inner.timeout_get(&AT_ONCE).await {
            Err(PoolError::Timeout(TimeoutType::Wait)) => (self.inner.get().await, now.elapsed()),
            // Mostly there is one: then no timer is set, and the clock need not be looked at.
            object => (object, Duration::ZERO),
        };
        let object = object.map_err(|error| self.refusal(error))?;
        meters.acquired(waited);
        let ticket = self.holders.enter(purpose, now + waited);
        Ok(PooledConnection {
            object: Some(object),
            ticket,
            holders: Arc::clone(&self.holders),
            _in_use: meters.in_use(),
        })
    }

    pub(super) fn is_closed(&self) -> bool {
        self.inner.is_closed()
    }

    pub(super) fn acquire_timeout(&self) -> Duration {
        self.limits.acquire_timeout
    }

    #[cold]
    fn refusal(&self, error: PoolError<Error>) -> Error {
        match error {
            PoolError::Backend(error) => error,
            PoolError::Timeout(TimeoutType::Wait) => Error::new(ErrorKind::PoolTimeout, self.exhausted()),
            PoolError::Closed => Error::configuration(format!("connection `{}` was removed or replaced", self.name)),
            other => Error::new(ErrorKind::ConnectionLost, format!("no connection could be made: {other}")),
        }
    }

    fn exhausted(&self) -> String {
        let waited = humantime::format_duration(self.limits.acquire_timeout);
        let holder = self.holders.longest().unwrap_or_else(|| "nobody any more".into());
        format!(
            "no connection of `{}` became free within {waited}: all {} are in use; held longest by {holder}. Hold \
             transactions and streams for less time, or raise max_connections or acquire_timeout",
            self.name, self.limits.max_connections
        )
    }

    pub(super) async fn drain(&self) {
        let idle = self.inner.retain(|_, _| false).removed;
        self.inner.close();
        for connection in idle {
            connection.close().await;
        }
        self.holders.drained().await;
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("status", &self.inner.status()).field("limits", &self.limits).finish()
    }
}

/// How deadpool makes connections and looks at those it hands out again.
struct Manager {
    backend: Arc<dyn Backend>,
    idle_check: Duration,
    max_lifetime: Option<Duration>,
}

impl managed::Manager for Manager {
    type Type = Box<dyn Connection>;
    type Error = Error;

    async fn create(&self) -> Result<Box<dyn Connection>> {
        self.backend.connect().await
    }

    async fn recycle(&self, connection: &mut Box<dyn Connection>, metrics: &Metrics) -> RecycleResult<Error> {
        let now = Instant::now();
        if self.max_lifetime.is_some_and(|age| now - metrics.created > age) {
            return Err(RecycleError::message("past its lifetime"));
        }
        if now - metrics.recycled.unwrap_or(metrics.created) < self.idle_check {
            return Ok(());
        }
        connection.ping().await.map_err(RecycleError::Backend)
    }
}

/// A connection out of the pool. It goes back when dropped, unless it is not clean: then it is closed.
pub(crate) struct PooledConnection {
    object: Option<Object<Manager>>,
    ticket: u64,
    holders: Arc<Holders>,
    /// Held for its drop: the gauge of connections in use.
    _in_use: super::meters::InUse,
}

impl PooledConnection {
    fn object(&self) -> &Object<Manager> {
        self.object.as_ref().unwrap_or_else(|| unreachable!("the connection is taken out only by drop"))
    }
}

impl Deref for PooledConnection {
    type Target = dyn Connection;

    fn deref(&self) -> &Self::Target {
        &***self.object()
    }
}

impl DerefMut for PooledConnection {
    fn deref_mut(&mut self) -> &mut Self::Target {
        let object = self.object.as_mut().unwrap_or_else(|| unreachable!("the connection is taken out only by drop"));
        &mut ***object
    }
}

impl Drop for PooledConnection {
    fn drop(&mut self) {
        if let Some(object) = self.object.take()
            && !object.is_reusable()
        {
            // Dropped here, outside the pool: this ends whatever was open in it.
            drop(Object::take(object));
        }
        self.holders.leave(self.ticket);
    }
}

impl fmt::Debug for PooledConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PooledConnection").field("ticket", &self.ticket).finish_non_exhaustive()
    }
}

/// Who has a connection, in the order in which they got it.
#[derive(Default)]
struct Holders {
    state: Mutex<HolderState>,
    left: Notify,
}

#[derive(Default)]
struct HolderState {
    next: u64,
    current: BTreeMap<u64, (Purpose, Instant)>,
}

impl Holders {
    fn state(&self) -> MutexGuard<'_, HolderState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self, purpose: Purpose, now: Instant) -> u64 {
        let mut state = self.state();
        state.next += 1;
        let ticket = state.next;
        state.current.insert(ticket, (purpose, now));
        ticket
    }

    fn leave(&self, ticket: u64) {
        let mut state = self.state();
        state.current.remove(&ticket);
        if state.current.is_empty() {
            self.left.notify_waiters();
        }
    }

    fn longest(&self) -> Option<String> {
        let (purpose, since) = self.state().current.first_key_value().map(|(_, holder)| *holder)?;
        let held = humantime::format_duration(Duration::from_millis(
            u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX),
        ));
        Some(match purpose {
            Purpose::Model(model) => format!("a statement on {model}, for {held}"),
            Purpose::Raw => format!("a raw statement, for {held}"),
            Purpose::Transaction => format!("a transaction, for {held}"),
            Purpose::Stream(model) => format!("a stream of {model}, for {held}"),
            Purpose::Verify => format!("a check of the connection, for {held}"),
        })
    }

    async fn drained(&self) {
        loop {
            let left = self.left.notified();
            tokio::pin!(left);
            left.as_mut().enable();
            if self.state().current.is_empty() {
                return;
            }
            left.await;
        }
    }
}
