//! Transactions on one connection: by closure (`transaction(name, async || ..)`) and explicit ([`Transaction`]).
//!
//! A transaction inside another one on the same connection is a savepoint. A transaction that is dropped before its end
//! is rolled back, also when its task is cancelled.

mod aside;
mod begin;
mod claim;
mod end;
mod level;
mod prepared;
mod retry;
mod state;
mod tables;

pub use begin::{Begin, Transaction};
pub use prepared::{Detached, Prepared};
pub use retry::{Retry, RetryBody, retry};

pub(crate) use claim::Claims;
pub(crate) use end::AfterEnd;
pub(crate) use level::{Level, Turn};

use crate::connection::{AsyncBody, in_transaction};
use crate::error::{Error, Result};

/// Runs `body` in a transaction on the connection `name`. Commits it when `body` returns `Ok`. Rolls it back when
/// `body` returns `Err`, panics or is cancelled. Inside a transaction on the same connection it is a savepoint.
///
/// All statements in `body` on this connection join the transaction, from all models. Statements on other connections
/// do not; see [`ConnectionManager::outside_transactions`](crate::ConnectionManager::outside_transactions). After the
/// database has reported an error, the transaction can only be rolled back, on every database. Put statements that may
/// fail into a nested `transaction`.
///
/// ```no_run
/// # use activerecord::prelude::*;
/// # use activerecord_core::Result;
/// # #[derive(ActiveRecord)]
/// # struct Account { #[primary_key] id: i64, balance: i64 }
/// # async fn example() -> Result<()> {
/// activerecord_core::transaction("primary", async || {
///     let (mut from, mut to) = (Account::find(1).await?, Account::find(2).await?);
///     from.balance -= 100;
///     to.balance += 100;
///     from.save().await?;
///     to.save().await
/// })
/// .await
/// # }
/// ```
///
/// # Errors
/// The error of the closure; `Configuration` when no connection has this name; `Transaction` inside a scope of all models
/// for another connection, where the models' statements would not join the transaction, and when the closure returned
/// `Ok` after an error that was not rolled back to a savepoint; `CommitOutcomeUnknown` when the connection broke during
/// COMMIT; `AfterCommit` when the transaction is committed, but an `after_commit` hook failed.
pub async fn transaction<T, F>(name: &str, body: F) -> Result<T>
where
    F: AsyncBody<T>,
{
    Transaction::begin(name).run(body).await
}

/// [`transaction`] for a closure with another error type.
///
/// ```no_run
/// # use activerecord_core::{connection, try_transaction, Error};
/// #[derive(Debug)]
/// enum ShopError {
///     Database(Error),
///     SoldOut,
/// }
/// # impl From<Error> for ShopError { fn from(error: Error) -> Self { Self::Database(error) } }
///
/// # async fn example() -> Result<(), ShopError> {
/// try_transaction("shop", async || {
///     let sold = connection("shop")?.execute("UPDATE stock SET amount = amount - 1 WHERE amount > 0", []).await?;
///     if sold == 0 { Err(ShopError::SoldOut) } else { Ok(()) }
/// })
/// .await
/// # }
/// ```
///
/// # Errors
/// As [`transaction`].
pub async fn try_transaction<T, E, F>(name: &str, body: F) -> Result<T, E>
where
    E: From<Error>,
    F: AsyncBody<T, E>,
{
    Transaction::begin(name).run_boxed(Box::pin(body())).await
}

impl Transaction {
    /// Runs `body` in the transaction, then commits or rolls back according to its result.
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
                // The caller needs the error of the closure. A rollback that fails closes the connection.
                let _ = self.rollback().await;
                Err(error)
            }
        }
    }
}
