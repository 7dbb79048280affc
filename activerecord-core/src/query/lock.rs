//! Locking reads.

use std::sync::Arc;

use super::Query;
use crate::connection::Session;
use crate::error::{Error, ErrorKind, Result};
use crate::statement::{Lock, LockStrength, LockWait};
use crate::typed::Source;

/// Locking reads. The rows that the query reads are locked until the transaction ends; outside a transaction the
/// finisher returns `Transaction`. Databases without [`Capabilities::row_locks`](crate::Capabilities::row_locks) return
/// `Unsupported`.
impl<S: Source, R: Send + 'static> Query<S, R> {
    /// Locks the rows: no other transaction can write or lock them until this one ends.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)] struct User { id: i64, name: String, age: i32 }
    /// # async fn example() -> Result<()> {
    /// transaction("primary", async || {
    ///     let mut user = User::filter(User::ID.eq(1)).for_update().one().await?;
    ///     user.age += 1;
    ///     user.save().await
    /// })
    /// .await?;
    /// # Ok(()) }
    /// ```
    pub fn for_update(self) -> Self {
        self.locking(LockStrength::Update)
    }

    /// Locks the rows against writes: other transactions can lock them with `for_share` too. Example:
    /// [`for_update`](Self::for_update).
    pub fn for_share(self) -> Self {
        self.locking(LockStrength::Share)
    }

    /// Skips rows that another transaction has locked. Implies [`for_update`](Self::for_update) if the query has no
    /// lock yet.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)] struct User { id: i64, name: String, age: i32 }
    /// # async fn example() -> Result<()> {
    /// let free = User::filter(User::AGE.eq(0)).limit(10).skip_locked().all().await?; // or nowait()
    /// # Ok(()) }
    /// ```
    pub fn skip_locked(self) -> Self {
        self.waiting(LockWait::SkipLocked)
    }

    /// Fails at once with a retryable error if another transaction has locked one of the rows. Implies
    /// [`for_update`](Self::for_update) if the query has no lock yet. Example: [`skip_locked`](Self::skip_locked).
    pub fn nowait(self) -> Self {
        self.waiting(LockWait::NoWait)
    }

    fn locking(mut self, strength: LockStrength) -> Self {
        let wait = self.select.lock.map_or(LockWait::Wait, |lock| lock.wait);
        self.select.lock = Some(Lock { strength, wait });
        self
    }

    fn waiting(mut self, wait: LockWait) -> Self {
        let strength = self.select.lock.map_or(LockStrength::Update, |lock| lock.strength);
        self.select.lock = Some(Lock { strength, wait });
        self
    }

    /// Refuses a lock outside a transaction: it would end with its statement.
    pub(super) fn check_lock(&self, session: &Session) -> Result<()> {
        match (self.select.lock, session) {
            (Some(_), Session::Pool(_)) => Err(outside(self.model.model, session.endpoint().name())),
            _ => Ok(()),
        }
    }
}

#[cold]
fn outside(model: &'static str, connection: &Arc<str>) -> Error {
    let message = format!(
        "a locking read needs a transaction, which holds the locks; wrap it in transaction(\"{connection}\", ..)"
    );
    Error::new(ErrorKind::Transaction, message).with_model(model).with_connection(connection)
}
