//! The contract of a backend. All other code of this crate is the same for every database.
//!
//! A backend connects to one database product. It registers a [`BackendFactory`], and does not know models.

mod branch;
pub mod errors;

pub use branch::{Branch, IntoBranch, PreparedBranch};

pub use crate::value::row_digest::{RowDigest, type_of};

use std::fmt;
use std::future::{Future, Ready, poll_fn, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::runtime::Handle;

use crate::config::Config;
use crate::dialect::{Capabilities, Dialect};
use crate::error::{Error, Result};
use crate::sql::Sql;
use crate::value::{Sink, Value};

/// A boxed future that can be sent to another thread.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The answer to a statement. A database in the same process can answer at once, without the allocation of a future.
// Not `#[non_exhaustive]`: an answer is ready or not, as `std::task::Poll`.
pub enum Answer<'a, T> {
    /// The answer is ready.
    Now(Ready<T>),
    /// The answer is the result of a future.
    Later(BoxFuture<'a, T>),
}

impl<'a, T> Answer<'a, T> {
    /// Creates an answer that is ready.
    pub fn now(answer: T) -> Self {
        Self::Now(ready(answer))
    }

    /// Creates an answer that is the result of `future`.
    pub fn later(future: impl Future<Output = T> + Send + 'a) -> Self {
        Self::Later(Box::pin(future))
    }
}

impl<T> Future for Answer<'_, T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        match self.get_mut() {
            Self::Now(answer) => Pin::new(answer).poll(context),
            Self::Later(future) => future.as_mut().poll(context),
        }
    }
}

impl<T> fmt::Debug for Answer<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if let Self::Now(_) = self { "Now" } else { "Later" })
    }
}

/// Selects a backend by the scheme of a URL.
///
/// The crate of a backend registers one with `inventory::submit!`. A program that links the crate can use the backend.
///
/// ```
/// use std::sync::Arc;
///
/// use activerecord_core::backend::{Backend, BackendFactory};
/// use activerecord_core::{Config, Error, Result, SQLITE};
///
/// fn open(config: &Config) -> Result<Arc<dyn Backend>> {
///     config.check_options(&["mode"])?;
///     Err(Error::unsupported("this example has no backend"))
/// }
///
/// inventory::submit! { BackendFactory { dialect: &SQLITE, schemes: &["example"], open } }
/// ```
// Not `#[non_exhaustive]`: backends build it by a struct literal, in a static.
#[derive(Debug)]
pub struct BackendFactory {
    /// The dialect of the database.
    pub dialect: &'static Dialect,
    /// The schemes of URLs that select the backend.
    pub schemes: &'static [&'static str],
    /// Validates the settings and creates the backend. It MUST NOT connect, block, or need a runtime. It MUST refuse an
    /// unknown setting, with the most similar known one.
    pub open: fn(&Config) -> Result<Arc<dyn Backend>>,
}

inventory::collect!(BackendFactory);

/// One endpoint of a database. It opens connections.
pub trait Backend: Send + Sync + fmt::Debug + 'static {
    /// Returns the dialect of the database.
    fn dialect(&self) -> &'static Dialect;

    /// Opens a connection, and configures its session: the time zone is UTC, the SQL mode is strict, and foreign keys
    /// are enforced.
    ///
    /// # Errors
    /// An error MUST have the matching kind (`PermissionDenied`, `ConnectionLost`, `Corrupt`, ..), and MUST NOT contain
    /// a password.
    fn connect(&self) -> BoxFuture<'_, Result<Box<dyn Connection>>>;

    /// Returns true when a connection works only in the tokio runtime that opened it, because its socket belongs to that
    /// runtime. The pool then gives it to no other runtime. The default is true.
    fn is_bound_to_runtime(&self) -> bool {
        true
    }

    /// Opens a session that only receives notifications on `channel`. It receives those that are sent after this
    /// returns. The caller chooses the name of the channel, so it MUST be quoted.
    ///
    /// # Errors
    /// As [`connect`](Self::connect). The default is `Unsupported`.
    fn listen<'a>(&'a self, _channel: &'a str) -> BoxFuture<'a, Result<Box<dyn Notifications>>> {
        Box::pin(ready(Err(errors::no_notifications())))
    }
}

/// A session that receives notifications.
pub trait Notifications: Send {
    /// Waits for the next text. If the future is dropped, no text may be lost.
    ///
    /// # Errors
    /// A lost session MUST be an error, and MUST NOT be opened again here: the caller must know that texts were missed.
    fn next(&mut self) -> BoxFuture<'_, Result<String>>;
}

/// One session with a database.
///
/// The future of every method can be dropped at any point. After that, and after an error that leaves the session in an
/// unknown state, [`is_reusable`](Self::is_reusable) MUST return false. Dropping a connection MUST end its open
/// transaction without a commit.
pub trait Connection: Send {
    /// Returns the capabilities of the server.
    fn capabilities(&self) -> &Capabilities;

    /// Runs a statement and returns its effect. The work can begin during the call, but it must not block the caller
    /// for longer than a poll may.
    ///
    /// # Errors
    /// After an error, the statement MUST have no effect.
    fn execute<'a>(&'a mut self, sql: &'a Sql) -> Answer<'a, Result<Outcome>>;

    /// Runs a statement and pushes each row into `sink`, without a copy, until the sink stops or fails. After
    /// [`Flow::Pause`](crate::Flow::Pause) the future MUST return `Pending` once, and need not wake the task. As with
    /// [`execute`](Self::execute), the work can begin during the call; the caller polls the answer at once.
    ///
    /// # Errors
    /// An error of the sink MUST be returned unchanged.
    fn fetch<'a>(&'a mut self, sql: &'a Sql, sink: &'a mut Sink<'a>) -> Answer<'a, Result<()>>;

    /// Adds rows to a table by the bulk load of the database, and returns their number. Returns None, and adds nothing,
    /// when the database has no bulk load or none for these rows. The default returns None.
    ///
    /// # Errors
    /// After an error, no row MUST be added.
    fn load<'a>(&'a mut self, _rows: Load<'a>) -> BoxFuture<'a, Result<Option<u64>>> {
        Box::pin(ready(Ok(None)))
    }

    /// Runs a step of the session's transaction. `Begin` MUST take the locks that a write needs, unless the transaction
    /// is read-only, so that a busy database fails there and not later.
    ///
    /// # Errors
    /// After an error of `Commit`, nothing MUST be committed, unless the error is `CommitOutcomeUnknown`.
    fn control<'a>(&'a mut self, control: Control<'a>) -> BoxFuture<'a, Result<()>>;

    /// Returns the prepared branches of this database, or of its whole server if the server does not separate them.
    ///
    /// # Errors
    /// The default is `Unsupported`.
    fn prepared(&mut self) -> BoxFuture<'_, Result<Vec<PreparedBranch>>> {
        Box::pin(ready(Err(Error::unsupported("this database does not support prepared transactions"))))
    }

    /// Checks that the server answers.
    ///
    /// # Errors
    /// `ConnectionLost` when it does not answer.
    fn ping(&mut self) -> BoxFuture<'_, Result<()>>;

    /// Returns true when another user can get the session: it is not known to be broken, no transaction is open, and no
    /// result is partly read.
    fn is_reusable(&self) -> bool;

    /// Closes the session properly. It ignores errors, because the session ends in any case.
    fn close(self: Box<Self>) -> BoxFuture<'static, ()>;
}

/// The rows of a bulk load.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Load<'a> {
    /// The prefix of the bulk load, in the dialect of the database.
    pub sql: &'a Sql,
    /// A query of the same columns without a row. Its result has the types of the columns.
    pub columns: &'a Sql,
    /// The rows. Each has a value for each column.
    pub rows: &'a [Vec<Value>],
}

/// The effect of a statement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outcome {
    /// The number of rows that were inserted, updated or deleted. On every database, an UPDATE counts the rows that it
    /// matches, including those that it does not change.
    pub rows: u64,
    /// The generated key of the inserted row, or of the first one, on a database that reports it without RETURNING.
    pub last_insert_id: Option<i64>,
}

impl Outcome {
    /// Creates an effect.
    pub fn new(rows: u64, last_insert_id: Option<i64>) -> Self {
        Self { rows, last_insert_id }
    }
}

/// A step of a transaction.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Control<'a> {
    /// Begins a transaction.
    Begin(TransactionOptions),
    /// Commits the transaction.
    Commit,
    /// Rolls the transaction back. This MUST succeed when the database has already rolled it back.
    Rollback,
    /// Sets a savepoint. The name is an identifier that this library creates.
    Savepoint(&'a str),
    /// Releases a savepoint and keeps its work.
    Release(&'a str),
    /// Undoes the work since a savepoint. The savepoint stays.
    RollbackTo(&'a str),
    /// Begins a transaction that can be prepared under this name. A backend whose `Prepare` sets the name treats it as
    /// `Begin`.
    BeginBranch(TransactionOptions, &'a Branch),
    /// Prepares the transaction: it then survives the connection, and can be committed. A session that must stay with
    /// its prepared transaction is not reusable. After an error, the transaction is rolled back, or the session is not
    /// reusable.
    Prepare(&'a Branch),
    /// Commits a prepared branch of this or another session.
    CommitPrepared(&'a Branch),
    /// Rolls back a prepared branch of this or another session.
    RollbackPrepared(&'a Branch),
}

/// The options of a transaction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TransactionOptions {
    /// The isolation level; None: the default of the database.
    pub isolation: Option<Isolation>,
    /// Whether the database refuses writes.
    pub read_only: bool,
}

/// An isolation level of standard SQL. A database can use a stronger level, but not a weaker one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are those of standard SQL")]
#[non_exhaustive]
pub enum Isolation {
    ReadUncommitted,
    ReadCommitted,
    RepeatableRead,
    Serializable,
}

/// Returns the tokio runtime of the caller, for timers, sockets and blocking work.
///
/// # Errors
/// `Configuration` when the caller is in no runtime. Tokio itself would panic.
pub fn current_runtime() -> Result<Handle> {
    Handle::try_current().map_err(|_| errors::no_runtime())
}

/// Returns `Pending` once, and does not wake the task, as [`Flow::Pause`](crate::Flow::Pause) requires.
pub async fn pend_once() {
    let mut polled = false;
    poll_fn(|_| if std::mem::replace(&mut polled, true) { Poll::Ready(()) } else { Poll::Pending }).await;
}
