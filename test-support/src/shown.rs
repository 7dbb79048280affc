//! Checks the text of errors.

use std::error::Error as _;

use activerecord::{Error, ErrorKind};

/// A value that the tests bind to statements. No error may show it.
pub const SECRET: &str = "s3cr3t";

/// Returns everything that a log can show of an error.
pub fn shown(error: &Error) -> String {
    let mut shown = format!("{error} {error:?}");
    let mut source = error.source();
    while let Some(error) = source {
        shown += &format!(" {error} {error:?}");
        source = error.source();
    }
    shown
}

/// Checks the error of a statement: its kind, its connection and model, and that it shows no bound value.
pub fn check(error: &Error, kind: ErrorKind, connection: &str, model: Option<&str>) {
    let shown = shown(error);
    assert_eq!((error.kind(), error.connection(), error.model()), (kind, Some(connection), model), "{shown}");
    assert!(!shown.contains(SECRET), "{shown}");
    assert!(error.sql().is_some_and(|sql| error.to_string().contains(sql)), "{shown}");
    assert!(error.to_string().contains(connection) && error.to_string().starts_with(error.message()), "{error}");
}
