//! The pool of one endpoint: a stack of idle connections, who has the others, and who waits for one, under one lock. The
//! common path takes it once on the way out and once on the way back, and asks the server nothing.
//!
//! A connection is pinged when it was idle for a while, or when another one has broken since it was used; it is thrown away
//! when it is not clean, never returned.

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

    /// A connection: an idle one, a new one, or the first that others give back.
    pub(super) async fn acquire(&self, purpose: Purpose, meters: &Meters) -> Result<PooledConnection> {
        // From here on the place is the lease's, also when this future is dropped.
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
            // In two steps: the old one is closed without the lock.
            let next = self.shared.state().pop();
            lease.pooled = next;
        }
        lease.connect(now).await
    }

    pub(super) fn is_closed(&self) -> bool {
        self.shared.state().closed
    }

    /// Opens a session that is none of the pool's: it stays for as long as somebody listens.
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

    /// Refuses new users, waits until those there are have finished, and closes every connection.
    pub(super) async fn drain(&self) {
        self.shared.close();
        self.shared.close_idle().await;
        self.shared.until(|state| state.holders.is_empty()).await;
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
    limits: PoolOptions,
    name: Arc<str>,
    state: Mutex<State>,
    /// Tells that the pool is closed, and later that nobody has a connection of it any more.
    left: Notify,
}

#[derive(Default)]
struct State {
    /// The last one used is on top: what it has cached is still warm, and those that are not needed grow old.
    idle: Vec<Pooled>,
    holders: Vec<Holder>,
    /// First come, first served. They wait only while as many hold a connection as may.
    queue: VecDeque<Waiter>,
    next: u64,
    /// When a connection last came back broken. A server that is gone takes all of them with it.
    broken: Option<Moment>,
    closed: bool,
}

impl State {
    /// Takes what is on top of the stack.
    fn pop(&mut self) -> Option<Pooled> {
        let mut pooled = self.idle.pop()?;
        pooled.doubted |= self.broken.is_some_and(|broken| pooled.used <= broken);
        Some(pooled)
    }

    /// Notes a holder, and gives it what is on top of the stack.
    fn lease(&mut self, shared: &Arc<Shared>, purpose: Purpose, now: Moment) -> PooledConnection {
        self.next += 1;
        let ticket = self.next;
        self.holders.push(Holder { ticket, purpose, since: now });
        PooledConnection { shared: Arc::clone(shared), ticket, pooled: self.pop(), in_use: None }
    }

    /// Notes that a holder is gone.
    fn release(&mut self, ticket: u64) {
        if let Some(place) = self.holders.iter().position(|holder| holder.ticket == ticket) {
            self.holders.swap_remove(place);
        }
    }
}

/// Who waits for a connection.
struct Waiter {
    purpose: Purpose,
    turn: oneshot::Sender<PooledConnection>,
}

/// A place in the pool, or in its queue.
enum Entered {
    Leased(PooledConnection),
    Queued(oneshot::Receiver<PooledConnection>),
}

/// Who has a connection.
struct Holder {
    ticket: u64,
    purpose: Purpose,
    since: Moment,
}

/// A connection and its age.
struct Pooled {
    connection: Box<dyn Connection>,
    opened: Moment,
    /// When it was handed out last.
    used: Moment,
    /// Whether another connection has broken since it was used.
    doubted: bool,
}

impl Pooled {
    /// Whether it can be handed out: not too old, and alive as far as known. It is asked only when in doubt, and after a while
    /// without use.
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
        // Those in front who have given up need not be kept until a connection comes back.
        while state.queue.front().is_some_and(|waiter| waiter.turn.is_closed()) {
            state.queue.pop_front();
        }
        state.queue.push_back(Waiter { purpose, turn });
        Ok(Entered::Queued(queued))
    }

    /// Waits for the turn. One that comes when nobody waits any more goes on to the next in the queue.
    async fn wait(&self, turn: oneshot::Receiver<PooledConnection>) -> Result<PooledConnection> {
        match tokio::time::timeout(self.limits.acquire_timeout, turn).await {
            Ok(Ok(lease)) => Ok(lease),
            Ok(Err(_)) => Err(self.closed()),
            Err(_) => Err(Error::new(ErrorKind::PoolTimeout, self.exhausted())),
        }
    }

    /// Refuses new users, and those who wait.
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

    /// Waits for what `left` tells of.
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

/// A connection out of the pool. It goes back when dropped, unless it is not clean: then it is closed.
pub(crate) struct PooledConnection {
    shared: Arc<Shared>,
    ticket: u64,
    /// None only while the connection is looked for.
    pooled: Option<Pooled>,
    /// Held for its drop: the gauge of connections in use.
    in_use: Option<InUse>,
}

impl PooledConnection {
    /// Opens the connection. A task of its own does: when the caller gives up meanwhile, the next one finds it idle. Else a
    /// pool whose callers all wait for less time than it takes would never have a connection.
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
        // One that is not clean is dropped here, before its place is given up: this ends whatever was open in it.
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
                // A lease that nobody takes any more is dropped, which needs the lock.
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
