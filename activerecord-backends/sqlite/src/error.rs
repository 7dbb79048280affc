//! SQLite's result codes as errors. No message contains a bound value: SQLite's own messages never do.

use std::ffi::c_int;
use std::path::Path;
use std::time::Duration;

use activerecord_core::backend::errors;
pub(crate) use activerecord_core::backend::errors::{
    bind_count, gone, invalid_statement, no_transaction, not_one_statement, not_utf8, transaction_control,
    transaction_ended, transaction_open,
};
use activerecord_core::{Error, ErrorKind};
use rusqlite::ffi;

use crate::dialect;

/// The error of a statement that could not be prepared.
#[cold]
pub(crate) fn at_prepare(code: c_int, message: &str) -> Error {
    if code & 0xff == ffi::SQLITE_ERROR {
        invalid_statement(message).with_code(name(code))
    } else {
        at_step(code, message)
    }
}

/// The error of a statement that failed while it ran.
#[cold]
pub(crate) fn at_step(code: c_int, message: &str) -> Error {
    let error = Error::new(kind(code, message), explain(code, message)).with_code(name(code));
    match constraint(code, message) {
        Some(constraint) => error.with_constraint(constraint),
        None => error,
    }
}

/// The error of a call of rusqlite.
#[cold]
pub(crate) fn from_driver(error: rusqlite::Error) -> Error {
    match &error {
        rusqlite::Error::SqliteFailure(failure, message) => {
            let message = message.as_deref().map_or_else(|| failure.to_string(), ToOwned::to_owned);
            at_step(failure.extended_code, &message).with_source(error)
        }
        rusqlite::Error::SqlInputError { error: failure, msg, .. } => {
            at_prepare(failure.extended_code, msg).with_source(error)
        }
        _ => Error::new(ErrorKind::Database, error.to_string()).with_source(error),
    }
}

/// The error of a COMMIT. After a failure of the disk it is unknown whether the commit reached the file.
#[cold]
pub(crate) fn at_commit(error: Error) -> Error {
    if !matches!(error.code(), Some(code) if code.starts_with("SQLITE_IOERR")) {
        return error;
    }
    let code = error.code().unwrap_or_default().to_owned();
    Error::new(ErrorKind::CommitOutcomeUnknown, error.message()).with_code(code).with_source(error)
}

/// The kind of a result code. The low byte is the primary code, the whole is the extended one.
fn kind(code: c_int, message: &str) -> ErrorKind {
    match code {
        ffi::SQLITE_ERROR if dialect::refuses_value(message) => ErrorKind::Conversion,
        // A SUM of integers that does not fit into 64 bits.
        ffi::SQLITE_ERROR if message == "integer overflow" => ErrorKind::Conversion,
        // The schema has changed since the statement was prepared.
        ffi::SQLITE_ERROR if is_about_schema(message) => ErrorKind::InvalidStatement,
        ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID => {
            ErrorKind::UniqueViolation
        }
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => ErrorKind::ForeignKeyViolation,
        ffi::SQLITE_CONSTRAINT_NOTNULL => ErrorKind::NotNullViolation,
        ffi::SQLITE_CONSTRAINT_CHECK => ErrorKind::CheckViolation,
        ffi::SQLITE_READONLY_DBMOVED => ErrorKind::ConnectionLost,
        _ => match code & 0xff {
            ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED | ffi::SQLITE_PROTOCOL => ErrorKind::Busy,
            ffi::SQLITE_READONLY => ErrorKind::ReadOnly,
            ffi::SQLITE_FULL => ErrorKind::DiskFull,
            ffi::SQLITE_CANTOPEN => ErrorKind::ConnectionLost,
            ffi::SQLITE_NOTADB | ffi::SQLITE_CORRUPT => ErrorKind::Corrupt,
            ffi::SQLITE_PERM | ffi::SQLITE_AUTH => ErrorKind::PermissionDenied,
            ffi::SQLITE_RANGE => ErrorKind::InvalidStatement,
            ffi::SQLITE_TOOBIG | ffi::SQLITE_MISMATCH => ErrorKind::Conversion,
            ffi::SQLITE_INTERRUPT => ErrorKind::StatementTimeout,
            _ => ErrorKind::Database,
        },
    }
}

/// Whether a message is about a table, a column or a key that a statement names.
fn is_about_schema(message: &str) -> bool {
    message.starts_with("no such ")
        || message.starts_with("ON CONFLICT clause does not match")
        || message.contains(" has no column named ")
}

/// SQLite's message, with a hint for codes whose message needs one.
fn explain(code: c_int, message: &str) -> String {
    let hint = match code & 0xff {
        ffi::SQLITE_FULL => "free some space on the disk, or raise max_pages if it is set",
        ffi::SQLITE_NOTADB => "the file is not an SQLite database, or it is encrypted",
        ffi::SQLITE_CORRUPT => "the file is damaged: restore it from a backup",
        ffi::SQLITE_TOOBIG => "a text or blob is longer than SQLite can store",
        ffi::SQLITE_MISMATCH => "a value does not fit its column, such as text in an INTEGER PRIMARY KEY",
        _ => return message.to_owned(),
    };
    format!("{message}; {hint}")
}

/// The constraint in a message such as `UNIQUE constraint failed: users.email`.
fn constraint(code: c_int, message: &str) -> Option<String> {
    if code & 0xff != ffi::SQLITE_CONSTRAINT {
        return None;
    }
    let (_, name) = message.split_once("constraint failed: ")?;
    // `index 'users_lower_email'`: of an index on an expression SQLite names no columns.
    let name = name.strip_prefix("index '").and_then(|name| name.strip_suffix('\'')).unwrap_or(name);
    Some(name.to_owned())
}

/// The name of a result code, or its number.
fn name(code: c_int) -> String {
    macro_rules! names {
        ($($name:ident)*) => { match code {
            $(ffi::$name => stringify!($name).to_owned(),)*
            other if other > 0xff => format!("{} ({other})", name(other & 0xff)),
            other => other.to_string(),
        } };
    }
    names! {
        SQLITE_ERROR SQLITE_PERM SQLITE_ABORT SQLITE_BUSY SQLITE_LOCKED SQLITE_NOMEM SQLITE_READONLY SQLITE_INTERRUPT
        SQLITE_IOERR SQLITE_CORRUPT SQLITE_FULL SQLITE_CANTOPEN SQLITE_PROTOCOL SQLITE_SCHEMA SQLITE_TOOBIG
        SQLITE_CONSTRAINT SQLITE_MISMATCH SQLITE_MISUSE SQLITE_AUTH SQLITE_RANGE SQLITE_NOTADB
        SQLITE_CONSTRAINT_CHECK SQLITE_CONSTRAINT_FOREIGNKEY SQLITE_CONSTRAINT_NOTNULL SQLITE_CONSTRAINT_PRIMARYKEY
        SQLITE_CONSTRAINT_ROWID SQLITE_CONSTRAINT_TRIGGER SQLITE_CONSTRAINT_UNIQUE SQLITE_CONSTRAINT_DATATYPE
        SQLITE_BUSY_RECOVERY SQLITE_BUSY_SNAPSHOT SQLITE_LOCKED_SHAREDCACHE SQLITE_READONLY_DBMOVED
        SQLITE_READONLY_DIRECTORY SQLITE_CANTOPEN_ISDIR SQLITE_CORRUPT_INDEX
        SQLITE_IOERR_READ SQLITE_IOERR_SHORT_READ SQLITE_IOERR_WRITE SQLITE_IOERR_FSYNC SQLITE_IOERR_TRUNCATE
        SQLITE_IOERR_LOCK SQLITE_IOERR_SHMMAP
    }
}

/// Whether an error concerns the file or the connection, so that the next statement would fail too.
pub(crate) fn is_lasting(error: &Error) -> bool {
    const CODES: [&str; 6] = [
        "SQLITE_IOERR",
        "SQLITE_CORRUPT",
        "SQLITE_NOTADB",
        "SQLITE_CANTOPEN",
        "SQLITE_NOMEM",
        "SQLITE_READONLY_DBMOVED",
    ];
    error.code().is_some_and(|code| CODES.iter().any(|lasting| code.starts_with(lasting)))
}

/// Whether another connection holds a lock that the statement needs, so that a retry can succeed.
pub(crate) fn is_busy(code: c_int) -> bool {
    matches!(code & 0xff, ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED)
}

/// The error of a database that stayed locked.
#[cold]
pub(crate) fn busy(what: &str, waited: Duration) -> Error {
    Error::new(
        ErrorKind::Busy,
        format!(
            "{what} for longer than busy_timeout ({waited:?}); keep write transactions short, or raise busy_timeout"
        ),
    )
    .with_code("SQLITE_BUSY")
}

#[cold]
pub(crate) fn no_cell(ordinal: usize, columns: usize) -> Error {
    if ordinal < columns {
        return Error::new(ErrorKind::Database, "SQLite ran out of memory").with_code("SQLITE_NOMEM");
    }
    errors::no_cell(ordinal, columns)
}

/// The error of a file that cannot be opened, with the reason, which SQLite does not report.
#[cold]
pub(crate) fn at_open(path: &Path, creates: bool, error: rusqlite::Error) -> Error {
    let shown = path.display();
    let error = from_driver(error).context(format_args!("cannot open the database `{shown}`"));
    if !matches!(error.code(), Some(code) if code.starts_with("SQLITE_CANTOPEN")) {
        return error;
    }
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
    match std::fs::OpenOptions::new().read(true).open(path) {
        _ if path.is_dir() => Error::configuration(format!("the database `{shown}` is a directory, not a file")),
        Err(cause) if cause.kind() == std::io::ErrorKind::PermissionDenied => {
            Error::new(ErrorKind::PermissionDenied, format!("no permission to open the database `{shown}`: {cause}"))
        }
        Err(_) if directory.is_some_and(|directory| !directory.is_dir()) => Error::configuration(format!(
            "the database `{shown}` does not exist, nor does its directory; SQLite creates files, but not directories"
        )),
        Err(_) if !creates => Error::configuration(format!(
            "the database `{shown}` does not exist; add `mode=rwc` to create it: sqlite://{shown}?mode=rwc"
        )),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Error::new(
            ErrorKind::PermissionDenied,
            format!("no permission to create the database `{shown}` in its directory"),
        ),
        _ => error,
    }
}
