//! Running a transaction again after an error that invites it.

use std::time::Duration;

use crate::error::Result;

/// How often, and after which pauses, [`retry`] runs its closure again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    attempts: u32,
    pause: Duration,
    longest_pause: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self { attempts: 5, pause: Duration::from_millis(10), longest_pause: Duration::from_secs(1) }
    }
}

impl Retry {
    /// Five attempts, with pauses from 10 milliseconds, doubled each time, to 1 second.
    pub fn new() -> Self {
        Self::default()
    }

    /// How often the closure is run at most. Values below 1 count as 1.
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// The pause before the second attempt. A random part of it, at least half, is waited.
    #[must_use]
    pub fn pause(mut self, pause: Duration) -> Self {
        self.pause = pause;
        self
    }

    /// The longest pause.
    #[must_use]
    pub fn longest_pause(mut self, pause: Duration) -> Self {
        self.longest_pause = pause;
        self
    }

    fn before_attempt(&self, attempt: u32) -> Duration {
        let doubled = self.pause.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(2)));
        doubled.min(self.longest_pause).mul_f64(0.5 + fastrand::f64() / 2.0)
    }
}

/// An async closure that can run several times, because it is `Clone`. Every such closure implements it; the trait exists
/// for its error message.
#[diagnostic::on_unimplemented(
    message = "expected an async closure that can run several times, found `{Self}`",
    label = "not an async closure that is Clone",
    note = "`retry` clones the closure for each attempt: declare in it what it changes, and let it borrow the rest"
)]
pub trait RetryBody<T>: AsyncFnOnce() -> Result<T> + Clone {}

#[diagnostic::do_not_recommend]
impl<T, F: AsyncFnOnce() -> Result<T> + Clone> RetryBody<T> for F {}

/// Runs `body` until it succeeds, fails with an error that [is not retryable](crate::Error::is_retryable), or its attempts
/// are used up. `body` begins the transaction itself: what has to be run again is the whole of it.
///
/// ```no_run
/// # use activerecord_core::{retry, transaction, Result, Retry};
/// # async fn example() -> Result<()> {
/// retry(Retry::new(), async || transaction("primary", async || { /* .. */ Ok(()) }).await).await
/// # }
/// ```
///
/// # Errors
/// The last attempt's.
pub async fn retry<T, F>(policy: Retry, body: F) -> Result<T>
where
    F: RetryBody<T>,
{
    let mut attempt = 1;
    loop {
        match Box::pin(body.clone()()).await {
            Err(error) if error.is_retryable() && attempt < policy.attempts => {
                attempt += 1;
                tracing::debug!(target: "activerecord", attempt, kind = ?error.kind(), "the transaction is run again");
                tokio::time::sleep(policy.before_attempt(attempt)).await;
            }
            result => return result,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let policy = Retry::new();
        for (attempt, milliseconds) in [(2, 10), (3, 20), (4, 40), (20, 1000), (u32::MAX, 1000)] {
            let pause = policy.before_attempt(attempt);
            assert!(
                pause <= Duration::from_millis(milliseconds) && pause >= Duration::from_millis(milliseconds) / 2,
                "{pause:?}"
            );
        }
    }
}
