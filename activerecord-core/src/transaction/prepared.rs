//! Prepared transactions: the second phase commits them or rolls them back, also from another process.

use std::mem;
use std::sync::Arc;

use super::Transaction;
use super::end::AfterEnds;
use super::level::{Level, Slot};
use crate::backend::{Branch, Control};
use crate::connection::{AsyncBody, Endpoint, PooledConnection, in_transactions};
use crate::error::{Error, ErrorKind, Result};

/// A prepared transaction. The database keeps it and its locks, also after crashes of the program and the server, until
/// it is committed or rolled back: here, or by its name (see
/// [`ConnectionHandle::commit_prepared`](crate::ConnectionHandle::commit_prepared)). Dropping this value does neither.
///
/// ```no_run
/// # use activerecord_core::{connection, Result, Transaction};
/// # async fn example() -> Result<()> {
/// let tx = Transaction::begin("primary").branch("transfer-0190").await?;
/// tx.run(async || connection("primary")?.execute("UPDATE accounts SET balance = balance - 100", []).await).await?;
/// let prepared = tx.prepare().await?;
/// println!("prepared {} on {}", prepared.branch(), prepared.connection());
/// prepared.commit().await
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a prepared transaction holds its locks until it is committed or rolled back"]
pub struct Prepared {
    branch: Branch,
    endpoint: Arc<Endpoint>,
    /// Kept, because on some servers no other session can end the branch while this one is open.
    connection: PooledConnection,
    after: Arc<AfterEnds>,
}

impl Transaction {
    /// [`run`](Self::run) in several transactions, each on another connection.
    ///
    /// ```no_run
    /// # use activerecord_core::{connection, Result, Transaction};
    /// # async fn example() -> Result<()> {
    /// let (shop, bank) = (Transaction::begin("shop").await?, Transaction::begin("bank").await?);
    /// Transaction::run_in_all(&[&shop, &bank], async || {
    ///     connection("shop")?.execute("UPDATE orders SET paid = 1 WHERE id = ?", [7]).await?;
    ///     connection("bank")?.execute("INSERT INTO payments (order_id) VALUES (?)", [7]).await
    /// })
    /// .await?;
    /// shop.commit().await?;
    /// bank.commit().await
    /// # }
    /// ```
    ///
    /// # Errors
    /// The error of the closure. Each transaction can then only be rolled back.
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
            transactions.iter().for_each(|transaction| transaction.claim());
            let result = in_transactions(levels, body).await?;
            if let Err(error) = &result {
                transactions.iter().for_each(|transaction| transaction.level().poison(error));
            }
            result
        }
    }

    /// Commits the transaction without its `after_commit` hooks. [`Detached::ended`] runs them when the other databases
    /// have committed too.
    ///
    /// ```no_run
    /// # use activerecord_core::{Prepared, Result, Transaction};
    /// # async fn example(first: Transaction, second: Prepared) -> Result<()> {
    /// let hooks = first.commit_first().await?;
    /// second.commit().await?;
    /// hooks.ended(true).await
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`commit`](Self::commit), except for `AfterCommit`. `Transaction` for a savepoint.
    pub async fn commit_first(self) -> Result<Detached> {
        let level = self.level();
        let after = Arc::clone(level.after());
        let mut connection = own(level, "committed").await?;
        if let Err(error) = level.say(&mut connection, Control::Commit).await {
            if error.is_commit_outcome_unknown() {
                level.endpoint().descriptions().forget();
            }
            return Err(error.with_connection(level.endpoint().name()));
        }
        Ok(Detached { after })
    }

    /// Returns the hooks of the writes so far. With them, a protocol that learns the outcome from elsewhere can run the
    /// hooks after the answer to the last statement was lost. Each hook runs once, whoever runs it.
    ///
    /// ```no_run
    /// # use activerecord_core::{Result, Transaction};
    /// # async fn example(first: Transaction, asked: impl AsyncFn() -> Result<bool>) -> Result<()> {
    /// let hooks = first.hooks();
    /// match first.commit_first().await {
    ///     Ok(_) => hooks.ended(true).await,
    ///     Err(_) => hooks.ended(asked().await?).await,
    /// }
    /// # }
    /// ```
    pub fn hooks(&self) -> Detached {
        Detached { after: Arc::clone(self.level().after()) }
    }

    /// Returns the name of the connection.
    pub fn connection(&self) -> &str {
        self.level().endpoint().name()
    }

    /// Returns the name that [`Begin::branch`](super::Begin::branch) has set; None without one.
    pub fn branch(&self) -> Option<&Branch> {
        self.level().branch()
    }

    /// Returns true when a statement ran in the transaction. A protocol can skip the preparation of an unused one.
    ///
    /// ```no_run
    /// # use activerecord_core::{Result, Transaction};
    /// # async fn example() -> Result<()> {
    /// let tx = Transaction::begin("primary").await?;
    /// assert!(!tx.is_used() && tx.connection() == "primary");
    /// # Ok(())
    /// # }
    /// ```
    pub fn is_used(&self) -> bool {
        self.level().is_used()
    }

    /// Prepares the transaction under the name that [`Begin::branch`](super::Begin::branch) has set. The `after_commit`
    /// hooks wait for the commit. [`Prepared`] has an example.
    ///
    /// The caller must record the decision durably and end all branches by it, also after a crash. The function
    /// `two_phase` of the facade does all of that.
    ///
    /// # Errors
    /// `Unsupported` when the transaction has no name, the database does not support prepared transactions, or the
    /// transaction used a feature that cannot be prepared; `Transaction` for a savepoint, and after an earlier error.
    /// The transaction is then rolled back. After `ConnectionLost` it may or may not be prepared: look for the branch
    /// in [`ConnectionHandle::prepared`](crate::ConnectionHandle::prepared).
    pub async fn prepare(self) -> Result<Prepared> {
        match self.branch().cloned() {
            Some(branch) => self.prepare_as(branch).await,
            None => Err(unnamed(self.level().endpoint().name())),
        }
    }

    /// Prepares the transaction as `branch`. If [`Begin::branch`](super::Begin::branch) has set a name, it must be the
    /// same. MySQL and MariaDB need that name.
    ///
    /// # Errors
    /// As [`prepare`](Self::prepare).
    pub async fn prepare_as(self, branch: Branch) -> Result<Prepared> {
        let level = self.level();
        let endpoint = Arc::clone(level.endpoint());
        let located = |error: Error| error.with_connection(endpoint.name());
        if !endpoint.capabilities().prepared_transactions {
            return Err(located(cannot_prepare(endpoint.name())));
        }
        match level.branch() {
            Some(begun) if *begun != branch => return Err(located(misnamed(&branch, begun))),
            None if endpoint.dialect().branch_at_begin => return Err(unnamed(endpoint.name())),
            _ => {}
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

/// Takes the connection of a transaction for its last statement. A savepoint keeps its turn, so that its drop undoes
/// it.
async fn own(level: &Level, how: &'static str) -> Result<PooledConnection> {
    let whole = level.depth() == 1;
    match if whole { level.last(how).await? } else { Slot::Ended } {
        Slot::Own(connection) => Ok(connection),
        Slot::Lent(_) | Slot::Ended => Err(savepoint().with_connection(level.endpoint().name())),
    }
}

impl Prepared {
    /// Returns the name of the branch.
    pub fn branch(&self) -> &Branch {
        &self.branch
    }

    /// Returns the name of the connection.
    pub fn connection(&self) -> &str {
        self.endpoint.name()
    }

    /// Returns the hooks of its writes, as [`Transaction::hooks`].
    pub fn hooks(&self) -> Detached {
        Detached { after: Arc::clone(&self.after) }
    }

    /// Commits the branch, then runs the `after_commit` hooks of its writes.
    ///
    /// # Errors
    /// The branch stays prepared, or the answer was lost: repeat the commit
    /// [by name](crate::ConnectionHandle::commit_prepared). `AfterCommit` when it is committed, but a hook failed.
    pub async fn commit(self) -> Result<()> {
        let (ended, detached) = self.end(true).await;
        ended?;
        detached.ended(true).await
    }

    /// Rolls the branch back, then runs the `after_rollback` hooks of its writes.
    ///
    /// ```no_run
    /// # use activerecord_core::{Prepared, Result};
    /// # async fn example(first: Prepared, second: Prepared, is_agreed: bool) -> Result<()> {
    /// if is_agreed {
    ///     first.commit().await?;
    ///     second.commit().await
    /// } else {
    ///     first.rollback().await?;
    ///     second.rollback().await
    /// }
    /// # }
    /// ```
    ///
    /// # Errors
    /// The branch stays prepared, or the answer was lost: repeat the rollback
    /// [by name](crate::ConnectionHandle::rollback_prepared).
    pub async fn rollback(self) -> Result<()> {
        let (ended, detached) = self.end(false).await;
        ended?;
        detached.ended(false).await
    }

    /// Commits the branch or rolls it back, without its hooks. It releases the connection in any case, so that another
    /// session can end the branch after an error.
    ///
    /// ```no_run
    /// # use activerecord_core::{connection, Prepared, Result};
    /// # async fn example(prepared: Prepared) -> Result<()> {
    /// let (branch, name) = (prepared.branch().clone(), prepared.connection().to_owned());
    /// let (ended, hooks) = prepared.end(true).await;
    /// if ended.is_err() {
    ///     connection(&name)?.commit_prepared(&branch).await?;
    /// }
    /// hooks.ended(true).await
    /// # }
    /// ```
    ///
    /// # Errors
    /// The first item is an error when the branch stays prepared, or the answer was lost: end it by name.
    pub async fn end(mut self, commits: bool) -> (Result<()>, Detached) {
        let control =
            if commits { Control::CommitPrepared(&self.branch) } else { Control::RollbackPrepared(&self.branch) };
        let ended = self.connection.control(control).await;
        (ended.map_err(|error| error.with_connection(self.endpoint.name())), Detached { after: self.after })
    }
}

/// The hooks of a transaction that has ended without running them.
#[derive(Debug)]
pub struct Detached {
    after: Arc<AfterEnds>,
}

impl Detached {
    /// Runs the `after_commit` hooks, or, when `committed` is false, the `after_rollback` hooks of the writes in the
    /// transaction.
    ///
    /// # Errors
    /// `AfterCommit` when an `after_commit` hook failed; the error of an `after_rollback` hook.
    pub async fn ended(mut self, committed: bool) -> Result<()> {
        mem::take(&mut self.after).run(committed).await
    }
}

#[cold]
fn cannot_prepare(name: &str) -> Error {
    Error::unsupported(format!(
        "the database of `{name}` does not support prepared transactions (PostgreSQL needs max_prepared_transactions > 0; SQLite \
         has none)"
    ))
}

#[cold]
fn savepoint() -> Error {
    Error::new(ErrorKind::Transaction, "two-phase commit needs the outermost transaction, not a savepoint")
}

#[cold]
fn misnamed(branch: &Branch, begun: &Branch) -> Error {
    Error::unsupported(format!(
        "the transaction was begun as the branch `{begun}` and cannot be prepared as `{branch}`"
    ))
}

#[cold]
fn unnamed(name: &Arc<str>) -> Error {
    let message = format!(
        "the transaction on `{name}` has no name, so it cannot be prepared; begin it with \
         `Transaction::begin(\"{name}\").branch(gid)`"
    );
    Error::unsupported(message).with_connection(name)
}
