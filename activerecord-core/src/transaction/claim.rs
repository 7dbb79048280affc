//! Finds statements that a program runs beside an explicit transaction by mistake.
//!
//! A statement joins an explicit transaction only through `Transaction::run`, a verb of the transaction, or `Query::on`.
//! Without them it would commit by itself on another connection. So an open explicit transaction claims the statements of
//! its task on its connection, and a statement outside of it is an error.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

use super::level::Level;
use crate::error::{Error, ErrorKind, Result};

/// The claim of one open transaction. It ends when it is dropped.
#[derive(Debug)]
pub(super) struct Claim {
    level: Arc<Level>,
}

impl Claim {
    /// Claims the statements of this task on the connection of an outermost transaction.
    pub(super) fn of(level: &Arc<Level>) -> Self {
        level.endpoint().claims().add(level);
        Self { level: Arc::clone(level) }
    }

    /// Moves the claim to this task, because the transaction was sent to it.
    pub(super) fn take_over(&self) {
        self.level.endpoint().claims().of(&self.level, |claimed| claimed.by = Claimant::current());
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.level.endpoint().claims().remove(&self.level);
    }
}

/// The claims on one connection.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    /// The number of claims, so that a statement without any costs no lock.
    count: AtomicUsize,
    open: Mutex<Vec<Claimed>>,
}

#[derive(Debug)]
struct Claimed {
    by: Claimant,
    level: Arc<Level>,
}

/// Who runs statements: a task, or the thread of a future that is not spawned, such as `main`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Claimant {
    Task(tokio::task::Id),
    Thread(ThreadId),
}

impl Claimant {
    fn current() -> Self {
        tokio::task::try_id().map_or_else(|| Self::Thread(thread::current().id()), Self::Task)
    }
}

impl Claims {
    /// Checks that this task has no open explicit transaction on the connection `name`.
    ///
    /// # Errors
    /// `Transaction`.
    pub(crate) fn check(&self, name: &Arc<str>) -> Result<()> {
        if self.count.load(Ordering::Relaxed) == 0 {
            return Ok(());
        }
        let me = Claimant::current();
        let is_claimed = self.open().iter().any(|claimed| claimed.by == me && claimed.level.state().ended.is_none());
        if is_claimed { Err(beside(name)) } else { Ok(()) }
    }

    fn add(&self, level: &Arc<Level>) {
        let claimed = Claimed { by: Claimant::current(), level: Arc::clone(level) };
        self.open().push(claimed);
        self.count.fetch_add(1, Ordering::Relaxed);
    }

    fn remove(&self, level: &Arc<Level>) {
        self.open().retain(|claimed| !Arc::ptr_eq(&claimed.level, level));
        self.count.fetch_sub(1, Ordering::Relaxed);
    }

    fn of(&self, level: &Arc<Level>, edit: impl FnOnce(&mut Claimed)) {
        if let Some(claimed) = self.open().iter_mut().find(|claimed| Arc::ptr_eq(&claimed.level, level)) {
            edit(claimed);
        }
    }

    fn open(&self) -> MutexGuard<'_, Vec<Claimed>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cold]
fn beside(name: &Arc<str>) -> Error {
    let message = format!(
        "this task has an explicit transaction open on `{name}`, and the statement would run outside of it; use \
         `tx.run(async || ..)`, a verb of the transaction such as `tx.save(&mut record)`, or `.on(&tx)` on a query. If both \
         are meant to be separate, begin the transaction with `.independent()`"
    );
    Error::new(ErrorKind::Transaction, message).with_connection(name)
}
