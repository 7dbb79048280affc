//! The pool of one endpoint: permits, and a stack of idle connections. The common path takes one lock on the way out and
//! one on the way back, and asks the server nothing.
//!
//! A connection is pinged when it was idle for a while, or when another one has broken since it was used; it is thrown away
//! when it is not clean, never returned.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, Semaphore, TryAcquireError, oneshot};
use tracing::Instrument;

use super::config;
use super::meters::{InUse, Meters};
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

/// The connections of one endpoint.
pub(super) struct Pool {
    shared: Arc<Shared>,
}

impl Pool {
    pub(super) fn new(backend: Arc<dyn Backend>, limits: &config::Pool, name: &Arc<str>) -> Self {
        Self {
            shared: Arc::new(Shared {
                backend,
                limits: limits.clone(),
                name: Arc::clone(name),
                permits: Semaphore::new(limits.max_connections),
                state: Mutex::default(),
                left: Notify::new(),
            }),
        }
    }

    /// A connection for a use that began `now`.
    pub(super) async fn acquire(&self, purpose: Purpose, now: Instant, meters: &Meters) -> Result<PooledConnection> {
        let waited = match self.shared.permits.try_acquire() {
            // Mostly there is one: then no timer is set, and the clock need not be looked at.
            Ok(permit) => {
                permit.forget();
                Duration::ZERO
            }
            Err(TryAcquireError::NoPermits) => {
                self.shared.wait().await?;
                now.elapsed()
            }
            Err(TryAcquireError::Closed) => return Err(self.shared.closed()),
        };
        meters.acquired(waited);
        let since = now + waited;
        // From here on the permit is the lease's, also when this future is dropped.
        let (mut lease, mut idle) = self.shared.lease(purpose, since, meters.in_use());
        while let Some(mut candidate) = idle {
            if candidate.pooled.is_usable(since, &self.shared.limits, candidate.doubted).await {
                lease.pooled = Some(candidate.pooled);
                return Ok(lease);
            }
            idle = self.shared.state().pop();
        }
        lease.connect(since).await
    }

    pub(super) fn is_closed(&self) -> bool {
        self.shared.permits.is_closed()
    }

    pub(super) fn acquire_timeout(&self) -> Duration {
        self.shared.limits.acquire_timeout
    }

    /// Refuses new users, waits until those there are have finished, and closes every connection.
    pub(super) async fn drain(&self) {
        self.shared.permits.close();
        self.shared.close_idle().await;
        self.shared.drained().await;
        // Those that came back meanwhile.
        self.shared.close_idle().await;
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.shared.state();
        let (idle, in_use) = (state.idle.len(), state.holders.len());
        f.debug_struct("Pool")
            .field("idle", &idle)
            .field("in_use", &in_use)
            .field("limits", &self.shared.limits)
            .finish()
    }
}

/// What the pool and the connections that are out of it have in common.
struct Shared {
    backend: Arc<dyn Backend>,
    limits: config::Pool,
    name: Arc<str>,
    /// One for each connection that may be in use.
    permits: Semaphore,
    state: Mutex<State>,
    /// Tells that nobody has a connection any more.
    left: Notify,
}

#[derive(Default)]
struct State {
    /// The last one used is on top: what it has cached is still warm, and those that are not needed grow old.
    idle: Vec<Pooled>,
    holders: Vec<Holder>,
    next: u64,
    /// When a connection last came back broken. A server that is gone takes all of them with it.
    broken: Option<Instant>,
}

impl State {
    /// Takes what is on top of the stack.
    fn pop(&mut self) -> Option<Candidate> {
        let pooled = self.idle.pop()?;
        let doubted = self.broken.is_some_and(|broken| pooled.used <= broken);
        Some(Candidate { pooled, doubted })
    }
}

/// An idle connection that may be handed out.
struct Candidate {
    pooled: Pooled,
    /// Whether another connection has broken since it was used.
    doubted: bool,
}

/// Who has a connection.
struct Holder {
    ticket: u64,
    purpose: Purpose,
    since: Instant,
}

/// A connection and its age.
struct Pooled {
    connection: Box<dyn Connection>,
    opened: Instant,
    /// When it was handed out last.
    used: Instant,
}

impl Pooled {
    /// Whether it can be handed out: not too old, and alive as far as known. It is asked only when in doubt, and after a while
    /// without use.
    async fn is_usable(&mut self, now: Instant, limits: &config::Pool, doubted: bool) -> bool {
        if limits.max_lifetime.is_some_and(|age| now.saturating_duration_since(self.opened) > age) {
            return false;
        }
        let idle = now.saturating_duration_since(self.used);
        self.used = now;
        (idle < limits.idle_check && !doubted) || self.connection.ping().await.is_ok()
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a permit, and keeps it.
    async fn wait(&self) -> Result<()> {
        match tokio::time::timeout(self.limits.acquire_timeout, self.permits.acquire()).await {
            Ok(Ok(permit)) => {
                permit.forget();
                Ok(())
            }
            Ok(Err(_)) => Err(self.closed()),
            Err(_) => Err(Error::new(ErrorKind::PoolTimeout, self.exhausted())),
        }
    }

    /// Notes the holder of a permit, and takes what is on top of the stack.
    fn lease(
        self: &Arc<Self>,
        purpose: Purpose,
        since: Instant,
        in_use: InUse,
    ) -> (PooledConnection, Option<Candidate>) {
        let mut state = self.state();
        state.next += 1;
        let ticket = state.next;
        state.holders.push(Holder { ticket, purpose, since });
        let idle = state.pop();
        drop(state);
        (PooledConnection { shared: Arc::clone(self), ticket, pooled: None, _in_use: in_use }, idle)
    }

    async fn close_idle(&self) {
        let idle = std::mem::take(&mut self.state().idle);
        for pooled in idle {
            pooled.connection.close().await;
        }
    }

    async fn drained(&self) {
        loop {
            let left = self.left.notified();
            tokio::pin!(left);
            left.as_mut().enable();
            if self.state().holders.is_empty() {
                return;
            }
            left.await;
        }
    }

    #[cold]
    fn closed(&self) -> Error {
        Error::configuration(format!("connection `{}` was removed or replaced", self.name))
    }

    #[cold]
    fn exhausted(&self) -> String {
        let waited = humantime::format_duration(self.limits.acquire_timeout);
        let holder = self.longest().unwrap_or_else(|| "nobody any more".into());
        format!(
            "no connection of `{}` became free within {waited}: all {} are in use; held longest by {holder}. Hold \
             transactions and streams for less time, or raise max_connections or acquire_timeout",
            self.name, self.limits.max_connections
        )
    }

    fn longest(&self) -> Option<String> {
        let (purpose, since) = self
            .state()
            .holders
            .iter()
            .min_by_key(|holder| holder.since)
            .map(|holder| (holder.purpose, holder.since))?;
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
}

/// A connection out of the pool. It goes back when dropped, unless it is not clean: then it is closed.
pub(crate) struct PooledConnection {
    shared: Arc<Shared>,
    ticket: u64,
    /// None only while the connection is looked for.
    pooled: Option<Pooled>,
    /// Held for its drop: the gauge of connections in use.
    _in_use: InUse,
}

impl PooledConnection {
    /// Opens the connection. A task of its own does: when the caller gives up meanwhile, the next one finds it idle. Else a
    /// pool whose callers all wait for less time than it takes would never have a connection.
    async fn connect(mut self, since: Instant) -> Result<Self> {
        let (sender, receiver) = oneshot::channel();
        let connect = async move {
            let connected = self.shared.backend.connect().await.map(|connection| {
                self.pooled = Some(Pooled { connection, opened: since, used: since });
                self
            });
            drop(sender.send(connected));
        };
        tokio::spawn(connect.in_current_span());
        let gone = |_| Error::new(ErrorKind::ConnectionLost, "the runtime was shut down while a connection was made");
        receiver.await.map_err(gone)?
    }
}

impl Deref for PooledConnection {
    type Target = dyn Connection;

    fn deref(&self) -> &Self::Target {
        match &self.pooled {
            Some(pooled) => &*pooled.connection,
            None => unreachable!("the connection is handed out when it is there"),
        }
    }
}

impl DerefMut for PooledConnection {
    fn deref_mut(&mut self) -> &mut Self::Target {
        match &mut self.pooled {
            Some(pooled) => &mut *pooled.connection,
            None => unreachable!("the connection is handed out when it is there"),
        }
    }
}

impl Drop for PooledConnection {
    fn drop(&mut self) {
        // One that is not clean is dropped here, before its permit is given back: this ends whatever was open in it.
        let clean = self.pooled.take().filter(|pooled| pooled.connection.is_reusable());
        let mut state = self.shared.state();
        match clean {
            Some(clean) => state.idle.push(clean),
            None => state.broken = Some(Instant::now()),
        }
        state.holders.retain(|holder| holder.ticket != self.ticket);
        let last = state.holders.is_empty();
        drop(state);
        self.shared.permits.add_permits(1);
        if last {
            self.shared.left.notify_waiters();
        }
    }
}

impl fmt::Debug for PooledConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PooledConnection").field("ticket", &self.ticket).finish_non_exhaustive()
    }
}
