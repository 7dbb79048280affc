//! An exclusive lease: one process at a time does a piece of work, until a time by the database's clock. Every write is
//! conditional on the lease's fencing token and matches no row after a takeover (C. Gray and D. Cheriton, "Leases",
//! 1989).
//!
//! The holder also measures the time itself, from before the request that got the lease. When that time is over, another
//! process may have the lease, so the holder stops.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use activerecord_core::{ConnectionHandle, Error, Result, with_reserve};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until};

use crate::error::LEASE_LOST;
use crate::failpoint;

/// The default length of a lease.
pub(crate) const LENGTH: Duration = Duration::from_secs(30);

/// The number of renewals per lease length.
const RENEWALS: u32 = 3;

/// How long stopped handlers may take to end. One that blocks its thread cannot be stopped: its lease expires.
pub(crate) const STOP: Duration = Duration::from_secs(5);

/// The longest pause after a renewal that failed.
const RETRY: Duration = Duration::from_secs(1);

/// The time between two renewals of a lease of this length.
pub(crate) fn interval(length: Duration) -> Duration {
    length / RENEWALS
}

/// The time until the next renewal after one that failed.
pub(crate) fn retry(length: Duration) -> Duration {
    interval(length).min(RETRY)
}

/// A lease of this process, by its own clock. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Held(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    uncovered: Notify,
}

#[derive(Debug)]
struct State {
    /// None: it does not expire.
    end: Option<Instant>,
    covers: usize,
}

impl Held {
    /// A lease of this length. `asked`: the time before the request that got it.
    pub(crate) fn new(asked: Instant, length: Duration) -> Self {
        Self::until(Some(asked + length))
    }

    /// A lease on a row of this database. It does not expire where one writer excludes all others: a transaction of this
    /// process that lasts as long as the lease prevents the renewal, and every takeover too.
    pub(crate) fn on(connection: &ConnectionHandle, asked: Instant, length: Duration) -> Self {
        Self::until(connection.capabilities().concurrent_writers.then_some(asked + length))
    }

    fn until(end: Option<Instant>) -> Self {
        Self(Arc::new(Shared { state: Mutex::new(State { end, covers: 0 }), uncovered: Notify::new() }))
    }

    /// A lease of its own, with the same end.
    pub(crate) fn apart(&self) -> Self {
        Self::until(self.0.state().end)
    }

    /// Prolongs the lease. `asked`: the time before the request that renewed it.
    pub(crate) fn renewed(&self, asked: Instant, length: Duration) {
        let mut state = self.0.state();
        state.end = state.end.map(|end| end.max(asked + length));
    }

    /// Whether another process may have the lease.
    pub(crate) fn is_expired(&self) -> bool {
        self.0.state().is_expired()
    }

    /// Completes when another process may have the lease.
    pub(crate) async fn expired(&self) {
        loop {
            let uncovered = self.0.uncovered.notified();
            let (end, is_covered) = {
                let state = self.0.state();
                (state.end, state.covers > 0)
            };
            match end {
                Some(end) if !is_covered => {
                    sleep_until(end).await;
                    if self.is_expired() {
                        return;
                    }
                }
                _ => uncovered.await,
            }
        }
    }

    /// Keeps the lease from expiring while the result exists: the holder has locked all others out of the database.
    pub(crate) fn cover(&self, length: Duration) -> Cover<'_> {
        self.0.state().covers += 1;
        Cover { held: self, length }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_expired(&self) -> bool {
        self.covers == 0 && self.end.is_some_and(|end| Instant::now() >= end)
    }
}

/// See [`Held::cover`].
pub(crate) struct Cover<'h> {
    held: &'h Held,
    length: Duration,
}

/// The renewal that was locked out has the time of one interval.
impl Drop for Cover<'_> {
    fn drop(&mut self) {
        let mut state = self.held.0.state();
        state.covers -= 1;
        let least = Instant::now() + interval(self.length);
        state.end = state.end.map(|end| end.max(least));
        drop(state);
        self.held.0.uncovered.notify_waiters();
    }
}

/// Runs `work` and renews its lease meanwhile. `renew` returns whether the lease is still held. If the lease is lost,
/// `work` is dropped.
///
/// # Errors
/// `LEASE_LOST` when another process has the lease, or when it expired before it could be renewed; otherwise the work's
/// own.
pub(crate) async fn with_lease<T, F>(
    held: &Held,
    length: Duration,
    renew: impl FnMut() -> F,
    work: impl Future<Output = Result<T>>,
) -> Result<T>
where
    F: Future<Output = Result<bool>>,
{
    if failpoint::is_broken("saga.lease") {
        return work.await;
    }
    tokio::select! {
        biased;
        result = work => result,
        error = reserved(keep(held, length, renew)) => Err(error),
        () = held.expired() => Err(lost("it expired before it could be renewed")),
    }
}

/// Runs work that keeps leases: it can use one connection beyond the maximum of the pool.
pub(crate) async fn reserved<T>(work: impl Future<Output = T>) -> T {
    if failpoint::is_broken("lease.reserve") { work.await } else { with_reserve(work).await }
}

/// Renews a lease until another process has it.
async fn keep<F>(held: &Held, length: Duration, mut renew: impl FnMut() -> F) -> Error
where
    F: Future<Output = Result<bool>>,
{
    let mut pause = interval(length);
    loop {
        sleep(pause).await;
        let asked = Instant::now();
        pause = match renew().await {
            Ok(true) => {
                held.renewed(asked, length);
                interval(length).saturating_sub(asked.elapsed())
            }
            Ok(false) => return lost("another process has taken it over"),
            Err(error) => {
                tracing::warn!(target: "activerecord", %error, "a lease could not be renewed");
                retry(length)
            }
        };
    }
}

#[cold]
pub(crate) fn lost(why: &str) -> Error {
    Error::new(LEASE_LOST, format!("the lease is lost: {why}"))
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;
    use crate::error::ProtocolError as _;

    const SHORT: Duration = Duration::from_millis(60);

    fn short() -> Held {
        Held::new(Instant::now(), SHORT)
    }

    #[tokio::test]
    async fn work_continues_while_its_lease_is_renewed() {
        let mut left = 3;
        let (renewed, done) = tokio::sync::oneshot::channel();
        let mut renewed = Some(renewed);
        let renew = || {
            left -= 1;
            if left == 0 {
                renewed.take().map(|renewed| renewed.send(()));
            }
            ready(Ok(true))
        };
        with_lease(&short(), SHORT, renew, async { done.await.map_err(Error::custom) }).await.unwrap();
    }

    #[tokio::test]
    async fn work_is_dropped_when_its_lease_is_lost() {
        let taken = with_lease(&short(), SHORT, || ready(Ok(false)), pending::<Result<()>>()).await;
        assert!(taken.is_err_and(|error| error.is_lease_lost()));
        let unreachable =
            with_lease(&short(), SHORT, || ready(Err(Error::invalid("down"))), pending::<Result<()>>()).await;
        assert!(unreachable.is_err_and(|error| error.is_lease_lost()));
        let silent = with_lease(&short(), SHORT, pending, pending::<Result<()>>()).await;
        assert!(silent.is_err_and(|error| error.is_lease_lost()));
    }

    /// The time before the request counts: the server may have read its clock at once, and answered late.
    #[tokio::test]
    async fn a_late_answer_does_not_prolong_a_lease() {
        let asked = Instant::now().checked_sub(SHORT).unwrap();
        assert!(Held::new(asked, SHORT).is_expired());
    }

    #[tokio::test]
    async fn a_covered_lease_does_not_expire() {
        let held = Held::new(Instant::now(), Duration::ZERO);
        let cover = held.cover(SHORT);
        assert!(!held.is_expired());
        drop(cover);
        assert!(!held.is_expired());
        held.expired().await;
        assert!(held.is_expired());
    }
}
