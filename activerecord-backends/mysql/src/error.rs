//! The servers' error numbers as errors. Their messages often quote the value that was refused, so these are not kept: what
//! is said instead names the column or the key.

mod numbers;

use std::time::Duration;

pub(crate) use activerecord_core::backend::errors::{
    bind_count, gone, no_cell, no_transaction, not_one_statement, not_utf8, transaction_control, transaction_ended,
    transaction_open,
};
use activerecord_core::{Error, ErrorKind};
use sqlx::mysql::MySqlDatabaseError;

pub(crate) use numbers::{ends_session, ends_transaction};

/// Statements that the binary protocol does not take.
pub(crate) const NOT_PREPARABLE: u16 = 1295;

/// The error number that the server reported, if it was the server.
pub(crate) fn number(error: &sqlx::Error) -> Option<u16> {
    match error {
        sqlx::Error::Database(error) => error.try_downcast_ref::<MySqlDatabaseError>().map(MySqlDatabaseError::number),
        _ => None,
    }
}

/// The error of a statement on the server at `place`.
#[cold]
pub(crate) fn at_statement(place: &str, error: sqlx::Error) -> Error {
    match error {
        sqlx::Error::Database(error) => match error.try_downcast_ref::<MySqlDatabaseError>() {
            Some(error) => reported(error),
            None => Error::new(ErrorKind::Database, error.message()),
        },
        sqlx::Error::Io(error) => {
            Error::new(ErrorKind::ConnectionLost, format!("the connection to {place} is lost: {error}"))
                .with_source(error)
        }
        sqlx::Error::Tls(_) => {
            Error::new(ErrorKind::ConnectionLost, format!("TLS with {place}: {error}")).with_source(error)
        }
        sqlx::Error::Protocol(message) => {
            Error::new(ErrorKind::Corrupt, format!("the answer of {place} makes no sense: {message}"))
        }
        error => Error::new(ErrorKind::Database, error.to_string()),
    }
}

/// The error of a connection that could not be made.
#[cold]
pub(crate) fn at_connect(place: &str, error: sqlx::Error) -> Error {
    match &error {
        // What is wrong with a certificate comes as an error of the stream.
        sqlx::Error::Io(cause) if cause.kind() == std::io::ErrorKind::InvalidData => tls(place, &cause.to_string()),
        sqlx::Error::Io(cause) => {
            let message = format!("cannot connect to {place}: {cause}");
            Error::new(ErrorKind::ConnectionLost, message).with_source(error)
        }
        sqlx::Error::Tls(cause) => tls(place, &cause.to_string()),
        sqlx::Error::Configuration(cause) => Error::configuration(format!("cannot connect to {place}: {cause}")),
        sqlx::Error::Protocol(message) if message.contains("authentication plugin") => Error::configuration(format!(
            "cannot log in at {place}: {message}; the login has to use caching_sha2_password, sha256_password or \
             mysql_native_password"
        )),
        _ if number(&error) == Some(1049) => {
            let message = at_statement(place, error);
            Error::configuration(format!("cannot connect to {place}: {}", message.message())).with_code("1049")
        }
        _ => at_statement(place, error).context(format_args!("cannot connect to {place}")),
    }
}

/// TLS fails for the settings' sake, or the network's.
fn tls(place: &str, cause: &str) -> Error {
    let message = format!("cannot connect to {place} by TLS: {cause}; see ssl-mode and ssl-ca");
    let is_setting = ["certificate", "does not support", "file"].iter().any(|word| cause.contains(word));
    Error::new(if is_setting { ErrorKind::Configuration } else { ErrorKind::ConnectionLost }, message)
}

#[cold]
pub(crate) fn connect_timeout(place: &str, timeout: Duration) -> Error {
    let message = format!("{place} did not let us in within connect_timeout ({timeout:?})");
    Error::new(ErrorKind::ConnectionLost, message)
}

/// The error of a COMMIT. An answer that never came, or one that the server gave while it was being stopped, says nothing
/// about what became of it.
#[cold]
pub(crate) fn at_commit(error: Error) -> Error {
    if !matches!(error.kind(), ErrorKind::ConnectionLost | ErrorKind::Corrupt | ErrorKind::StatementTimeout) {
        return error;
    }
    let message = format!("whether the transaction was committed is not known: {}", error.message());
    let unknown = Error::new(ErrorKind::CommitOutcomeUnknown, message);
    match error.code() {
        Some(code) => unknown.with_code(code.to_owned()),
        None => unknown,
    }
    .with_source(error)
}

/// An error that the server reported.
#[cold]
fn reported(error: &MySqlDatabaseError) -> Error {
    let (number, message) = (error.number(), error.message());
    let kind = numbers::kind(number, error.code().unwrap_or_default(), message);
    let constraint = numbers::constraint(number, message);
    let explained = numbers::explain(number, message, constraint.as_deref());
    let error = Error::new(kind, explained).with_code(number.to_string());
    match constraint {
        Some(constraint) => error.with_constraint(constraint),
        None => error,
    }
}

#[cold]
pub(crate) fn implicit_commit() -> Error {
    Error::unsupported(
        "on MySQL and MariaDB this statement commits the open transaction (an implicit commit): run it outside the transaction",
    )
}

#[cold]
pub(crate) fn table_lock() -> Error {
    Error::unsupported(
        "LOCK TABLES locks for the session, which the next statement may not have: use a transaction and FOR UPDATE",
    )
}
