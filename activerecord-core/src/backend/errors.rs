//! The errors that all backends report with the same text.

use std::str::Utf8Error;

use crate::error::{Error, ErrorKind};

/// A statement that the database does not understand.
#[cold]
pub fn invalid_statement(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidStatement, message)
}

/// A text that is not exactly one statement.
#[cold]
pub fn not_one_statement() -> Error {
    invalid_statement("the text is not exactly one statement; only execute without values accepts several statements")
}

/// A statement with another number of placeholders than of values.
#[cold]
pub fn bind_count(placeholders: usize, values: usize) -> Error {
    invalid_statement(format!("the statement has {placeholders} placeholders, but {values} values were bound"))
}

/// Notifications on a database without them.
#[cold]
pub fn no_notifications() -> Error {
    Error::unsupported("this database has no notifications between sessions")
}

/// BEGIN, COMMIT, ROLLBACK or a savepoint as the caller's own SQL.
#[cold]
pub fn transaction_control() -> Error {
    invalid_statement("BEGIN, COMMIT, ROLLBACK and savepoints cannot be sent as SQL: use a transaction of this library")
}

/// A step of a transaction that is not possible in its state.
#[cold]
pub fn transaction(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Transaction, message)
}

/// A BEGIN inside a transaction.
#[cold]
pub fn transaction_open() -> Error {
    transaction("a transaction is already open on this connection")
}

/// A savepoint, or the end of a transaction, outside a transaction.
#[cold]
pub fn no_transaction() -> Error {
    transaction("no transaction is open on this connection")
}

/// A statement in a transaction that the database has already rolled back.
#[cold]
pub fn transaction_ended() -> Error {
    transaction(
        "the database rolled the transaction back after an earlier error; roll it back here too, and begin a new one",
    )
}

/// A statement on a session that a cancelled statement has left in an unknown state.
#[cold]
pub fn gone() -> Error {
    Error::new(ErrorKind::ConnectionLost, "the connection was closed after a cancelled statement")
}

/// A call that needs a tokio runtime, outside of one.
#[cold]
pub fn no_runtime() -> Error {
    Error::configuration(
        "this call needs a tokio runtime, and its thread is in none: make it in `#[tokio::main]`, `#[tokio::test]` or \
         `Runtime::block_on`",
    )
}

/// An ordinal beyond the end of a row.
#[cold]
pub fn no_cell(ordinal: usize, columns: usize) -> Error {
    Error::conversion(format!("the row has {columns} columns, so the ordinal {ordinal} is out of range"))
}

/// A text that is not UTF-8.
#[cold]
pub fn not_utf8(error: Utf8Error) -> Error {
    Error::conversion(format!("the text is not UTF-8: {error}")).with_source(error)
}
