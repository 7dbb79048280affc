//! The pool of one endpoint: a stack of idle connections, the list of their holders, and a queue of waiters, under one
//! lock. The common path takes the lock once to get a connection and once to return it, and does not call the server.
//!
//! A connection is pinged if it was idle for a while, or another one has broken since its last use. A connection that
//! is not reusable is closed instead of returned.

use std::collections::VecDeque;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, oneshot};
use tracing::Instrument;

use super::meters::{InUse, Meters};
use super::moment::Moment;
use crate::backend::{Backend, Connection, Notifications};
use crate::config::PoolOptions;
use crate::error::{Error, ErrorKind, Result};

/// The purpose of a lease. The error of an exhausted pool shows it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    /// One statement on a model.
    Model(&'static str),
    /// One statement without a model.
    Raw,
    /// A transaction.
    Transaction,
    /// A stream of rows of a model.
    Stream(&'static str),
    /// A check of the connection.
    Verify,
}

/// The connections of one endpoint.
pub(super) struct Pool {
    shared: Arc<Shared>,
}

impl Pool {
    pub(super) fn new(backend: Arc<dyn Backend>, limits: &PoolOptions, name: &Arc<str>) -> Self {
        Self {
            shared: Arc::new(Shared {
                backend,
                limits: limits.clone(),
                name: Arc::clone(name),
                state: Mutex::default(),
                left: Notify::new(),
            }),
        }
    }

    /// Takes an idle connection, opens a new one, or waits until one is returned.
    pub(super) async fn acquire(&self, purpose: Purpose, meters: &Meters) -> Result<PooledConnection> {
        // From here on the lease owns the place in the pool, also when this future is dropped.
        let now = Moment::now();
        let mut lease = match self.shared.enter(purpose, now)? {
            Entered::Leased(lease) => {
                meters.acquired(Duration::ZERO);
                lease
            }
            Entered::Queued(turn) => {
                let asked = Instant::now();
                let lease = self.shared.wait(turn).await?;
                meters.acquired(asked.elapsed());
                lease
            }
        };
        lease.in_use = Some(meters.in_use());
        while let Some(idle) = &mut lease.pooled {
            if idle.is_usable(now, &self.shared.limits).await {
                return Ok(lease);
            }
            // In two steps, so that the old connection is closed without the lock.
            let next = self.shared.state().pop();
            lease.pooled = next;
        }
        lease.connect(now).await
    }

    pub(super) fn is_closed(&self) -> bool {
        self.shared.state().closed
    }

    /// Opens a session outside the pool, because it stays in use as long as its listener.
    pub(super) async fn listen(&self, channel: &str) -> Result<Box<dyn Notifications>> {
        self.shared.backend.listen(channel).await
    }

    /// Waits until the pool is closed.
    pub(super) async fn closed(&self) -> Error {
        self.shared.until(|state| state.closed).await;
        self.shared.closed()
    }

    pub(super) fn max_connections(&self) -> usize {
        self.shared.limits.max_connections
    }

    pub(super) fn acquire_timeout(&self) -> Duration {
        self.shared.limits.acquire_timeout
    }

    /// Refuses new users, waits until the current ones have finished, and closes all connections.
    pub(super) async fn drain(&self) {
        self.shared.close();
        self.shared.close_idle().await;
        self.shared.until(|state| state.holders.is_empty()).await;
        // Connections that were returned during the wait.
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

/// The state that the pool shares with its leases.
struct Shared {
    backend: Arc<dyn Backend>,
    limits: PoolOptions,
    name: Arc<str>,
    state: Mutex<State>,
    /// Signals that the pool was closed, and later that no lease is left.
    left: Notify,
}

#[derive(Default)]
struct State {
    /// The connection used last is on top: its caches are warm, and unneeded connections age at the bottom.
    idle: Vec<Pooled>,
    holders: Vec<Holder>,
    /// First come, first served. It has waiters only while all places are taken.
    queue: VecDeque<Waiter>,
    next: u64,
    /// The time at which a connection was last returned broken. If a server stops, all its connections are broken.
    broken: Option<Moment>,
    closed: bool,
}

impl State {
    /// Takes the top of the stack.
    fn pop(&mut self) -> Option<Pooled> {
        let mut pooled = self.idle.pop()?;
        pooled.doubted |= self.broken.is_some_and(|broken| pooled.used <= broken);
        Some(pooled)
    }

    /// Adds a holder, with the top of the stack.
    fn lease(&mut self, shared: &Arc<Shared>, purpose: Purpose, now: Moment) -> PooledConnection {
        self.next += 1;
        let ticket = self.next;
        self.holders.push(Holder { ticket, purpose, since: now });
        PooledConnection { shared: Arc::clone(shared), ticket, pooled: self.pop(), in_use: None }
    }

    /// Removes a holder.
    fn release(&mut self, ticket: u64) {
        if let Some(place) = self.holders.iter().position(|holder| holder.ticket == ticket) {
            self.holders.swap_remove(place);
        }
    }
}

struct Waiter {
    purpose: Purpose,
    turn: oneshot::Sender<PooledConnection>,
}

/// A place in the pool, or in its queue.
enum Entered {
    Leased(PooledConnection),
    Queued(oneshot::Receiver<PooledConnection>),
}

struct Holder {
    ticket: u64,
    purpose: Purpose,
    since: Moment,
}

/// A connection and its age.
struct Pooled {
    connection: Box<dyn Connection>,
    opened: Moment,
    /// The time of the last lease.
    used: Moment,
    /// Whether another connection has broken since the last use.
    doubted: bool,
}

impl Pooled {
    /// Whether the connection can be leased: it is not too old, and it answers. It is pinged only if it was idle for a
    /// while, or is doubted.
    async fn is_usable(&mut self, now: Moment, limits: &PoolOptions) -> bool {
        if limits.max_lifetime.is_some_and(|age| now.since(self.opened) >= age) {
            return false;
        }
        let idle = now.since(self.used);
        self.used = now;
        let doubted = std::mem::take(&mut self.doubted);
        (idle < limits.idle_check && !doubted) || self.connection.ping().await.is_ok()
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a place, or queues for one.
    fn enter(self: &Arc<Self>, purpose: Purpose, now: Moment) -> Result<Entered> {
        let mut state = self.state();
        if state.closed {
            drop(state);
            return Err(self.closed());
        }
        if state.holders.len() < self.limits.max_connections {
            return Ok(Entered::Leased(state.lease(self, purpose, now)));
        }
        let (turn, queued) = oneshot::channel();
        // Removes waiters that have given up, instead of keeping them until a connection is returned.
        while state.queue.front().is_some_and(|waiter| waiter.turn.is_closed()) {
            state.queue.pop_front();
        }
        state.queue.push_back(Waiter { purpose, turn });
        Ok(Entered::Queued(queued))
    }

    /// Waits for a lease. If this has given up when the lease arrives, the lease goes to the next waiter.
    async fn wait(&self, turn: oneshot::Receiver<PooledConnection>) -> Result<PooledConnection> {
        match tokio::time::timeout(self.limits.acquire_timeout, turn).await {
            Ok(Ok(lease)) => Ok(lease),
            Ok(Err(_)) => Err(self.closed()),
            Err(_) => Err(Error::new(ErrorKind::PoolTimeout, self.exhausted())),
        }
    }

    /// Refuses new users and waiters.
    fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        let queue = std::mem::take(&mut state.queue);
        drop(state);
        drop(queue);
        self.left.notify_waiters();
    }

    async fn close_idle(&self) {
        let idle = std::mem::take(&mut self.state().idle);
        for pooled in idle {
            pooled.connection.close().await;
        }
    }

    /// Waits until `is_so`, checked after each signal of `left`.
    async fn until(&self, is_so: impl Fn(&State) -> bool) {
        loop {
            let left = self.left.notified();
            tokio::pin!(left);
            left.as_mut().enable();
            if is_so(&self.state()) {
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
        let holder = self.longest().unwrap_or_else(|| "a user that has just finished".into());
        format!(
            "no connection of `{}` became free within {waited}: all {} are in use; held longest by {holder}. Keep \
             transactions and streams shorter, or increase max_connections or acquire_timeout",
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
        let held = Moment::now().since(since);
        let held =
            humantime::format_duration(Duration::from_millis(u64::try_from(held.as_millis()).unwrap_or(u64::MAX)));
        Some(match purpose {
            Purpose::Model(model) => format!("a statement on {model}, for {held}"),
            Purpose::Raw => format!("a raw statement, for {held}"),
            Purpose::Transaction => format!("a transaction, for {held}"),
            Purpose::Stream(model) => format!("a stream of {model}, for {held}"),
            Purpose::Verify => format!("a check of the connection, for {held}"),
        })
    }
}

/// A lease of a connection. When it is dropped, a reusable connection returns to the pool, and any other is closed.
pub(crate) struct PooledConnection {
    shared: Arc<Shared>,
    ticket: u64,
    /// None only before the connection is found or opened.
    pooled: Option<Pooled>,
    /// Decrements the gauge of connections in use when it is dropped.
    in_use: Option<InUse>,
}

impl PooledConnection {
    /// Opens the connection in a separate task. If the caller gives up, the next one finds it idle. Otherwise a pool
    /// whose callers all give up too early would never get a connection.
    async fn connect(mut self, now: Moment) -> Result<Self> {
        let (sender, receiver) = oneshot::channel();
        let connect = async move {
            let connected = self.shared.backend.connect().await.map(|connection| {
                self.pooled = Some(Pooled { connection, opened: now, used: now, doubted: false });
                self
            });
            drop(sender.send(connected));
        };
        tokio::spawn(connect.in_current_span());
        let gone = |_| Error::new(ErrorKind::ConnectionLost, "the runtime was shut down while a connection was opened");
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
        // A connection that is not reusable is dropped before its place becomes free. This ends its open transaction.
        let clean = self.pooled.take().filter(|pooled| pooled.connection.is_reusable());
        self.in_use = None;
        let mut state = self.shared.state();
        match clean {
            Some(clean) => state.idle.push(clean),
            None => state.broken = Some(Moment::now()),
        }
        state.release(self.ticket);
        if state.closed && state.holders.is_empty() {
            self.shared.left.notify_waiters();
        }
        while let Some(Waiter { purpose, turn }) = state.queue.pop_front() {
            if !turn.is_closed() {
                let lease = state.lease(&self.shared, purpose, Moment::now());
                // If the waiter has given up, the lease is dropped here, and its drop takes the lock.
                drop(state);
                drop(turn.send(lease));
                return;
            }
        }
    }
}

impl fmt::Debug for PooledConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PooledConnection").field("ticket", &self.ticket).finish_non_exhaustive()
    }
}
