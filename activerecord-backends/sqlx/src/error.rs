//! Errors that both backends report in the same words.

use activerecord_core::{Error, ErrorKind};

/// The error of a COMMIT that the server may have run, with the error that hides the answer as its source.
///
/// ```
/// use activerecord_core::{Error, ErrorKind};
/// use activerecord_sqlx::commit_outcome_unknown;
///
/// let error = commit_outcome_unknown(Error::new(ErrorKind::ConnectionLost, "connection reset"));
/// assert!(error.is_commit_outcome_unknown());
/// ```
#[cold]
pub fn commit_outcome_unknown(error: Error) -> Error {
    let message = format!("COMMIT was sent, but its outcome is unknown: {}", error.message());
    let unknown = Error::new(ErrorKind::CommitOutcomeUnknown, message);
    let unknown = match error.code() {
        Some(code) => unknown.with_code(code.to_owned()),
        None => unknown,
    };
    unknown.with_source(error)
}

/// Says which placeholder an error is about. They are counted from 1.
///
/// ```
/// use activerecord_core::Error;
/// use activerecord_sqlx::at_placeholder;
///
/// let error = at_placeholder(Error::conversion("NaN cannot be stored"), 2);
/// assert_eq!(error.message(), "the value of placeholder 2: NaN cannot be stored");
/// ```
#[cold]
pub fn at_placeholder(error: Error, number: usize) -> Error {
    error.context(format_args!("the value of placeholder {number}"))
}
