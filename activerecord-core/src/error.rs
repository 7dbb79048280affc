//! The one error type: what went wrong, where, and what a caller can do about it.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

/// The result of everything in this library; the second parameter keeps std's meaning.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of failure an [`Error`] reports.
///
/// Prefer the predicates of [`Error`] (`is_not_found`, `is_retryable`, ..) where one exists: they group kinds by what a
/// caller can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A record that had to exist does not.
    NotFound,
    /// Several rows were found where there has to be one.
    TooMany,
    /// The row's version is not the one that was read: somebody else wrote it first.
    Stale,
    /// `validate` refused the record.
    Invalid,
    /// A unique or primary key constraint was violated.
    UniqueViolation,
    /// A foreign key constraint was violated.
    ForeignKeyViolation,
    /// A NULL was written to a column that takes none.
    NotNullViolation,
    /// A check constraint was violated.
    CheckViolation,
    /// The transaction could not be serialized with another.
    Serialization,
    /// The transaction was chosen as the victim of a deadlock.
    Deadlock,
    /// The database was locked by somebody else for longer than the busy timeout.
    Busy,
    /// The server stopped the statement because it ran for too long.
    StatementTimeout,
    /// No connection of the pool became free in time.
    PoolTimeout,
    /// The connection broke or could not be made.
    ConnectionLost,
    /// The connection broke while a COMMIT was under way: it may or may not have happened.
    CommitOutcomeUnknown,
    /// A participant is prepared and waits for a decision.
    InDoubt,
    /// The user name or the password was refused, or the login lacks a permission.
    PermissionDenied,
    /// A write was sent to something that only reads.
    ReadOnly,
    /// The disk, or a quota, is full.
    DiskFull,
    /// The file or the server's answer is damaged, or no database at all.
    Corrupt,
    /// A table, column or function that the statement names does not exist, or the statement is no SQL.
    InvalidStatement,
    /// The database, or this library on it, cannot do what was asked. Nothing was sent.
    Unsupported,
    /// A setting, a URL or a connection name is wrong.
    Configuration,
    /// A value does not fit the type it is read into or written as.
    Conversion,
    /// The transaction cannot go on: an earlier error was not rolled back, or it has already ended.
    Transaction,
    /// The transaction is committed, and one of its `after_commit` hooks failed.
    AfterCommit,
    /// A failure that another package of this library defines for its protocol, such as a saga. The package documents the
    /// name.
    Protocol(&'static str),
    /// A model that requires a scope was used outside one.
    NoScope,
    /// An error of the caller's own, from [`Error::custom`].
    Custom,
    /// Any other error that the database reported.
    Database,
}

/// An error: its [`kind`](Error::kind), the connection and the model it concerns, and the SQL text.
///
/// It never holds a bound value or a password.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    connection: Option<Arc<str>>,
    model: Option<&'static str>,
    sql: Option<Arc<str>>,
    constraint: Option<String>,
    code: Option<String>,
    record_index: Option<usize>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// Making errors.
impl Error {
    /// An error of `kind` with a message for people: what happened and what to do.
    #[cold]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            connection: None,
            model: None,
            sql: None,
            constraint: None,
            code: None,
            record_index: None,
            source: None,
        }))
    }

    /// Wraps a caller's own error, so that it can travel through the closures of this library.
    ///
    /// ```
    /// # use activerecord_core::Error;
    /// let error = Error::custom(std::fmt::Error);
    /// assert!(error.downcast_ref::<std::fmt::Error>().is_some());
    /// ```
    #[cold]
    pub fn custom(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let source = error.into();
        Self::new(ErrorKind::Custom, source.to_string()).with_boxed_source(source)
    }

    /// The error of a record that fails its `validate` hook.
    #[cold]
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, message)
    }

    /// An error in a setting.
    #[cold]
    pub fn configuration(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Configuration, message)
    }

    /// Something that the database cannot do; nothing was sent.
    #[cold]
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unsupported, message)
    }

    /// A value that does not fit its type.
    #[cold]
    pub fn conversion(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Conversion, message)
    }

    /// Names the connection, unless one is named already: the innermost knows best.
    #[must_use]
    pub fn with_connection(mut self, name: &Arc<str>) -> Self {
        self.0.connection.get_or_insert_with(|| Arc::clone(name));
        self
    }

    /// Names the model, unless one is named already.
    #[must_use]
    pub fn with_model(mut self, model: &'static str) -> Self {
        self.0.model.get_or_insert(model);
        self
    }

    /// Adds the text of the statement, unless there is one already. Bound values do not belong here.
    #[must_use]
    pub fn with_sql(mut self, sql: &Arc<str>) -> Self {
        self.0.sql.get_or_insert_with(|| Arc::clone(sql));
        self
    }

    /// Names the constraint that was violated.
    #[must_use]
    pub fn with_constraint(mut self, constraint: impl Into<String>) -> Self {
        self.0.constraint = Some(constraint.into());
        self
    }

    /// Adds the database's own code: an SQLSTATE, or an error number.
    #[must_use]
    pub fn with_code(mut self, code: impl Into<String>) -> Self {
        self.0.code = Some(code.into());
        self
    }

    /// Adds the index of the record that was refused.
    #[must_use]
    pub(crate) fn with_record_index(mut self, index: usize) -> Self {
        self.0.record_index = Some(index);
        self
    }

    /// Adds the error underneath.
    #[must_use]
    pub fn with_source(self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.with_boxed_source(Box::new(source))
    }

    fn with_boxed_source(mut self, source: Box<dyn StdError + Send + Sync>) -> Self {
        self.0.source = Some(source);
        self
    }

    /// Puts words in front of the message.
    #[must_use]
    pub fn context(mut self, context: impl fmt::Display) -> Self {
        self.0.message = format!("{context}: {}", self.0.message);
        self
    }
}

/// Asking errors.
impl Error {
    /// What kind of failure this is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The message alone, without connection, model and SQL.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The name of the connection.
    pub fn connection(&self) -> Option<&str> {
        self.0.connection.as_deref()
    }

    /// The name of the model.
    pub fn model(&self) -> Option<&str> {
        self.0.model
    }

    /// The text of the statement, with placeholders where values were bound. It is whole here; `Display` and `Debug`
    /// shorten a very long one.
    pub fn sql(&self) -> Option<&str> {
        self.0.sql.as_deref()
    }

    /// The constraint that was violated: its name, or, where the database names none (SQLite), `table.column`.
    pub fn constraint(&self) -> Option<&str> {
        self.0.constraint.as_deref()
    }

    /// The database's own code: an SQLSTATE on PostgreSQL, an error number elsewhere.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// The index of the first record that the database refuses, of those given to a bulk write. None where that could not
    /// be found out: a single statement in a transaction leaves nothing to try again in.
    pub fn record_index(&self) -> Option<usize> {
        self.0.record_index
    }

    /// The caller's own error inside an [`Error::custom`], or the driver's error underneath.
    pub fn downcast_ref<E: StdError + 'static>(&self) -> Option<&E> {
        self.0.source.as_ref()?.downcast_ref()
    }

    /// A record that had to exist does not.
    pub fn is_not_found(&self) -> bool {
        self.kind() == ErrorKind::NotFound
    }

    /// An optimistic lock was lost: reload the record and try again.
    pub fn is_stale(&self) -> bool {
        self.kind() == ErrorKind::Stale
    }

    /// The record did not pass its own `validate`.
    pub fn is_invalid(&self) -> bool {
        self.kind() == ErrorKind::Invalid
    }

    /// A unique or primary key constraint was violated; see [`constraint`](Self::constraint).
    pub fn is_unique_violation(&self) -> bool {
        self.kind() == ErrorKind::UniqueViolation
    }

    /// A foreign key constraint was violated.
    pub fn is_foreign_key_violation(&self) -> bool {
        self.kind() == ErrorKind::ForeignKeyViolation
    }

    /// A NULL was written to a column that takes none; see [`constraint`](Self::constraint).
    pub fn is_not_null_violation(&self) -> bool {
        self.kind() == ErrorKind::NotNullViolation
    }

    /// A check constraint was violated; see [`constraint`](Self::constraint).
    pub fn is_check_violation(&self) -> bool {
        self.kind() == ErrorKind::CheckViolation
    }

    /// The same transaction may succeed when it is run again from its start: a serialization failure, a deadlock, or a
    /// database that stayed busy.
    pub fn is_retryable(&self) -> bool {
        matches!(self.kind(), ErrorKind::Serialization | ErrorKind::Deadlock | ErrorKind::Busy)
    }

    /// The connection broke or could not be made.
    pub fn is_connection_lost(&self) -> bool {
        matches!(self.kind(), ErrorKind::ConnectionLost | ErrorKind::CommitOutcomeUnknown)
    }

    /// The connection broke during COMMIT: look before you repeat.
    pub fn is_commit_outcome_unknown(&self) -> bool {
        self.kind() == ErrorKind::CommitOutcomeUnknown
    }

    /// The transaction is committed, and one of its `after_commit` hooks failed: do not run it again.
    pub fn is_after_commit(&self) -> bool {
        self.kind() == ErrorKind::AfterCommit
    }

    /// No connection of the pool became free within its `acquire_timeout`.
    pub fn is_pool_timeout(&self) -> bool {
        self.kind() == ErrorKind::PoolTimeout
    }

    /// The database cannot do what was asked. Nothing was sent.
    pub fn is_unsupported(&self) -> bool {
        self.kind() == ErrorKind::Unsupported
    }

    /// A participant of a two-phase commit waits for its decision.
    pub fn is_in_doubt(&self) -> bool {
        self.kind() == ErrorKind::InDoubt
    }

    /// A setting, a URL or a connection name is wrong.
    pub fn is_configuration(&self) -> bool {
        self.kind() == ErrorKind::Configuration
    }

    /// A write reached something that only reads.
    pub fn is_read_only(&self) -> bool {
        self.kind() == ErrorKind::ReadOnly
    }

    /// A value does not fit its type.
    pub fn is_conversion(&self) -> bool {
        self.kind() == ErrorKind::Conversion
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        let mut separator = " (";
        let mut detail = |f: &mut fmt::Formatter<'_>, name: &str, value: Option<&str>| match value {
            Some(value) => write!(f, "{}{name} {value}", std::mem::replace(&mut separator, "; ")),
            None => Ok(()),
        };
        detail(f, "connection", self.connection())?;
        detail(f, "model", self.model())?;
        detail(f, "record", self.record_index().map(|index| index.to_string()).as_deref())?;
        detail(f, "SQL:", self.sql().map(shortened).as_deref())?;
        if separator == "; " { f.write_str(")") } else { Ok(()) }
    }
}

/// Only what is known: `fn main() -> Result<()>` shows an error by this.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Error");
        debug.field("kind", &self.0.kind).field("message", &self.0.message);
        let details = [
            ("connection", self.connection().map(Cow::from)),
            ("model", self.model().map(Cow::from)),
            ("sql", self.sql().map(shortened)),
            ("constraint", self.constraint().map(Cow::from)),
            ("code", self.code().map(Cow::from)),
            ("record_index", self.record_index().map(|index| index.to_string().into())),
        ];
        for (name, value) in details {
            if let Some(value) = value {
                debug.field(name, &value);
            }
        }
        if let Some(source) = &self.0.source {
            debug.field("source", source);
        }
        debug.finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

/// The text of a statement on thousands of rows would bury the message.
fn shortened(sql: &str) -> Cow<'_, str> {
    const MOST: usize = 1_000;
    match sql.char_indices().nth(MOST) {
        Some((end, _)) => format!("{} .. (shortened from {} bytes)", &sql[..end], sql.len()).into(),
        None => sql.into(),
    }
}
