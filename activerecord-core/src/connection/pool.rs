//! The pool of one endpoint: a stack of idle connections, the list of their holders, and a queue of waiters, under one
//! lock. The common path takes the lock once to get a connection and once to return it, and does not call the server.
//!
//! A connection is pinged if it was idle for a while, or another one has broken since its last use. A connection that
//! is not reusable is closed instead of returned. A connection belongs to the tokio runtime that opened it: its socket
//! is dead when that runtime is, so another runtime opens its own.

mod lease;
mod refusal;
mod reserve;
mod runtime;
mod shrink;

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::{Handle, Id};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

pub(crate) use self::lease::PooledConnection;
pub use self::reserve::with_reserve;
use super::meters::Meters;
use super::moment::{Moment, Span};
use crate::backend::{Backend, Connection, Notifications, current_runtime};
use crate::config::PoolOptions;
use crate::error::{Error, Result};

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

/// A shorter `acquire_timeout` limits the wait in the queue only: else a pool could not open a connection at all.
const LEAST_TO_CONNECT: Duration = Duration::from_secs(1);

/// The connections of one endpoint.
pub(super) struct Pool {
    shared: Arc<Shared>,
}

impl Pool {
    pub(super) fn new(backend: Arc<dyn Backend>, limits: &PoolOptions, name: &Arc<str>) -> Self {
        Self {
            shared: Arc::new(Shared {
                is_bound: backend.is_bound_to_runtime(),
                has_reserve: backend.dialect().capabilities().concurrent_writers,
                backend,
                limits: limits.clone(),
                idle_check: limits.idle_check.into(),
                idle_timeout: limits.idle_timeout.map(Span::from),
                name: Arc::clone(name),
                state: Mutex::default(),
                left: Notify::new(),
            }),
        }
    }

    /// Takes an idle connection, opens a new one, or waits until one is returned. The queue, a ping and the opening of
    /// a connection share one deadline.
    pub(super) async fn acquire(&self, purpose: Purpose, meters: &Meters) -> Result<PooledConnection> {
        let (now, runtime) = (Moment::now(), self.shared.runtime()?);
        // From here on the lease owns the place in the pool, also when this future is dropped.
        let mut lease = match self.shared.enter(purpose, now, runtime.as_ref())? {
            Entered::Leased(lease) => lease,
            // Boxed, as below, because this future is part of that of every statement, and hooks nest statements.
            Entered::Queued(turn) => return Box::pin(self.queue(turn, now, runtime, meters)).await,
        };
        lease.count(meters, Duration::ZERO);
        if lease.is_ready(now) {
            return Ok(lease);
        }
        let deadline = Instant::now() + self.acquire_timeout().max(LEAST_TO_CONNECT);
        Box::pin(lease.make_ready(now, runtime, deadline)).await
    }

    /// Waits for its turn, and makes the connection ready.
    async fn queue(
        &self,
        turn: oneshot::Receiver<PooledConnection>,
        now: Moment,
        runtime: Option<Handle>,
        meters: &Meters,
    ) -> Result<PooledConnection> {
        let asked = Instant::now();
        let mut lease = self.shared.wait(turn, asked + self.acquire_timeout()).await?;
        lease.count(meters, asked.elapsed());
        if lease.is_ready(now) {
            return Ok(lease);
        }
        lease.make_ready(now, runtime, asked + self.acquire_timeout().max(LEAST_TO_CONNECT)).await
    }

    pub(super) fn is_closed(&self) -> bool {
        self.shared.state().closed
    }

    /// Opens a session outside the pool, because it stays in use as long as its listener.
    pub(super) async fn listen(&self, channel: &str) -> Result<Box<dyn Notifications>> {
        self.shared.runtime()?;
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
    /// Whether a connection works only in the runtime that opened it.
    is_bound: bool,
    /// Whether [`with_reserve`] can open one more connection: it is of no use where one writer excludes all others.
    has_reserve: bool,
    limits: PoolOptions,
    idle_check: Span,
    idle_timeout: Option<Span>,
    name: Arc<str>,
    state: Mutex<State>,
    /// Signals that the pool was closed, and later that no lease is left.
    left: Notify,
}

#[derive(Default)]
struct State {
    /// The connection used last is on top: its caches are warm, and unneeded connections age at the bottom.
    #[allow(clippy::vec_box, reason = "a lease takes the box, and is moved several times for each statement")]
    idle: Vec<Box<Pooled>>,
    holders: Vec<Holder>,
    /// Whether one of them has the place of the reserve, which does not count.
    reserve_taken: bool,
    /// First come, first served, after those with a reserve. It has waiters only while all places are taken.
    queue: VecDeque<Waiter>,
    next: u64,
    /// The time at which a connection was last returned broken. If a server stops, all its connections are broken.
    broken: Option<Moment>,
    /// The task that closes idle connections.
    shrinking: shrink::Shrinking,
    closed: bool,
}

impl State {
    /// Takes the connection of this runtime that was used last.
    fn pop(&mut self, runtime: Option<Id>) -> Option<Box<Pooled>> {
        let mut pooled = match self.idle.pop()? {
            last if last.is_of(runtime) => last,
            other => {
                self.idle.push(other);
                let place = self.idle.iter().rposition(|pooled| pooled.is_of(runtime))?;
                self.idle.remove(place)
            }
        };
        pooled.doubted |= self.broken.is_some_and(|broken| pooled.used <= broken);
        Some(pooled)
    }

    /// Adds a holder, with an idle connection if there is one.
    fn lease(&mut self, shared: &Arc<Shared>, purpose: Purpose, now: Moment, runtime: Option<Id>) -> PooledConnection {
        self.next += 1;
        let ticket = self.next;
        let is_reserve = self.counted() >= shared.limits.max_connections;
        self.reserve_taken |= is_reserve;
        self.holders.push(Holder { ticket, purpose, since: now, is_reserve });
        PooledConnection::new(Arc::clone(shared), ticket, self.pop(runtime))
    }

    /// Removes a holder.
    fn release(&mut self, ticket: u64) {
        if let Some(place) = self.holders.iter().position(|holder| holder.ticket == ticket) {
            self.reserve_taken &= !self.holders.swap_remove(place).is_reserve;
        }
    }
}

struct Waiter {
    purpose: Purpose,
    has_reserve: bool,
    runtime: Option<Id>,
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
    is_reserve: bool,
}

/// A connection and its age.
struct Pooled {
    connection: Box<dyn Connection>,
    /// The runtime that opened it; None: it works in all of them.
    runtime: Option<Handle>,
    /// When it is closed because of its age; None: never.
    expires: Option<Moment>,
    /// The time at which it was returned, or while it is in use, leased.
    used: Moment,
    /// Whether another connection has broken since the last use.
    doubted: bool,
}

impl Pooled {
    fn is_of(&self, runtime: Option<Id>) -> bool {
        self.runtime.as_ref().map(Handle::id) == runtime
    }

    /// Whether it is as old as a connection may be.
    fn is_old(&self, now: Moment) -> bool {
        self.expires.is_some_and(|expires| now >= expires)
    }

    /// Whether it must answer a ping before its next use: it was idle for `check`.
    fn is_doubtful(&self, now: Moment, check: Span) -> bool {
        self.doubted || now >= self.used.after(check)
    }

    /// Closes the connection in a task of its runtime, because its server may not answer. Without a runtime, drops it.
    fn retire(self) -> Option<JoinHandle<()>> {
        let Self { connection, runtime, .. } = self;
        let runtime = runtime.or_else(|| Handle::try_current().ok());
        // A runtime that was shut down drops the task at once.
        runtime.map(|runtime| runtime.spawn(connection.close()))
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The runtime that a connection must belong to; None: any connection works.
    ///
    /// # Errors
    /// `Configuration` without a runtime, if the connections need one.
    fn runtime(&self) -> Result<Option<Handle>> {
        if self.is_bound { current_runtime().map(Some) } else { Ok(None) }
    }

    /// Takes a place, or queues for one.
    fn enter(self: &Arc<Self>, purpose: Purpose, now: Moment, runtime: Option<&Handle>) -> Result<Entered> {
        let runtime = runtime.map(Handle::id);
        let mut state = self.state();
        if state.closed {
            drop(state);
            return Err(self.closed());
        }
        if state.counted() < self.limits.max_connections {
            return Ok(Entered::Leased(state.lease(self, purpose, now, runtime)));
        }
        let has_reserve = self.has_reserve && reserve::is_active();
        if state.has_place(has_reserve, &self.limits) {
            return Ok(Entered::Leased(state.lease(self, purpose, now, runtime)));
        }
        let (turn, queued) = oneshot::channel();
        state.enqueue(Waiter { purpose, has_reserve, runtime, turn });
        Ok(Entered::Queued(queued))
    }

    /// Waits for a lease. If this has given up when the lease arrives, the lease goes to the next waiter.
    async fn wait(&self, turn: oneshot::Receiver<PooledConnection>, deadline: Instant) -> Result<PooledConnection> {
        current_runtime()?;
        match timeout_at(deadline, turn).await {
            Ok(Ok(lease)) => Ok(lease),
            Ok(Err(_)) => Err(self.closed()),
            Err(_) => Err(self.exhausted()),
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

    /// Closes the idle connections. Those of another runtime are dropped, because it may stand still.
    async fn close_idle(&self) {
        let here = self.runtime().ok().flatten().map(|runtime| runtime.id());
        let idle = std::mem::take(&mut self.state().idle);
        let closing: Vec<_> =
            idle.into_iter().filter(|pooled| pooled.is_of(here)).filter_map(|pooled| pooled.retire()).collect();
        for closed in closing {
            // It fails only when the runtime ends.
            let _ = closed.await;
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
}
