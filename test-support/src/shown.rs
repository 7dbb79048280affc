//! What errors show, and what they never may.

use std::error::Error as _;

use activerecord::{Error, ErrorKind};

/// What is bound to every statement of these tests, and never shown.
pub const SECRET: &str = "s3cr3t";

/// All that a log may show of an error.
pub fn shown(error: &Error) -> String {
    let mut shown = format!("{error} {error:?}");
    let mut source = error.source();
    while let Some(error) = source {
        shown += &format!(" {error} {error:?}");
        source = error.source();
    }
    shown
}

/// Checks what every error of a statement has: its kind and its place, and no bound value.
pub fn check(error: &Error, kind: ErrorKind, connection: &str, model: Option<&str>) {
    let shown = shown(error);
    assert_eq!((error.kind(), error.connection(), error.model()), (kind, Some(connection), model), "{shown}");
    assert!(!shown.contains(SECRET), "{shown}");
    assert!(error.sql().is_some_and(|sql| error.to_string().contains(sql)), "{shown}");
    assert!(error.to_string().contains(connection) && error.to_string().starts_with(error.message()), "{error}");
}
