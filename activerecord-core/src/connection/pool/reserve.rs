//! The reserve: one connection beyond the maximum, for the work that keeps leases.
//!
//! The handlers of a worker can hold all connections of a pool. If the renewal of their leases waited for one of these
//! connections, the leases would expire, and other workers would begin the same work again.

use std::future::Future;

use super::{State, Waiter};
use crate::config::PoolOptions;

tokio::task_local! {
    static ACTIVE: ();
}

/// Runs `work`. While a pool is exhausted, its statements are served first, and can use one connection beyond
/// `max_connections`. All works of a pool share that connection. A database that has one writer at a time (SQLite) has no
/// reserve. A spawned task does not inherit it.
pub async fn with_reserve<T>(work: impl Future<Output = T>) -> T {
    ACTIVE.scope((), work).await
}

pub(super) fn is_active() -> bool {
    ACTIVE.try_with(|()| ()).is_ok()
}

impl State {
    /// The number of holders that count against the maximum.
    pub(super) fn counted(&self) -> usize {
        self.holders.len() - usize::from(self.reserve_taken)
    }

    pub(super) fn has_place(&self, has_reserve: bool, limits: &PoolOptions) -> bool {
        self.counted() < limits.max_connections || (has_reserve && !self.reserve_taken)
    }

    /// Adds a waiter: behind all others, or, with a reserve, behind those with a reserve.
    pub(super) fn enqueue(&mut self, waiter: Waiter) {
        // Removes waiters that have given up, instead of keeping them until a connection is returned.
        while self.queue.front().is_some_and(|waiter| waiter.turn.is_closed()) {
            self.queue.pop_front();
        }
        match self.queue.iter().position(|other| waiter.has_reserve && !other.has_reserve) {
            Some(place) => self.queue.insert(place, waiter),
            None => self.queue.push_back(waiter),
        }
    }

    /// Takes the next waiter from the queue, if there is a place for it.
    pub(super) fn next_waiter(&mut self, limits: &PoolOptions) -> Option<Waiter> {
        let next = self.queue.front()?;
        if self.has_place(next.has_reserve, limits) { self.queue.pop_front() } else { None }
    }
}
