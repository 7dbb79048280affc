//! Locking reads.

use std::sync::Arc;

use super::Query;
use crate::connection::Session;
use crate::error::{Error, ErrorKind, Result};
use crate::statement::{Lock, LockStrength, LockWait};
use crate::typed::Source;

/// The rows that such a query finds are locked until the transaction ends: outside of one it is an error. Only databases
/// with [`Capabilities::row_locks`](crate::Capabilities::row_locks) have it: elsewhere it is `Unsupported`.
impl<S: Source, R: Send + 'static> Query<S, R> {
    /// Nobody else writes or locks these rows until the transaction ends.
    pub fn for_update(self) -> Self {
        self.locking(LockStrength::Update)
    }

    /// Nobody else writes these rows until the transaction ends; others can lock them in the same way.
    pub fn for_share(self) -> Self {
        self.locking(LockStrength::Share)
    }

    /// Leaves out rows that somebody else holds. On a query that locks nothing else it means
    /// [`for_update`](Self::for_update).
    pub fn skip_locked(self) -> Self {
        self.waiting(LockWait::SkipLocked)
    }

    /// Fails at once with a retryable error when somebody else holds one of the rows. On a query that locks nothing else it
    /// means [`for_update`](Self::for_update).
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

    /// Refuses a lock that would end with its own statement.
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
        "a locking read holds its rows until the transaction ends, and there is none: wrap it in transaction(\"{connection}\", ..)"
    );
    Error::new(ErrorKind::Transaction, message).with_model(model).with_connection(connection)
}
