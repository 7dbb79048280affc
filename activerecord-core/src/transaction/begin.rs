//! Explicit transactions.

use std::future::{Future, IntoFuture};
use std::sync::Arc;

use super::claim::Claim;
use super::level::Level;
use crate::backend::{BoxFuture, Branch, IntoBranch, Isolation, TransactionOptions};
use crate::connection::{AsyncBody, Session, check_scope, endpoint, in_transaction, transaction};
use crate::error::{Error, ErrorKind, Result};

/// An explicit transaction. If it is dropped without [`commit`](Self::commit), it is rolled back.
///
/// ```no_run
/// # use activerecord::prelude::*;
/// # use activerecord_core::{Transaction, Isolation::Serializable, Result};
/// # #[derive(ActiveRecord)]
/// # struct User { #[primary_key] id: i64, name: String }
/// # async fn example(mut user: User) -> Result<()> {
/// let tx = Transaction::begin("primary").isolation(Serializable).await?;
/// tx.run(async || { /* every statement on `primary` joins it */ Ok(()) }).await?;
/// tx.save(&mut user).await?; // one statement, without a closure
/// let users = User::query().on(&tx).all().await?;
/// tx.commit().await
/// # }
/// ```
///
/// # Statements outside the transaction
///
/// While it is open, another statement of the same task on its connection is an error, because it would not be part of
/// the transaction. Use [`run`](Self::run), the verbs of this type, or [`Query::on`](crate::Query::on). A transaction
/// that must not claim the other statements of its task is begun with [`Begin::independent`].
#[derive(Debug)]
#[must_use = "a transaction that is dropped is rolled back"]
pub struct Transaction {
    level: Arc<Level>,
    /// None: it is not the outermost transaction, or it is independent.
    claim: Option<Claim>,
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
    /// The error is that of a name that is not valid.
    branch: Option<Result<Branch, String>>,
    independent: bool,
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

    /// Names the transaction, so that it can be [prepared](Transaction::prepare). `branch` is the id of a transaction
    /// across databases, or a whole [`Branch`]. MySQL and MariaDB must know the name now, because they begin such a
    /// transaction by `XA START`. It has no effect inside another transaction.
    ///
    /// ```no_run
    /// # use activerecord_core::{Result, Transaction};
    /// # async fn example(gid: &str) -> Result<()> {
    /// let tx = Transaction::begin("primary").branch(gid).await?;
    /// let prepared = tx.prepare().await?;
    /// prepared.commit().await
    /// # }
    /// ```
    ///
    /// # Errors
    /// When awaited: `Configuration` when the id is too long or has other characters (see [`Branch::new`]).
    pub fn branch(mut self, branch: impl IntoBranch) -> Self {
        self.branch = Some(branch.into_branch(&self.name).map_err(|error| error.message().to_owned()));
        self
    }

    #[allow(missing_docs, reason = "the note names the replacement")]
    #[deprecated(note = "a transaction without `.branch(..)` is never prepared; remove this call")]
    pub fn one_phase(self) -> Self {
        self
    }

    /// Makes the transaction independent of the scopes and the other statements of this task:
    ///
    /// - It can begin inside a [`with_connection`](crate::with_connection) scope for another connection. Statements
    ///   join it only if they name its connection.
    /// - While it is open, other statements of this task can run on its connection outside of it.
    ///
    /// Default: both are errors, because they are usually mistakes.
    ///
    /// ```no_run
    /// # use activerecord_core::{connection, with_connection, Result, Transaction};
    /// # async fn example() -> Result<()> {
    /// with_connection("tenant_7", async || {
    ///     Transaction::begin("primary")
    ///         .independent()
    ///         .run(async || connection("primary")?.execute("UPDATE usage SET calls = calls + 1", []).await)
    ///         .await
    /// })
    /// .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn independent(mut self) -> Self {
        self.independent = true;
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

    /// [`run`](Self::run) for a boxed body with another error type.
    pub(crate) async fn run_boxed<T, E>(self, body: impl Future<Output = Result<T, E>>) -> Result<T, E>
    where
        E: From<Error>,
    {
        let level = self.level().await?;
        Transaction { level, claim: None }.finish(body).await
    }

    async fn begin(self) -> Result<Transaction> {
        let independent = self.independent;
        let level = self.level().await?;
        let claim = (level.depth() == 1 && !independent).then(|| Claim::of(&level));
        Ok(Transaction { level, claim })
    }

    async fn level(self) -> Result<Arc<Level>> {
        if !self.independent {
            check_scope(&[&self.name])?;
        }
        let branch = self.branch.transpose().map_err(Error::configuration)?;
        match transaction(&self.name) {
            Some(_) if self.options != TransactionOptions::default() => Err(nested_options(&self.name)),
            Some(outer) => Level::nested(&outer).await,
            None => Level::begin(&endpoint(&self.name)?, self.options, false, branch).await,
        }
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
    /// level or an access mode, and inside a scope of all models for another connection (see [`Begin::independent`]);
    /// `PoolTimeout`, `Busy` and those of the connection.
    pub fn begin(name: impl AsRef<str>) -> Begin {
        let (name, options) = (name.as_ref().to_owned(), TransactionOptions::default());
        Begin { name, options, branch: None, independent: false }
    }

    /// Begins the transaction around one write of a model with hooks: a savepoint if a transaction is open.
    pub(crate) async fn around_write(session: &Session) -> Result<Self> {
        let level = match session {
            Session::Transaction(outer) => Level::nested(outer).await?,
            Session::Pool(endpoint) => Level::begin(endpoint, TransactionOptions::default(), true, None).await?,
        };
        Ok(Self { level, claim: None })
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
            self.claim();
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

    /// Makes this task the one whose statements on the connection must not run outside the transaction.
    pub(crate) fn claim(&self) {
        if let Some(claim) = &self.claim {
            claim.take_over();
        }
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        self.level.abandon();
    }
}
