//! Closes connections that were idle for too long, or have become too old while they were idle.
//!
//! One task sleeps until the next connection is due. It starts when a connection becomes idle, and ends when the pool has
//! no connection.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::{Pooled, Shared, State};
use crate::connection::moment::{Moment, Span};

/// The task, as far as it is known.
#[derive(Default)]
pub(super) struct Shrinking {
    /// When it wakes; None: it does not run.
    wakes: Option<Moment>,
    /// The number of the task. A former one ends when it wakes.
    number: u64,
    /// Wakes the task, because a connection is due earlier.
    earlier: Arc<Notify>,
}

/// A task that is later than this belongs to a runtime that has ended, or that nobody runs.
const LATE: Span = Span::of_seconds(1);

/// The clock of the pool is some milliseconds behind, so a shorter sleep could be over before its time.
const SHORTEST: Duration = Duration::from_millis(20);

/// A longer sleep has no use.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

impl Shared {
    /// Makes sure that a task closes the connection in time that was just returned.
    pub(super) fn shrink_later(self: &Arc<Self>, state: &mut State, now: Moment) {
        let Some(due) = state.idle.last().and_then(|pooled| self.due(pooled)) else { return };
        match state.shrinking.wakes {
            Some(wakes) if now > wakes.after(LATE) => self.start(state, due),
            Some(wakes) if due < wakes => {
                state.shrinking.wakes = Some(due);
                state.shrinking.earlier.notify_one();
            }
            Some(_) => {}
            None => self.start(state, due),
        }
    }

    #[cold]
    fn start(self: &Arc<Self>, state: &mut State, due: Moment) {
        let Ok(runtime) = Handle::try_current() else { return };
        let Shrinking { wakes, number, earlier } = &mut state.shrinking;
        *wakes = Some(due);
        *number += 1;
        runtime.spawn(shrink(Arc::downgrade(self), *number, Arc::clone(earlier)));
    }

    /// Closes the connections that are due. Returns the time until the next one is; None: the task ends.
    fn shrink(&self, number: u64) -> Option<Duration> {
        let now = Moment::now();
        let mut state = self.state();
        if state.shrinking.number != number {
            return None;
        }
        let idle = std::mem::take(&mut state.idle);
        let (due, idle) =
            idle.into_iter().partition::<Vec<_>, _>(|pooled| self.due(pooled).is_some_and(|due| due <= now));
        state.idle = idle;
        let next = state.idle.iter().filter_map(|pooled| self.due(pooled)).min();
        // A connection in use comes back soon: a new task for each statement would cost more than the statement.
        let next = next.or_else(|| if state.holders.is_empty() { None } else { self.soonest(now) });
        let next = next.map(|next| next.since(now).clamp(SHORTEST, LONGEST));
        state.shrinking.wakes = next.map(|next| now.after(next.into()));
        drop(state);
        for pooled in due {
            pooled.retire();
        }
        next
    }

    /// When a connection that becomes idle now is closed at the latest; None: never.
    fn soonest(&self, now: Moment) -> Option<Moment> {
        self.idle_timeout.or_else(|| self.limits.max_lifetime.map(Span::from)).map(|most| now.after(most))
    }

    /// When an idle connection is closed; None: never.
    fn due(&self, pooled: &Pooled) -> Option<Moment> {
        let idle = self.idle_timeout.map(|most| pooled.used.after(most));
        idle.into_iter().chain(pooled.expires).min()
    }
}

async fn shrink(pool: Weak<Shared>, number: u64, earlier: Arc<Notify>) {
    while let Some(next) = pool.upgrade().and_then(|shared| shared.shrink(number)) {
        // Both ends of the wait mean the same: look again.
        let _ = timeout(next, earlier.notified()).await;
    }
}
