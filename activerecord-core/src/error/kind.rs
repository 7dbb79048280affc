//! The kinds of failures.

/// What kind of failure an [`Error`](super::Error) reports.
///
/// Prefer the predicates of [`Error`](super::Error), such as [`is_not_found`](super::Error::is_not_found) and
/// [`is_retryable`](super::Error::is_retryable).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A required record does not exist.
    NotFound,
    /// Several rows were found where at most one was expected.
    TooMany,
    /// An optimistic lock failed: another writer changed or deleted the row after it was read, or the record was written
    /// in a transaction that was rolled back.
    Stale,
    /// The record failed its `validate` hook.
    Invalid,
    /// A unique or primary key constraint was violated.
    UniqueViolation,
    /// A foreign key constraint was violated.
    ForeignKeyViolation,
    /// NULL was written to a NOT NULL column.
    NotNullViolation,
    /// A CHECK constraint was violated.
    CheckViolation,
    /// The database could not serialize the transaction with a concurrent one.
    Serialization,
    /// The database chose the transaction as the victim of a deadlock.
    Deadlock,
    /// Another transaction held a lock for longer than the busy timeout or the lock timeout.
    Busy,
    /// The statement ran for longer than its timeout, or was cancelled on the server.
    StatementTimeout,
    /// No connection of the pool became free within `acquire_timeout`.
    PoolTimeout,
    /// The connection broke, or could not be opened.
    ConnectionLost,
    /// The connection broke during COMMIT. The transaction may or may not be committed.
    CommitOutcomeUnknown,
    /// A participant of a two-phase commit is prepared and waits for the decision.
    InDoubt,
    /// The login was refused, or lacks a permission.
    PermissionDenied,
    /// A write was sent to a read-only database, server or transaction.
    ReadOnly,
    /// The disk or a quota is full.
    DiskFull,
    /// The database file or the server's answer is damaged.
    Corrupt,
    /// The statement has a syntax error, or names a table, column or function that does not exist.
    InvalidStatement,
    /// The database, or this library on it, does not support the operation. Nothing was sent.
    Unsupported,
    /// A setting, a URL or the name of a connection is wrong.
    Configuration,
    /// A value does not fit the type that it is read as or written as.
    Conversion,
    /// The transaction cannot be used: it has ended, or an earlier error in it was not rolled back.
    Transaction,
    /// The transaction is committed, but an `after_commit` hook failed.
    AfterCommit,
    /// A failure that another package of this library defines for its protocol, such as a saga. The package documents
    /// the name.
    Protocol(&'static str),
    /// A model with `#[scope_required]` was used outside every connection scope.
    NoScope,
    /// The caller's own error, from [`Error::custom`](super::Error::custom).
    Custom,
    /// Any other error that the database reported.
    Database,
}
