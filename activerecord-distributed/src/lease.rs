//! An exclusive lease: one process at a time does a piece of work, until a time by the database's clock. Every write is
//! conditional on the lease's fencing token and matches no row after a takeover (C. Gray and D. Cheriton, "Leases",
//! 1989).

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use activerecord_core::{Error, Result};
use tokio::time::{Instant, sleep_until};

use crate::error::LEASE_LOST;
use crate::failpoint;

/// The default length of a lease.
pub(crate) const LENGTH: Duration = Duration::from_secs(30);

/// The number of renewals per lease length.
const RENEWALS: u32 = 3;

/// The time between two renewals of a lease of this length.
pub(crate) fn interval(length: Duration) -> Duration {
    length / RENEWALS
}

/// Runs `work` and renews its lease meanwhile. `renew` returns whether the lease is still held. If the lease is lost,
/// `work` is dropped.
///
/// # Errors
/// `LEASE_LOST` when another process has the lease, or when it expired before it could be renewed; otherwise the work's
/// own.
pub(crate) async fn with_lease<T, F>(
    length: Duration,
    mut renew: impl FnMut() -> F,
    work: impl Future<Output = Result<T>>,
) -> Result<T>
where
    F: Future<Output = Result<bool>>,
{
    if failpoint::is_broken("saga.lease") {
        return work.await;
    }
    let mut work = pin!(work);
    let (mut end, mut next) = (Instant::now() + length, Instant::now() + interval(length));
    loop {
        tokio::select! {
            biased;
            result = &mut work => return result,
            () = sleep_until(next) => {}
        }
        let renewal_started = Instant::now();
        let mut renewal = pin!(renew());
        let renewed = tokio::select! {
            biased;
            result = &mut work => return result,
            renewed = &mut renewal => renewed,
            () = sleep_until(end) => return Err(lost("it expired before it could be renewed")),
        };
        match renewed {
            Ok(true) => end = renewal_started + length,
            Ok(false) => return Err(lost("another process has taken it over")),
            Err(error) => tracing::warn!(target: "activerecord", %error, "a lease could not be renewed"),
        }
        next = (renewal_started + interval(length)).min(end).max(Instant::now());
        if Instant::now() >= end {
            return Err(lost("it expired before it could be renewed"));
        }
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
        with_lease(SHORT, renew, async { done.await.map_err(Error::custom) }).await.unwrap();
    }

    #[tokio::test]
    async fn work_is_dropped_when_its_lease_is_lost() {
        let taken = with_lease(SHORT, || ready(Ok(false)), pending::<Result<()>>()).await;
        assert!(taken.is_err_and(|error| error.is_lease_lost()));
        let unreachable = with_lease(SHORT, || ready(Err(Error::invalid("down"))), pending::<Result<()>>()).await;
        assert!(unreachable.is_err_and(|error| error.is_lease_lost()));
        let silent = with_lease(SHORT, pending, pending::<Result<()>>()).await;
        assert!(silent.is_err_and(|error| error.is_lease_lost()));
    }
}
