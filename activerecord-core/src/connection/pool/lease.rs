//! A connection in use.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};
use tracing::Instrument;

use super::{Pooled, Shared, Waiter};
use crate::backend::{Connection, current_runtime};
use crate::connection::meters::{InUse, Meters};
use crate::connection::moment::{Moment, Span};
use crate::error::Result;

/// A lease of a connection. When it is dropped, a reusable connection returns to the pool, and any other is closed.
pub(crate) struct PooledConnection {
    shared: Arc<Shared>,
    ticket: u64,
    /// None only before the connection is found or opened.
    pooled: Option<Box<Pooled>>,
    /// Whether the state of the session may have been changed, so that no other user can get it.
    is_spent: bool,
    /// Decrements the gauge of connections in use when it is dropped.
    in_use: Option<InUse>,
}

impl PooledConnection {
    pub(super) fn new(shared: Arc<Shared>, ticket: u64, pooled: Option<Box<Pooled>>) -> Self {
        Self { shared, ticket, pooled, is_spent: false, in_use: None }
    }

    /// Makes this user of the connection its last one: it is closed instead of returned.
    pub(crate) fn spend(&mut self) {
        self.is_spent = true;
    }

    /// Counts the connection as in use, and the time that its user has waited for it.
    pub(super) fn count(&mut self, meters: &Meters, waited: Duration) {
        self.in_use = meters.acquired(waited);
    }

    /// Whether it has a connection that can be used without a call of the server.
    pub(super) fn is_ready(&mut self, now: Moment) -> bool {
        let Some(idle) = &mut self.pooled else { return false };
        let is_ready = !idle.is_old(now) && !idle.is_doubtful(now, self.shared.idle_check);
        if is_ready {
            idle.used = now;
        }
        is_ready
    }

    /// Pings idle connections until one answers, or opens one.
    ///
    /// # Errors
    /// `PoolTimeout` at the deadline; those of opening a connection.
    pub(super) async fn make_ready(mut self, now: Moment, runtime: Option<Handle>, deadline: Instant) -> Result<Self> {
        let id = runtime.as_ref().map(Handle::id);
        while let Some(idle) = &mut self.pooled {
            let is_old = idle.is_old(now);
            if !is_old {
                // Half of the time is left to open another one.
                let half = Instant::now() + deadline.saturating_duration_since(Instant::now()) / 2;
                match timeout_at(half, idle.answers(now, self.shared.idle_check)).await {
                    Ok(true) => return Ok(self),
                    Ok(false) => {}
                    Err(_) => self.give_up_silent(now),
                }
            }
            // In two steps, so that the old connection is closed without the lock.
            let next = self.shared.state().pop(id);
            let former = std::mem::replace(&mut self.pooled, next);
            if is_old && let Some(former) = former {
                former.retire();
            }
        }
        self.connect(now, runtime, deadline).await
    }

    /// Drops the connections that must be pinged too, after one whose server has not answered: further pings would take
    /// all of the time.
    fn give_up_silent(&mut self, now: Moment) {
        let mut state = self.shared.state();
        let broken = state.broken.replace(now);
        let is_silent = |pooled: &Pooled| {
            broken.is_some_and(|broken| pooled.used <= broken) || pooled.is_doubtful(now, self.shared.idle_check)
        };
        let (silent, idle): (Vec<_>, Vec<_>) =
            std::mem::take(&mut state.idle).into_iter().partition(|pooled| is_silent(pooled));
        state.idle = idle;
        drop(state);
        drop(silent);
    }

    /// Opens the connection in a separate task. If the caller gives up, the next one finds it idle. Otherwise a pool
    /// whose callers all give up too early would never get a connection.
    async fn connect(mut self, now: Moment, runtime: Option<Handle>, deadline: Instant) -> Result<Self> {
        let shared = Arc::clone(&self.shared);
        let spawner = current_runtime()?;
        shared.make_room();
        let (sender, receiver) = oneshot::channel();
        let connect = async move {
            let connected = self.shared.backend.connect().await.map(|connection| {
                let expires = self.shared.limits.max_lifetime.map(|age| now.after(age.into()));
                self.pooled = Some(Box::new(Pooled { connection, runtime, expires, used: now, doubted: false }));
                self
            });
            drop(sender.send(connected));
        };
        spawner.spawn(connect.in_current_span());
        match timeout_at(deadline, receiver).await {
            Ok(Ok(connected)) => connected,
            Ok(Err(_)) => Err(shared.shut_down()),
            Err(_) => Err(shared.silent()),
        }
    }
}

impl Pooled {
    /// Whether it answers: the server is asked only if that is doubtful.
    async fn answers(&mut self, now: Moment, check: Span) -> bool {
        let is_doubtful = self.is_doubtful(now, check);
        (self.used, self.doubted) = (now, false);
        !is_doubtful || self.connection.ping().await.is_ok()
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
        let now = Moment::now();
        let is_broken = clean.is_none();
        let clean = match clean {
            Some(spent) if self.is_spent || spent.is_old(now) => {
                spent.retire();
                None
            }
            clean => clean,
        };
        let mut state = self.shared.state();
        match clean {
            Some(mut clean) => {
                // One that was in use when another one broke may be broken too.
                clean.doubted = state.broken.is_some_and(|broken| clean.used <= broken);
                clean.used = now;
                state.idle.push(clean);
                self.shared.shrink_later(&mut state, now);
            }
            None if is_broken => state.broken = Some(now),
            None => {}
        }
        state.release(self.ticket);
        if state.closed && state.holders.is_empty() {
            self.shared.left.notify_waiters();
        }
        while let Some(Waiter { purpose, runtime, turn, .. }) = state.next_waiter(&self.shared.limits) {
            if !turn.is_closed() {
                let lease = state.lease(&self.shared, purpose, now, runtime);
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
