//! A transaction in the hand.

use std::future::{Future, IntoFuture};
use std::sync::Arc;

use super::level::Level;
use crate::backend::{BoxFuture, Branch, Isolation, TransactionOptions};
use crate::connection::{AsyncBody, Session, endpoint, in_transaction, transaction};
use crate::error::{Error, ErrorKind, Result};

/// An open transaction. Dropped without [`commit`](Self::commit) it is rolled back.
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

/// A transaction about to begin: await it, or [`run`](Self::run) a closure in it.
#[derive(Clone, Debug)]
#[must_use = "nothing begins before it is awaited"]
pub struct Begin {
    name: String,
    options: TransactionOptions,
    branch: Option<Branch>,
    one_phase: bool,
}

impl Begin {
    /// Asks for an isolation level. A database may give a stronger one.
    pub fn isolation(mut self, isolation: Isolation) -> Self {
        self.options.isolation = Some(isolation);
        self
    }

    /// Refuses writes.
    pub fn read_only(mut self) -> Self {
        self.options.read_only = true;
        self
    }

    /// Names it as a part of a transaction across databases, so that it can be [prepared](Transaction::prepare_as) under this
    /// name. Inside another transaction it is of no effect.
    pub fn branch(mut self, branch: Branch) -> Self {
        self.branch = Some(branch);
        self
    }

    /// It will not be prepared. On MySQL and MariaDB this makes its commit cheaper: one that may be prepared is begun as a
    /// branch, and its commit is written twice. Elsewhere, and with [`run`](Self::run), it makes no difference.
    pub fn one_phase(mut self) -> Self {
        self.one_phase = true;
        self
    }

    /// Begins, runs `body` inside, and commits when it returns `Ok`.
    ///
    /// # Errors
    /// As [`transaction`](super::transaction()).
    pub async fn run<T, F>(self, body: F) -> Result<T>
    where
        F: AsyncBody<T>,
    {
        self.run_boxed(Box::pin(body())).await
    }

    /// [`run`](Self::run) for a body that is boxed already, and has an error type of its own. It ends here, unprepared.
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

    /// The name that it was given; one of no meaning, if it may have to be prepared.
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
            "a transaction is open on `{name}`: the one inside it is a savepoint, with no isolation level or access mode of its own"
        ),
    )
}

impl Transaction {
    /// A transaction on the connection `name`; inside one of this task on the same connection, a savepoint in it.
    pub fn begin(name: impl AsRef<str>) -> Begin {
        Begin { name: name.as_ref().to_owned(), options: TransactionOptions::default(), branch: None, one_phase: false }
    }

    /// The transaction around one write of a model with hooks: a savepoint, if one is open.
    pub(crate) async fn around_write(session: &Session) -> Result<Self> {
        let level = match session {
            Session::Transaction(outer) => Level::nested(outer).await?,
            Session::Pool(endpoint) => Level::begin(endpoint, TransactionOptions::default(), true, None).await?,
        };
        Ok(Self { level })
    }

    /// Runs `body` with this transaction open: statements on its connection join it, records' verbs included.
    ///
    /// # Errors
    /// The closure's own; then this transaction can only be rolled back.
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

    /// Commits, then runs the `after_commit` hooks of the writes in it. Of a savepoint: keeps its work in the transaction
    /// around it.
    ///
    /// # Errors
    /// `Transaction` after an earlier error; then it is rolled back. `CommitOutcomeUnknown` when the connection broke:
    /// look before you repeat. Any other error of COMMIT means that nothing was committed, save for `AfterCommit`.
    pub async fn commit(self) -> Result<()> {
        self.level.commit().await
    }

    /// Rolls back, then runs the `after_rollback` hooks of the writes in it.
    ///
    /// # Errors
    /// When the rollback itself fails: the connection is closed, which ends the transaction all the same.
    pub async fn rollback(self) -> Result<()> {
        self.level.rollback().await
    }

    /// The session inside it.
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
