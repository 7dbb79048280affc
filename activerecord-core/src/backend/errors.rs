//! What every backend refuses, and in the same words.

use std::str::Utf8Error;

use crate::error::{Error, ErrorKind};

/// A statement that is none, or that the database does not understand.
#[cold]
pub fn invalid_statement(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidStatement, message)
}

/// A text of no statement, or of several, where it has to be one.
#[cold]
pub fn not_one_statement() -> Error {
    invalid_statement(
        "the text is not exactly one statement; several can be executed together when no values are bound",
    )
}

/// A statement with another number of placeholders than of values.
#[cold]
pub fn bind_count(placeholders: usize, values: usize) -> Error {
    invalid_statement(format!("the statement has {placeholders} placeholders, and {values} values were bound"))
}

/// Notifications, where there are none.
#[cold]
pub fn no_notifications() -> Error {
    Error::unsupported("this database sends no notifications to other sessions")
}

/// BEGIN and its like as the caller's own SQL.
#[cold]
pub fn transaction_control() -> Error {
    invalid_statement(
        "BEGIN, COMMIT, ROLLBACK and savepoints are not sent as SQL: use a transaction of this library, which knows its end",
    )
}

/// A step of a transaction that cannot be made now.
#[cold]
pub fn transaction(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Transaction, message)
}

/// A BEGIN inside a transaction.
#[cold]
pub fn transaction_open() -> Error {
    transaction("a transaction is open on this connection already")
}

/// The end of a transaction, or a savepoint, outside one.
#[cold]
pub fn no_transaction() -> Error {
    transaction("no transaction is open on this connection")
}

/// A statement in a transaction that the database has ended on its own.
#[cold]
pub fn transaction_ended() -> Error {
    transaction(
        "the database has rolled the transaction back after an earlier error; roll it back here too, and begin a new one",
    )
}

/// A statement after one whose future was dropped at a point from which the session does not recover.
#[cold]
pub fn gone() -> Error {
    Error::new(ErrorKind::ConnectionLost, "the connection was given up with a statement that nobody waited for")
}

/// A column beyond the end of a row.
#[cold]
pub fn no_cell(ordinal: usize, columns: usize) -> Error {
    Error::conversion(format!("the row has {columns} columns, and none at ordinal {ordinal}"))
}

/// A text that is not UTF-8.
#[cold]
pub fn not_utf8(error: Utf8Error) -> Error {
    Error::conversion(format!("the text is not UTF-8: {error}")).with_source(error)
}
