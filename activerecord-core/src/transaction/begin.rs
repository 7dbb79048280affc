//! Explicit transactions.

use std::future::{Future, IntoFuture};
use std::sync::Arc;

use super::level::Level;
use crate::backend::{BoxFuture, Branch, Isolation, TransactionOptions};
use crate::connection::{AsyncBody, Session, endpoint, in_transaction, transaction};
use crate::error::{Error, ErrorKind, Result};

/// An explicit transaction. If it is dropped without [`commit`](Self::commit), it is rolled back.
///
/// ```no_run
/// # use activerecord_core::{Transaction, Isolation::Serializable, Result};
/// # async fn example() -> Result<()> {
/// let tx = Transaction::begin("primary").isolation(Serializable).await?;
/// tx.run(async || { /* every statement on `primary` joins it */ Ok(()) }).await?;
/// tx.commit().await
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a transaction that is dropped is rolled back"]
pub struct Transaction {
    level: Arc<Level>,
}

/// Begins a transaction: await it to get a [`Transaction`], or [`run`](Self::run) a closure in it.
///
/// ```no_run
/// # use activerecord_core::{connection, Isolation, Result, Transaction};
/// # async fn example() -> Result<()> {
/// let begin = Transaction::begin("primary").isolation(Isolation::RepeatableRead).read_only();
/// let total: i64 = begin
///     .run(async || connection("primary")?.query("SELECT sum(amount) FROM accounts", []).await?[0].get(0))
///     .await?;
/// # println!("{total}");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing begins before it is awaited"]
pub struct Begin {
    name: String,
    options: TransactionOptions,
    branch: Option<Branch>,
    one_phase: bool,
}

impl Begin {
    /// Sets the isolation level. Default: that of the database. A database can use a stronger level.
    pub fn isolation(mut self, isolation: Isolation) -> Self {
        self.options.isolation = Some(isolation);
        self
    }

    /// Makes the database refuse writes. Default: writes are allowed.
    pub fn read_only(mut self) -> Self {
        self.options.read_only = true;
        self
    }

    /// Sets the name of the branch, so that the transaction can be [prepared](Transaction::prepare_as) under this name.
    /// It has no effect inside another transaction.
    ///
    /// ```no_run
    /// # use activerecord_core::{Branch, Result, Transaction};
    /// # async fn example() -> Result<()> {
    /// let branch = Branch::new("transfer-0190", "b0")?;
    /// let tx = Transaction::begin("primary").branch(branch.clone()).await?;
    /// let prepared = tx.prepare_as(branch).await?;
    /// prepared.commit().await
    /// # }
    /// ```
    pub fn branch(mut self, branch: Branch) -> Self {
        self.branch = Some(branch);
        self
    }

    /// States that the transaction will not be prepared. On MySQL and MariaDB this makes its commit cheaper: a
    /// transaction that can be prepared begins as a branch, whose commit is written twice. It makes no difference on
    /// other databases, and with [`run`](Self::run).
    pub fn one_phase(mut self) -> Self {
        self.one_phase = true;
        self
    }

    /// Begins the transaction, runs `body` in it, and commits it when `body` returns `Ok`. Otherwise rolls it back.
    ///
    /// ```no_run
    /// # use activerecord_core::{connection, Isolation, Result, Transaction};
    /// # async fn example() -> Result<()> {
    /// Transaction::begin("primary")
    ///     .isolation(Isolation::Serializable)
    ///     .run(async || connection("primary")?.execute("UPDATE seats SET taken = 1 WHERE id = ?", [7]).await)
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`transaction`](super::transaction()).
    pub async fn run<T, F>(self, body: F) -> Result<T>
    where
        F: AsyncBody<T>,
    {
        self.run_boxed(Box::pin(body())).await
    }

    /// [`run`](Self::run) for a boxed body with another error type. The transaction ends here, so it cannot be
    /// prepared.
    pub(crate) async fn run_boxed<T, E>(self, body: impl Future<Output = Result<T, E>>) -> Result<T, E>
    where
        E: From<Error>,
    {
        self.one_phase().begin().await?.finish(body).await
    }

    async fn begin(self) -> Result<Transaction> {
        let level = match transaction(&self.name) {
            Some(_) if self.options != TransactionOptions::default() => return Err(nested_options(&self.name)),
            Some(outer) => Level::nested(&outer).await?,
            None => {
                let endpoint = endpoint(&self.name)?;
                let branch = if endpoint.dialect().branch_at_begin { self.branch_at_begin() } else { None };
                Level::begin(&endpoint, self.options, false, branch).await?
            }
        };
        Ok(Transaction { level })
    }

    /// The given name, or a new one if the transaction can be prepared.
    fn branch_at_begin(&self) -> Option<Branch> {
        let may_be_prepared = !(self.options.read_only || self.one_phase);
        self.branch.clone().or_else(|| may_be_prepared.then(Branch::unnamed))
    }
}

impl IntoFuture for Begin {
    type Output = Result<Transaction>;
    type IntoFuture = BoxFuture<'static, Result<Transaction>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.begin())
    }
}

#[cold]
fn nested_options(name: &str) -> Error {
    Error::new(
        ErrorKind::Transaction,
        format!(
            "a transaction is open on `{name}`: a transaction inside it is a savepoint, which cannot have an isolation level or an access mode"
        ),
    )
}

impl Transaction {
    /// Begins a transaction on the connection `name`. If this task has a transaction open on the connection, begins a
    /// savepoint in it.
    ///
    /// ```no_run
    /// # use activerecord_core::{connection, Result, Transaction};
    /// # async fn example() -> Result<()> {
    /// let tx = Transaction::begin("primary").await?;
    /// tx.run(async || connection("primary")?.execute("DELETE FROM logins", []).await).await?;
    /// tx.rollback().await
    /// # }
    /// ```
    ///
    /// # Errors
    /// When awaited: `Configuration` when no connection has this name; `Transaction` when a savepoint has an isolation
    /// level or an access mode; `PoolTimeout`, `Busy` and those of the connection.
    pub fn begin(name: impl AsRef<str>) -> Begin {
        Begin { name: name.as_ref().to_owned(), options: TransactionOptions::default(), branch: None, one_phase: false }
    }

    /// Begins the transaction around one write of a model with hooks: a savepoint if a transaction is open.
    pub(crate) async fn around_write(session: &Session) -> Result<Self> {
        let level = match session {
            Session::Transaction(outer) => Level::nested(outer).await?,
            Session::Pool(endpoint) => Level::begin(endpoint, TransactionOptions::default(), true, None).await?,
        };
        Ok(Self { level })
    }

    /// Runs `body` in this transaction: every statement on its connection joins it. It can be called several times.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # use activerecord_core::{Result, Transaction};
    /// # #[derive(ActiveRecord)]
    /// # struct User { #[primary_key] id: i64, name: String }
    /// # async fn example() -> Result<()> {
    /// let tx = Transaction::begin("primary").await?;
    /// tx.run(async || {
    ///     let mut user = User::find(7).await?;
    ///     user.name = "Ada".to_owned();
    ///     user.save().await
    /// })
    /// .await?;
    /// tx.commit().await
    /// # }
    /// ```
    ///
    /// # Errors
    /// The error of the closure. The transaction can then only be rolled back.
    pub fn run<T, F>(&self, body: F) -> impl Future<Output = Result<T>> + use<'_, T, F>
    where
        F: AsyncBody<T>,
    {
        let body = Box::pin(body());
        async move {
            let result = in_transaction(&self.level, body).await?;
            if let Err(error) = &result {
                self.level.poison(error);
            }
            result
        }
    }

    /// Commits the transaction, then runs the `after_commit` hooks of its writes. Commits a savepoint by releasing it:
    /// its work becomes part of the outer transaction.
    ///
    /// ```no_run
    /// # use activerecord_core::{Result, Transaction};
    /// # async fn example(tx: Transaction) -> Result<()> {
    /// match tx.commit().await {
    ///     Err(error) if error.is_commit_outcome_unknown() => println!("read the data before you repeat it"),
    ///     result => return result,
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Transaction` after an earlier error in the transaction, which is then rolled back. `CommitOutcomeUnknown` when
    /// the connection broke: the transaction may or may not be committed. `AfterCommit` when it is committed, but a
    /// hook failed. After any other error, nothing is committed.
    pub async fn commit(self) -> Result<()> {
        self.level.commit().await
    }

    /// Rolls the transaction back, then runs the `after_rollback` hooks of its writes.
    ///
    /// # Errors
    /// When ROLLBACK fails. The connection is then closed, which ends the transaction without a commit. Also when a
    /// hook fails.
    pub async fn rollback(self) -> Result<()> {
        self.level.rollback().await
    }

    /// The session in this transaction.
    pub(crate) fn session(&self) -> Session {
        Session::Transaction(Arc::clone(&self.level))
    }

    pub(crate) fn level(&self) -> &Arc<Level> {
        &self.level
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        self.level.abandon();
    }
}
