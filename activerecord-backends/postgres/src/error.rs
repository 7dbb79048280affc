//! Converts the server's SQLSTATEs to errors. No message contains a bound value: the server's details about a row are left out,
//! and so is the driver's error, whose `Debug` would show them.

use std::fmt::Display;

pub(crate) use activerecord_core::backend::errors::{
    bind_count, invalid_statement, no_cell, no_transaction, not_one_statement, transaction, transaction_control,
    transaction_open,
};
use activerecord_core::{Error, ErrorKind};
use activerecord_sqlx::commit_outcome_unknown;
use sqlx::postgres::{PgDatabaseError, PgSeverity};

/// Converts an error of the driver.
#[cold]
pub(crate) fn from_driver(error: sqlx::Error) -> Error {
    match error {
        sqlx::Error::Database(error) => match error.try_downcast::<PgDatabaseError>() {
            Ok(error) => from_server(&error),
            Err(error) => Error::new(ErrorKind::Database, error.message()),
        },
        sqlx::Error::Io(error) => lost(&error).with_source(error),
        sqlx::Error::Tls(error) => tls(&error),
        sqlx::Error::Configuration(error) => Error::configuration(error.to_string()),
        sqlx::Error::Protocol(message) => lost(&message),
        sqlx::Error::Encode(error) | sqlx::Error::Decode(error) => Error::conversion(error.to_string()),
        error => Error::new(ErrorKind::Database, error.to_string()),
    }
}

/// Converts the error of a connection that failed to open.
#[cold]
pub(crate) fn at_connect(error: sqlx::Error) -> Error {
    match error {
        // The TLS handshake reports its errors, such as an untrusted certificate, as this kind.
        sqlx::Error::Io(error) if error.kind() == std::io::ErrorKind::InvalidData => tls(&error),
        sqlx::Error::Io(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => {
            Error::new(ErrorKind::ConnectionLost, error.to_string()).with_source(error)
        }
        error => from_driver(error),
    }
}

#[cold]
fn tls(cause: &dyn Display) -> Error {
    Error::configuration(format!("TLS failed: {cause}; see the options `sslmode` and `sslrootcert`"))
}

/// The error of a channel whose name the server would shorten.
#[cold]
pub(crate) fn long_channel(bytes: usize) -> Error {
    invalid_statement(format!("the name of the channel has {bytes} bytes; use at most 63"))
}

/// The error of a COMMIT. If the answer is lost, or is that of a proxy, the server may have committed.
#[cold]
pub(crate) fn at_commit(error: Error) -> Error {
    let hides = error.is_connection_lost() || error.code().is_some_and(hides_outcome);
    if hides { commit_outcome_unknown(error) } else { error }
}

/// Whether the error of a COMMIT with this code does not tell the outcome: `transaction_resolution_unknown` and the other errors
/// of connections (08), which proxies use too; a stopped server (57, but not a cancelled statement); the errors of the system (58)
/// and of the server itself (XX).
fn hides_outcome(code: &str) -> bool {
    matches!(code.get(..2), Some("08" | "57" | "58" | "XX")) && code != "57014"
}

/// Whether the session cannot be used after this error.
pub(crate) fn ends_session(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(error) => match error.try_downcast_ref::<PgDatabaseError>() {
            Some(error) => matches!(error.severity(), PgSeverity::Fatal | PgSeverity::Panic),
            None => true,
        },
        _ => false,
    }
}

/// Whether the server refused a statement only because the schema changed after the driver prepared it, or because the prepared
/// statement was deallocated. Nothing of it ran.
pub(crate) fn is_stale_statement(error: &sqlx::Error) -> bool {
    match server(error).map(|error| (error.code(), error.routine())) {
        // The message is in the server's language; the name of the routine is not.
        Some(("0A000", routine)) => routine == Some("RevalidateCachedQuery"),
        Some((code, _)) => code == "26000",
        None => false,
    }
}

/// Whether the server rejects the statement or the types of its placeholders.
pub(crate) fn is_invalid_statement(error: &sqlx::Error) -> bool {
    server(error).is_some_and(|error| error.code().starts_with("42") && error.code() != "42501")
}

fn server(error: &sqlx::Error) -> Option<&PgDatabaseError> {
    match error {
        sqlx::Error::Database(error) => error.try_downcast_ref(),
        _ => None,
    }
}

#[cold]
fn from_server(error: &PgDatabaseError) -> Error {
    let code = error.code();
    let is_fatal = matches!(error.severity(), PgSeverity::Fatal | PgSeverity::Panic);
    let kind = match kind(code) {
        ErrorKind::Database | ErrorKind::InvalidStatement if is_fatal => ErrorKind::ConnectionLost,
        // A setting that the login sends.
        ErrorKind::Conversion if is_fatal => ErrorKind::Configuration,
        kind => kind,
    };
    let converted = Error::new(kind, explain(error)).with_code(code);
    match (code, error.constraint(), error.table(), error.column()) {
        ("23502", _, Some(table), Some(column)) => converted.with_constraint(format!("{table}.{column}")),
        (_, Some(constraint), ..) if code.starts_with("23") => converted.with_constraint(constraint),
        _ => converted,
    }
}

/// Returns the kind of an SQLSTATE. Its first two characters are its class.
fn kind(code: &str) -> ErrorKind {
    match code {
        // An exclusion constraint is a unique constraint with another operator than equality.
        "23505" | "23P01" => ErrorKind::UniqueViolation,
        "23503" | "23001" => ErrorKind::ForeignKeyViolation,
        "23502" => ErrorKind::NotNullViolation,
        "23514" | "44000" => ErrorKind::CheckViolation,
        "40001" => ErrorKind::Serialization,
        "40P01" => ErrorKind::Deadlock,
        "40003" => ErrorKind::ConnectionLost,
        // A lock timeout, and a database or an object in use.
        "55P03" | "55006" => ErrorKind::Busy,
        "57014" => ErrorKind::StatementTimeout,
        // Shutdown, crash, startup, dropped database, idle timeouts, too many connections.
        "57P01" | "57P02" | "57P03" | "57P04" | "57P05" | "25P03" | "25P04" | "53300" => ErrorKind::ConnectionLost,
        "3D000" => ErrorKind::Configuration,
        "42501" => ErrorKind::PermissionDenied,
        // A value with another type than its column, and no cast between them.
        "42804" | "42846" => ErrorKind::Conversion,
        "53100" | "53400" => ErrorKind::DiskFull,
        "25006" => ErrorKind::ReadOnly,
        // VACUUM and similar statements inside a transaction; missing values.
        "25001" | "08P01" | "3B001" => ErrorKind::InvalidStatement,
        "XX001" | "XX002" => ErrorKind::Corrupt,
        _ => of_class(code.get(..2).unwrap_or_default()),
    }
}

fn of_class(class: &str) -> ErrorKind {
    match class {
        "0A" => ErrorKind::Unsupported,
        "22" => ErrorKind::Conversion,
        "25" => ErrorKind::Transaction,
        "28" => ErrorKind::PermissionDenied,
        "26" | "34" | "3F" | "42" | "54" => ErrorKind::InvalidStatement,
        _ => ErrorKind::Database,
    }
}

/// The server's message, with what the user can do about the error.
fn explain(error: &PgDatabaseError) -> String {
    let code = error.code();
    if code.starts_with("22") {
        return without_values(error.message());
    }
    let mut message = error.message().to_owned();
    let mut add = |more: &str| {
        message.push_str("; ");
        message.push_str(more);
    };
    // The details of other classes show the row: of a constraint, or of the user's RAISE.
    if ["0A", "2B", "40", "42", "53", "55", "57"].contains(&code.get(..2).unwrap_or_default())
        && let Some(detail) = error.detail()
    {
        add(detail);
    }
    if let Some(hint) = error.hint() {
        add(hint);
    }
    match code {
        "42P18" => add("add a cast, such as ?::text"),
        "53300" => add("raise the server's max_connections, or lower the pools' max_connections"),
        "53100" => add("free some space on the server's disk"),
        "25P02" => add("an earlier statement in it failed; roll it back"),
        _ => {}
    }
    message
}

/// Removes quoted values from a message about data: `invalid input syntax for type uuid: "abc"`.
fn without_values(message: &str) -> String {
    let message = message.split_once(": \"").or_else(|| message.split_once(": 0x")).map_or(message, |(what, _)| what);
    let quoted = |(index, piece)| if index % 2 == 1 { "..." } else { piece };
    message.split('"').enumerate().map(quoted).collect::<Vec<_>>().join("\"")
}

/// The error of a stale prepared statement inside a transaction. A new run of the transaction succeeds.
#[cold]
pub(crate) fn schema_changed(code: &str) -> Error {
    Error::new(
        ErrorKind::Serialization,
        "the schema changed after this statement was prepared on this connection; roll back and run the transaction again",
    )
    .with_code(code)
}

/// The error of a broken connection.
#[cold]
pub(crate) fn lost(why: &impl Display) -> Error {
    Error::new(ErrorKind::ConnectionLost, format!("the connection to the server is lost: {why}"))
}

/// The driver reports the rows of a COPY as a protocol error.
#[cold]
pub(crate) fn no_copy() -> Error {
    Error::unsupported(
        "COPY from and to the client is not supported: use bulk_insert_or_update, a query, or the driver",
    )
}

/// The driver reports a notification between answers as a protocol error.
#[cold]
pub(crate) fn no_notifications() -> Error {
    Error::unsupported("LISTEN cannot run as SQL: use `ConnectionHandle::listen`, which opens a separate session")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_removed() {
        for (message, expected) in [
            ("invalid input syntax for type uuid: \"secret\"", "invalid input syntax for type uuid"),
            ("value \"99\" is out of range for type integer", "value \"...\" is out of range for type integer"),
            ("invalid byte sequence for encoding \"UTF8\": 0xff", "invalid byte sequence for encoding \"...\""),
            ("value too long for type character varying(3)", "value too long for type character varying(3)"),
            ("invalid input syntax for type date: \"a \"\" b\"", "invalid input syntax for type date"),
        ] {
            assert_eq!(without_values(message), expected);
        }
    }

    #[test]
    fn only_some_errors_of_a_commit_tell_the_outcome() {
        let is_known = |code: &str| !at_commit(Error::new(kind(code), "").with_code(code)).is_commit_outcome_unknown();
        for code in ["23505", "23503", "40001", "40P01", "57014", "P0001", "25P02", "53100"] {
            assert!(is_known(code), "{code}");
        }
        for code in ["08007", "08P01", "08006", "40003", "57P01", "57P05", "58030", "58000", "XX000"] {
            assert!(!is_known(code), "{code}");
        }
        assert!(!at_commit(Error::new(ErrorKind::Transaction, "nothing was sent")).is_commit_outcome_unknown());
    }

    #[test]
    fn kinds() {
        for (code, expected) in [
            ("23505", ErrorKind::UniqueViolation),
            ("22P02", ErrorKind::Conversion),
            ("25P02", ErrorKind::Transaction),
            ("28P01", ErrorKind::PermissionDenied),
            ("42P01", ErrorKind::InvalidStatement),
            // An error of a foreign server. A lost connection to this server has the severity FATAL.
            ("08006", ErrorKind::Database),
            ("P0001", ErrorKind::Database),
            ("", ErrorKind::Database),
        ] {
            assert_eq!(kind(code), expected, "{code}");
        }
    }
}
