//! Calls after the end of the outermost transaction.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::backend::BoxFuture;
use crate::connection::{Frame, routing, within};
use crate::error::{Error, ErrorKind, Result};

type Call = Box<dyn FnOnce(bool) -> BoxFuture<'static, Result<()>> + Send>;

/// A call after the end of a transaction. Its argument is true when its write was committed. It runs in the connection
/// scopes in which it was registered, outside every transaction.
pub(crate) struct AfterEnd {
    call: Call,
    scope: Option<Arc<Frame>>,
    rolled_back: bool,
}

impl AfterEnd {
    pub(crate) fn new(call: impl FnOnce(bool) -> BoxFuture<'static, Result<()>> + Send + 'static) -> Self {
        Self { call: Box::new(call), scope: routing(), rolled_back: false }
    }

    async fn run(self, committed: bool) -> Result<()> {
        within(self.scope, (self.call)(committed && !self.rolled_back)).await
    }
}

/// The calls of one transaction, in the order of their registration.
#[derive(Default)]
pub(super) struct AfterEnds(Mutex<Vec<AfterEnd>>);

impl AfterEnds {
    fn entries(&self) -> MutexGuard<'_, Vec<AfterEnd>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn push(&self, entry: AfterEnd) {
        self.entries().push(entry);
    }

    pub(super) fn len(&self) -> usize {
        self.entries().len()
    }

    /// Marks the calls since `mark` as rolled back, because their savepoint was undone.
    pub(super) fn roll_back_from(&self, mark: usize) {
        for entry in self.entries().iter_mut().skip(mark) {
            entry.rolled_back = true;
        }
    }

    /// Runs all calls, and returns the first error. Logs the others.
    pub(super) async fn run(&self, committed: bool) -> Result<()> {
        let entries = std::mem::take(&mut *self.entries());
        let mut first = Ok(());
        for entry in entries {
            let result = entry.run(committed).await.map_err(|error| failed(error, committed));
            if let (Err(_), Err(error)) = (&first, &result) {
                tracing::warn!(target: "activerecord", %error, "one more hook failed after the end of the transaction");
            }
            first = first.and(result);
        }
        first
    }
}

impl fmt::Debug for AfterEnds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AfterEnds").field(&self.len()).finish()
    }
}

/// The error of a call after a commit has a kind of its own, because a retry would do the work twice.
#[cold]
pub(crate) fn failed(mut error: Error, committed: bool) -> Error {
    if !committed {
        return error.context("the transaction is rolled back, but an after_rollback hook failed");
    }
    let message = format!("the transaction is committed, but an after_commit hook failed: {error}");
    Error::new(ErrorKind::AfterCommit, message).with_record_of(&mut error).with_source(error)
}
