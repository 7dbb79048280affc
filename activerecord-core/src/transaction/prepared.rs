//! A transaction that is prepared: committed or rolled back in a second phase, also by another process.

use std::mem;
use std::sync::Arc;

use super::Transaction;
use super::end::AfterEnds;
use super::level::{Level, Slot};
use crate::backend::{Branch, Control};
use crate::connection::{AsyncBody, Endpoint, PooledConnection, in_transactions};
use crate::error::{Error, ErrorKind, Result};

/// A prepared transaction. The database keeps it, with its locks, through crashes of everything, until it is committed or
/// rolled back by this, or by its name (see [`ConnectionHandle::commit_prepared`](crate::ConnectionHandle::commit_prepared)).
/// To drop this decides nothing.
#[derive(Debug)]
#[must_use = "a prepared transaction holds its locks until it is committed or rolled back"]
pub struct Prepared {
    branch: Branch,
    endpoint: Arc<Endpoint>,
    /// Some servers let nobody else end it while it is open.
    connection: PooledConnection,
    after: Arc<AfterEnds>,
}

impl Transaction {
    /// [`run`](Self::run) with several transactions open, each on a connection of its own.
    ///
    /// # Errors
    /// The closure's own; then each of them can only be rolled back.
    pub fn run_in_all<'t, T, F>(
        transactions: &'t [&'t Self],
        body: F,
    ) -> impl Future<Output = Result<T>> + use<'t, T, F>
    where
        F: AsyncBody<T>,
    {
        let body = Box::pin(body());
        let levels: Vec<_> = transactions.iter().map(|transaction| Arc::clone(transaction.level())).collect();
        async move {
            let result = in_transactions(levels, body).await?;
            if let Err(error) = &result {
                transactions.iter().for_each(|transaction| transaction.level().poison(error));
            }
            result
        }
    }

    /// Commits it, and leaves the `after_commit` hooks of the writes in it for later: when other databases have committed,
    /// too.
    ///
    /// # Errors
    /// As [`commit`](Self::commit), save for `AfterCommit`. `Transaction` for a savepoint.
    pub async fn commit_first(self) -> Result<Detached> {
        let level = self.level();
        let after = Arc::clone(level.after());
        let mut connection = own(level, "committed").await?;
        let committed = level.say(&mut connection, Control::Commit).await;
        committed.map_err(|error| error.with_connection(level.endpoint().name()))?;
        Ok(Detached { after })
    }

    /// The connection that it is on.
    pub fn connection(&self) -> &str {
        self.level().endpoint().name()
    }

    /// The name that it was begun under, where the database wants it named then.
    pub fn branch(&self) -> Option<&Branch> {
        self.level().branch()
    }

    /// Whether a statement was run in it.
    pub fn is_used(&self) -> bool {
        self.level().is_used()
    }

    /// Prepares it as `branch`, which is the name that it was [begun](super::Begin::branch) under where it was named then. Its
    /// `after_commit` hooks wait for the commit.
    ///
    /// # Errors
    /// `Unsupported` when the database prepares no transactions, or not this one: it used something that cannot be prepared;
    /// `Transaction` for a savepoint, and after an earlier error. It is rolled back, or, when the connection broke, nobody
    /// knows: look for the branch among the [prepared ones](crate::ConnectionHandle::prepared).
    pub async fn prepare_as(self, branch: Branch) -> Result<Prepared> {
        let level = self.level();
        let endpoint = Arc::clone(level.endpoint());
        let located = |error: Error| error.with_connection(endpoint.name());
        if !endpoint.capabilities().prepared_transactions {
            return Err(located(cannot_prepare(endpoint.name())));
        }
        if endpoint.dialect().branch_at_begin && level.branch() != Some(&branch) {
            return Err(located(misnamed(&branch)));
        }
        let after = Arc::clone(level.after());
        let mut connection = own(level, "prepared").await?;
        match level.say(&mut connection, Control::Prepare(&branch)).await {
            Ok(()) => Ok(Prepared { branch, endpoint: Arc::clone(&endpoint), connection, after }),
            Err(error) => {
                drop(connection);
                let _ = after.run(false).await;
                Err(located(error))
            }
        }
    }
}

/// The connection of a whole transaction, for its last statement. A savepoint keeps its turn, so that dropping it undoes it.
async fn own(level: &Level, how: &'static str) -> Result<PooledConnection> {
    let whole = level.depth() == 1;
    match if whole { level.last(how).await? } else { Slot::Ended } {
        Slot::Own(connection) => Ok(connection),
        Slot::Lent(_) | Slot::Ended => Err(savepoint().with_connection(level.endpoint().name())),
    }
}

impl Prepared {
    /// The name by which the database knows it.
    pub fn branch(&self) -> &Branch {
        &self.branch
    }

    /// The connection that it is on.
    pub fn connection(&self) -> &str {
        self.endpoint.name()
    }

    /// Commits it, then runs the `after_commit` hooks of the writes in it.
    ///
    /// # Errors
    /// It stays prepared, or the answer was lost: repeat it by name. `AfterCommit` when it is committed, and a hook failed.
    pub async fn commit(self) -> Result<()> {
        let (ended, detached) = self.end(true).await;
        ended?;
        detached.ended(true).await
    }

    /// Rolls it back, then runs the `after_rollback` hooks of the writes in it.
    ///
    /// # Errors
    /// It stays prepared, or the answer was lost: repeat it by name.
    pub async fn rollback(self) -> Result<()> {
        let (ended, detached) = self.end(false).await;
        ended?;
        detached.ended(false).await
    }

    /// Commits it or rolls it back, and leaves the hooks for later. Its connection is given up in any case, so that others
    /// can end it after an error.
    pub async fn end(mut self, commits: bool) -> (Result<()>, Detached) {
        let control =
            if commits { Control::CommitPrepared(&self.branch) } else { Control::RollbackPrepared(&self.branch) };
        let ended = self.connection.control(control).await;
        (ended.map_err(|error| error.with_connection(self.endpoint.name())), Detached { after: self.after })
    }
}

/// The hooks that wait for the end of a transaction.
#[derive(Debug)]
pub struct Detached {
    after: Arc<AfterEnds>,
}

impl Detached {
    /// It has ended, and so has all that belongs to it: runs the `after_commit` or `after_rollback` hooks of the writes in it.
    ///
    /// # Errors
    /// `AfterCommit` when a hook failed.
    pub async fn ended(mut self, committed: bool) -> Result<()> {
        mem::take(&mut self.after).run(committed).await
    }
}

#[cold]
fn cannot_prepare(name: &str) -> Error {
    Error::unsupported(format!(
        "the database of `{name}` prepares no transactions (PostgreSQL needs max_prepared_transactions > 0; SQLite cannot)"
    ))
}

#[cold]
fn savepoint() -> Error {
    Error::new(ErrorKind::Transaction, "a savepoint is no part of a commit in two phases, only the whole transaction")
}

#[cold]
fn misnamed(branch: &Branch) -> Error {
    Error::unsupported(format!(
        "this database names a transaction when it begins: begin it with `.branch(..)` to prepare it as `{branch}`"
    ))
}
