//! Transactions on one connection: ambient (`transaction(name, async || ..)`) and in the hand ([`Transaction`]).
//!
//! One guard serves both. A transaction inside a transaction of the same connection is a savepoint. Whatever is dropped
//! before its end is rolled back, also when it is cancelled in the middle of an await.

mod begin;
mod end;
mod level;
mod prepared;
mod retry;
mod state;

pub use begin::{Begin, Transaction};
pub use prepared::{Detached, Prepared};
pub use retry::{Retry, retry};

pub(crate) use end::AfterEnd;
pub(crate) use level::{Level, Turn};

use crate::connection::in_transaction;
use crate::error::{Error, Result};

/// Runs `body` in a transaction on the connection `name`: committed when it returns `Ok`, rolled back when it returns
/// `Err`, panics or is cancelled. Inside a transaction on the same connection it is a savepoint.
///
/// Every statement on that connection in `body` joins it, whichever model it comes from; statements on other connections do
/// not (see [`ConnectionManager::outside_transactions`](crate::ConnectionManager::outside_transactions)). After a statement
/// failed, the transaction can only be rolled back, on every database alike; put what may fail into a nested `transaction`.
///
/// # Errors
/// The closure's own; `Configuration` when there is no such connection; `Transaction` when the closure returned `Ok` after
/// an error that was not rolled back to a savepoint; `CommitOutcomeUnknown` when the connection broke during COMMIT;
/// `AfterCommit` when it is committed and an `after_commit` hook failed.
pub async fn transaction<T, F>(name: &str, body: F) -> Result<T>
where
    F: AsyncFnOnce() -> Result<T>,
{
    Transaction::begin(name).run(body).await
}

/// [`transaction`] for a closure with an error type of its own.
///
/// # Errors
/// As [`transaction`].
pub async fn try_transaction<T, E, F>(name: &str, body: F) -> Result<T, E>
where
    E: From<Error>,
    F: AsyncFnOnce() -> Result<T, E>,
{
    Transaction::begin(name).run_boxed(Box::pin(body())).await
}

impl Transaction {
    /// Runs `body` inside, then ends the transaction by its result.
    pub(crate) async fn finish<T, E>(self, body: impl Future<Output = Result<T, E>>) -> Result<T, E>
    where
        E: From<Error>,
    {
        match in_transaction(self.level(), body).await? {
            Ok(value) => {
                self.commit().await?;
                Ok(value)
            }
            Err(error) => {
                // The closure's error is what the caller needs; a rollback that fails ends with the connection closed.
                let _ = self.rollback().await;
                Err(error)
            }
        }
    }
}
