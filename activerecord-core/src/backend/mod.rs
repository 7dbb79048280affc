//! The contract that a backend implements. Everything else in this crate is the same for every database.
//!
//! A backend is one database product behind one endpoint. It registers a [`BackendFactory`], and never sees a model.

mod branch;
pub mod errors;

pub use branch::{Branch, PreparedBranch};

pub use crate::value::row_digest::{RowDigest, type_of};

use std::fmt;
use std::future::{Future, Ready, poll_fn, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::config::Config;
use crate::dialect::{Capabilities, Dialect};
use crate::error::{Error, Result};
use crate::sql::Sql;
use crate::value::{Sink, Value};

/// A boxed future that can be sent to another thread.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The answer to a statement: there already, where the database is in this process and had nothing to wait for, or a
/// future. So a statement of a microsecond costs no allocation.
pub enum Answer<'a, T> {
    /// It is there.
    Now(Ready<T>),
    /// It is to be waited for.
    Later(BoxFuture<'a, T>),
}

impl<'a, T> Answer<'a, T> {
    /// An answer that is there.
    pub fn now(answer: T) -> Self {
        Self::Now(ready(answer))
    }

    /// An answer that is to be waited for.
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

/// How a database product is found by the scheme of a URL.
///
/// A backend's crate submits one by `inventory::submit!`, and is found once it is linked.
#[derive(Debug)]
pub struct BackendFactory {
    /// How the database spells SQL.
    pub dialect: &'static Dialect,
    /// The schemes of its URLs.
    pub schemes: &'static [&'static str],
    /// Validates the settings and makes the backend. It MUST NOT connect, block, or need a runtime, and MUST refuse a
    /// setting that it does not know, naming the nearest one that it does.
    pub open: fn(&Config) -> Result<Arc<dyn Backend>>,
}

inventory::collect!(BackendFactory);

/// One endpoint of a database: makes connections.
pub trait Backend: Send + Sync + fmt::Debug + 'static {
    /// How the database spells SQL.
    fn dialect(&self) -> &'static Dialect;

    /// Opens a connection, and brings its session to the state that [`Connection`] promises: UTC, strict, foreign keys
    /// enforced. Errors MUST be typed (`PermissionDenied`, `ConnectionLost`, `Corrupt`, ..) and MUST NOT name a password.
    fn connect(&self) -> BoxFuture<'_, Result<Box<dyn Connection>>>;

    /// Opens a session that does nothing but to receive what is sent on a channel, from when this returns. The name is a
    /// text of the caller's: it MUST be quoted. Errors as those of [`connect`](Self::connect).
    fn listen<'a>(&'a self, _channel: &'a str) -> BoxFuture<'a, Result<Box<dyn Notifications>>> {
        Box::pin(ready(Err(errors::no_notifications())))
    }
}

/// What is sent on a channel.
pub trait Notifications: Send {
    /// Waits for the next text. The future may be dropped at any point, and then nothing MUST be lost. A session that is
    /// lost MUST be an error, and MUST NOT be made anew here: who listens has to know that something was missed.
    fn next(&mut self) -> BoxFuture<'_, Result<String>>;
}

/// One session with a database.
///
/// The future of every method may be dropped at any point. After that, or after an error that leaves the session in
/// doubt, [`is_reusable`](Self::is_reusable) MUST answer false; and dropping a connection MUST end its open transaction
/// without a commit.
pub trait Connection: Send {
    /// What the server at the other end can do.
    fn capabilities(&self) -> &Capabilities;

    /// Runs a statement for its effect. An error MUST leave nothing of this statement behind. The work may begin with the
    /// call, as long as it keeps the caller for no longer than a poll may.
    fn execute<'a>(&'a mut self, sql: &'a Sql) -> Answer<'a, Result<Outcome>>;

    /// Runs a statement and pushes each row into `sink` where it lies, until the sink stops, pauses or fails. After
    /// [`Flow::Pause`](crate::Flow::Pause) the future MUST return `Pending` once, and need not wake. A sink's error
    /// MUST be returned as it is. As with [`execute`](Self::execute), the work may begin with the call: the
    /// answer is to be polled right after it.
    fn fetch<'a>(&'a mut self, sql: &'a Sql, sink: &'a mut Sink<'a>) -> Answer<'a, Result<()>>;

    /// Adds rows to a table by a way that is faster than INSERT; None, and nothing is added, when there is none for these rows. An
    /// error MUST leave nothing of it behind.
    fn load<'a>(&'a mut self, _rows: Load<'a>) -> BoxFuture<'a, Result<Option<u64>>> {
        Box::pin(ready(Ok(None)))
    }

    /// Controls the session's transaction. `Begin` MUST take what the transaction will need to write, so that it fails
    /// here and not later, unless it is read-only. An error of `Commit` MUST mean that nothing was committed, or be
    /// `CommitOutcomeUnknown`.
    fn control<'a>(&'a mut self, control: Control<'a>) -> BoxFuture<'a, Result<()>>;

    /// The prepared branches that this database has, or its whole server where these are not told apart.
    fn prepared(&mut self) -> BoxFuture<'_, Result<Vec<PreparedBranch>>> {
        Box::pin(ready(Err(Error::unsupported("this database prepares no transactions"))))
    }

    /// Asks the server for a sign of life.
    fn ping(&mut self) -> BoxFuture<'_, Result<()>>;

    /// Whether the session can serve the next user: alive as far as known, outside any transaction, nothing half read.
    fn is_reusable(&self) -> bool;

    /// Ends the session in good order. An error is of no interest: the session is gone either way.
    fn close(self: Box<Self>) -> BoxFuture<'static, ()>;
}

/// Rows that are new to a table.
#[derive(Clone, Copy, Debug)]
pub struct Load<'a> {
    /// The statement that takes them, as the dialect has it.
    pub sql: &'a Sql,
    /// A query of exactly their columns, without a row: it tells the types that the columns have.
    pub columns: &'a Sql,
    /// The rows, each with a value for each column.
    pub rows: &'a [Vec<Value>],
}

/// The effect of a statement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The rows that were inserted, updated or deleted. An update that changes nothing counts, on every database alike.
    pub rows: u64,
    /// The key that the database gave the inserted row (the first one, if several), where it tells it without
    /// RETURNING.
    pub last_insert_id: Option<i64>,
}

/// A step of a transaction's life.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Control<'a> {
    /// Begins a transaction.
    Begin(TransactionOptions),
    /// Commits it.
    Commit,
    /// Rolls it back. To roll back what the database has already rolled back is no error.
    Rollback,
    /// Sets a savepoint; the name is an identifier of this library's making.
    Savepoint(&'a str),
    /// Forgets a savepoint and keeps its work.
    Release(&'a str),
    /// Undoes the work since a savepoint, which stays.
    RollbackTo(&'a str),
    /// Begins a transaction that can be prepared under this name. Where the name is given by `Prepare` it is `Begin`.
    BeginBranch(TransactionOptions, &'a Branch),
    /// Prepares the transaction: it will outlive the connection, and can be committed. The session may be bound to it
    /// until it has ended; it is then not reusable. After an error it is rolled back, or the connection is in doubt.
    Prepare(&'a Branch),
    /// Commits a prepared branch, of this session or of another.
    CommitPrepared(&'a Branch),
    /// Rolls a prepared branch back, of this session or of another.
    RollbackPrepared(&'a Branch),
}

/// How a transaction begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TransactionOptions {
    /// The isolation level; None is the database's default.
    pub isolation: Option<Isolation>,
    /// Whether writes are refused.
    pub read_only: bool,
}

/// An isolation level. A database may give a stronger one, never a weaker one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are the standard's")]
pub enum Isolation {
    ReadUncommitted,
    ReadCommitted,
    RepeatableRead,
    Serializable,
}

/// Returns `Pending` once, and does not wake: what [`Flow::Pause`](crate::Flow::Pause) asks of a fetch.
pub async fn pend_once() {
    let mut polled = false;
    poll_fn(|_| if std::mem::replace(&mut polled, true) { Poll::Ready(()) } else { Poll::Pending }).await;
}
