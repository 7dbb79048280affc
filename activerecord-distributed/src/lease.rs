//! Work that one process does at a time. Whoever takes it up has it until a time by the database's clock, and marks it with a
//! token; every write for the work names the token, and finds no row once somebody else has taken it up.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use activerecord_core::{Error, Result};
use tokio::time::{Instant, sleep_until};

use crate::error::LEASE_LOST;
use crate::failpoint;

/// How long a lease is, unless it is set.
pub(crate) const LENGTH: Duration = Duration::from_secs(30);

/// The number of renewals within a lease.
const RENEWALS: u32 = 3;

/// How often a lease of this length is renewed.
pub(crate) fn interval(length: Duration) -> Duration {
    length / RENEWALS
}

/// Runs `work`, and renews its lease meanwhile: `renew` says whether it is still held. Work whose lease is lost is dropped.
///
/// # Errors
/// `LeaseLost`, also when the database could not be asked before the lease was over; else the work's own.
pub(crate) async fn held<T, F>(
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
        let asked = Instant::now();
        let mut renewal = pin!(renew());
        let renewed = tokio::select! {
            biased;
            result = &mut work => return result,
            renewed = &mut renewal => renewed,
            () = sleep_until(end) => return Err(lost("it could not be renewed in time")),
        };
        match renewed {
            Ok(true) => end = asked + length,
            Ok(false) => return Err(lost("somebody else has taken it up")),
            Err(error) => tracing::warn!(target: "activerecord", %error, "a lease could not be renewed"),
        }
        next = (asked + interval(length)).min(end).max(Instant::now());
        if Instant::now() >= end {
            return Err(lost("it could not be renewed in time"));
        }
    }
}

#[cold]
pub(crate) fn lost(why: &str) -> Error {
    Error::new(LEASE_LOST, format!("the lease on this work is lost: {why}"))
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;
    use crate::error::ProtocolError as _;

    const SHORT: Duration = Duration::from_millis(60);

    #[tokio::test]
    async fn work_goes_on_while_its_lease_is_renewed() {
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
        held(SHORT, renew, async { done.await.map_err(Error::custom) }).await.unwrap();
    }

    #[tokio::test]
    async fn work_ends_with_its_lease() {
        let taken = held(SHORT, || ready(Ok(false)), pending::<Result<()>>()).await;
        assert!(taken.is_err_and(|error| error.is_lease_lost()));
        let unreachable = held(SHORT, || ready(Err(Error::invalid("down"))), pending::<Result<()>>()).await;
        assert!(unreachable.is_err_and(|error| error.is_lease_lost()));
        let silent = held(SHORT, pending, pending::<Result<()>>()).await;
        assert!(silent.is_err_and(|error| error.is_lease_lost()));
    }
}
