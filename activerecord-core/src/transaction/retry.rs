//! Runs a transaction again after a retryable error.

use std::time::Duration;

use crate::error::Result;

/// The policy of [`retry`]: the number of attempts, and the pauses between them.
///
/// ```
/// # use activerecord_core::Retry;
/// # use std::time::Duration;
/// let policy = Retry::new()
///     .attempts(10)
///     .pause(Duration::from_millis(50))
///     .longest_pause(Duration::from_secs(2));
/// # assert_ne!(policy, Retry::default());
/// ```
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
    /// Creates a policy of 5 attempts. The first pause is 10 milliseconds, each pause is twice as long as the previous
    /// one, and the longest is 1 second.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the maximum number of attempts. Default: 5. A value below 1 counts as 1.
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// Sets the pause before the second attempt. Default: 10 milliseconds. The actual pause is a random time between
    /// half of it and all of it.
    #[must_use]
    pub fn pause(mut self, pause: Duration) -> Self {
        self.pause = pause;
        self
    }

    /// Sets the longest pause. Default: 1 second.
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

/// Runs `body` until it succeeds, fails with an error that is not [retryable](crate::Error::is_retryable), or has used
/// all attempts. `body` must begin the transaction itself, because the whole transaction must run again.
///
/// Each attempt runs a clone of `body`, as it was in the beginning. A record that is moved into `body` is therefore the
/// same in each attempt: what an undone attempt has put into it, such as a key or a version, is gone.
///
/// ```no_run
/// # use activerecord::prelude::*;
/// # use activerecord_core::{Result, Retry, retry, transaction};
/// # #[derive(ActiveRecord, Clone)] struct Account { id: i64, balance: i64, #[version] version: i32 }
/// # async fn example(account: Account) -> Result<Account> {
/// retry(Retry::new(), async move || {
///     let mut account = account;
///     account.balance += 100;
///     transaction("primary", async || account.save().await).await?;
///     Ok(account)
/// })
/// .await
/// # }
/// ```
///
/// ```no_run
/// # use activerecord_core::{connection, retry, transaction, Result, Retry};
/// # async fn example() -> Result<()> {
/// let work = async || connection("primary")?.execute("UPDATE counters SET n = n + 1", []).await;
/// let changed = retry(Retry::new(), async || transaction("primary", work).await).await?;
/// # println!("{changed}");
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// The error of the last attempt.
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
