//! Whether to try again after an error.

use std::error::Error as StdError;
use std::fmt;

use activerecord_core::{Error, ErrorKind};

/// An error after which trying again is of no use: a saga is undone at once, a task becomes a dead letter.
///
/// ```
/// # use activerecord::prelude::*;
/// fn parse(amount: &str) -> Result<u32> {
///     amount.parse().map_err(permanent)
/// }
/// assert!(parse("many").is_err());
/// ```
pub fn permanent(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Error {
    Error::custom(Marked { verdict: Verdict::Permanent, error: error.into() })
}

/// An error that may pass: it is worth another attempt.
pub fn transient(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Error {
    Error::custom(Marked { verdict: Verdict::Transient, error: error.into() })
}

/// Whether trying again may help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may.
    Transient,
    /// It does not.
    Permanent,
}

impl Verdict {
    /// What whoever made the error said of it.
    pub(crate) fn said(error: &Error) -> Option<Self> {
        error.downcast_ref::<Marked>().map(|marked| marked.verdict)
    }

    /// What is said of it, else what its kind tells: what a database may get over is worth another attempt.
    pub fn of(error: &Error) -> Self {
        let passes = error.is_retryable()
            || error.is_connection_lost()
            || error.is_pool_timeout()
            || matches!(error.kind(), ErrorKind::StatementTimeout | ErrorKind::DiskFull);
        Self::said(error).unwrap_or(if passes { Self::Transient } else { Self::Permanent })
    }
}

#[derive(Debug)]
struct Marked {
    verdict: Verdict,
    error: Box<dyn StdError + Send + Sync>,
}

impl fmt::Display for Marked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl StdError for Marked {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_counts_more_than_the_kind() {
        let lost = || Error::new(ErrorKind::ConnectionLost, "gone");
        assert_eq!(Verdict::of(&lost()), Verdict::Transient);
        assert_eq!(Verdict::of(&permanent(lost())), Verdict::Permanent);
        assert_eq!(Verdict::of(&Error::invalid("no name")), Verdict::Permanent);
        assert_eq!(Verdict::of(&transient(Error::invalid("no name"))), Verdict::Transient);
        assert_eq!(transient(Error::invalid("no name")).to_string(), "no name");
    }
}
