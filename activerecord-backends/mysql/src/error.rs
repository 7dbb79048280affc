//! Converts the servers' error numbers to errors. The servers' messages often quote a value; those are replaced by messages
//! that name the column or the key.

mod numbers;

pub(crate) use activerecord_core::backend::errors::{
    bind_count, gone, no_cell, no_transaction, not_one_statement, not_utf8, transaction_control, transaction_ended,
    transaction_open,
};
use activerecord_core::{Error, ErrorKind};
use activerecord_sqlx::commit_outcome_unknown;
use sqlx::mysql::MySqlDatabaseError;

pub(crate) use numbers::{ends_session, ends_transaction};

/// The error number of a statement that cannot be prepared.
pub(crate) const NOT_PREPARABLE: u16 = 1295;

/// Returns the error number, if the server reported the error.
pub(crate) fn number(error: &sqlx::Error) -> Option<u16> {
    match error {
        sqlx::Error::Database(error) => error.try_downcast_ref::<MySqlDatabaseError>().map(MySqlDatabaseError::number),
        _ => None,
    }
}

/// Converts the error of a statement on the server at `place`.
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
            Error::new(ErrorKind::ConnectionLost, format!("TLS with {place} failed: {error}")).with_source(error)
        }
        sqlx::Error::Protocol(message) => {
            Error::new(ErrorKind::Corrupt, format!("the answer of {place} violates the protocol: {message}"))
        }
        error => Error::new(ErrorKind::Database, error.to_string()),
    }
}

/// Converts the error of a session that failed to open.
#[cold]
pub(crate) fn at_connect(place: &str, error: sqlx::Error) -> Error {
    match &error {
        // TLS reports an invalid certificate as an error of the stream.
        sqlx::Error::Io(cause) if cause.kind() == std::io::ErrorKind::InvalidData => tls(&cause.to_string()),
        sqlx::Error::Io(cause) => Error::new(ErrorKind::ConnectionLost, cause.to_string()).with_source(error),
        sqlx::Error::Tls(cause) => tls(&cause.to_string()),
        sqlx::Error::Configuration(cause) => Error::configuration(cause.to_string()),
        sqlx::Error::Protocol(message) if message.contains("authentication plugin") => Error::configuration(format!(
            "{message}; the login has to use caching_sha2_password, sha256_password or mysql_native_password"
        )),
        _ if number(&error) == Some(1049) => {
            Error::configuration(at_statement(place, error).message().to_owned()).with_code("1049")
        }
        _ => at_statement(place, error),
    }
}

/// TLS fails because of the settings or because of the network.
fn tls(cause: &str) -> Error {
    let is_setting = ["certificate", "does not support", "file"].iter().any(|word| cause.contains(word));
    let kind = if is_setting { ErrorKind::Configuration } else { ErrorKind::ConnectionLost };
    Error::new(kind, format!("TLS failed: {cause}; see the options `ssl-mode` and `ssl-ca`"))
}

/// The error of a COMMIT. Without an answer, or with one that the server sent while it stopped, or that of a proxy, the outcome is
/// unknown.
#[cold]
pub(crate) fn at_commit(error: Error) -> Error {
    let is_lost = matches!(error.kind(), ErrorKind::ConnectionLost | ErrorKind::Corrupt | ErrorKind::StatementTimeout);
    let hides = is_lost || error.code().and_then(|code| code.parse().ok()).is_some_and(numbers::hides_outcome);
    if hides { commit_outcome_unknown(error) } else { error }
}

/// Converts an error that the server reported.
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
        "this statement would commit the open transaction (an implicit commit): run it outside the transaction",
    )
}

#[cold]
pub(crate) fn table_lock() -> Error {
    Error::unsupported(
        "LOCK TABLES holds for one session, and the next statement may use another: use a transaction and FOR UPDATE",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_some_errors_of_a_commit_tell_the_outcome() {
        let is_known = |number: u16| {
            let error = Error::new(numbers::kind(number, "HY000", ""), "").with_code(number.to_string());
            !at_commit(error).is_commit_outcome_unknown()
        };
        for number in [1213, 1205, 1062, 1452, 1020, 1397, 1614] {
            assert!(is_known(number), "{number}");
        }
        for number in [1053, 1317, 1105, 1180, 2006, 2013, 9001] {
            assert!(!is_known(number), "{number}");
        }
    }
}
