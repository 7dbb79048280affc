//! Which errors are transient, and which are permanent.

use std::error::Error as StdError;
use std::fmt;

use activerecord_core::{Error, ErrorKind};

/// Marks an error as permanent: it is not retried. A saga is compensated at once; a message or an event becomes a dead
/// letter at once. The result has the message of `error`, which is its source.
///
/// ```
/// # use activerecord::prelude::*;
/// use activerecord::outbox::permanent;
///
/// fn parse(amount: &str) -> Result<u32> {
///     amount.parse().map_err(permanent)
/// }
/// assert!(parse("many").is_err());
/// ```
pub fn permanent(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Error {
    Error::custom(Marked { verdict: Verdict::Permanent, error: error.into() })
}

/// Marks an error as transient: a saga's action is retried. Errors of a worker's or consumer's handler are retried
/// without this mark too. The result has the message of `error`, which is its source.
///
/// ```
/// # use activerecord::prelude::*;
/// use activerecord::outbox::transient;
///
/// fn check(status: u16) -> Result<()> {
///     match status {
///         503 => Err(transient("the payment service is overloaded")),
///         _ => Ok(()),
///     }
/// }
/// assert!(check(503).is_err());
/// ```
pub fn transient(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Error {
    Error::custom(Marked { verdict: Verdict::Transient, error: error.into() })
}

/// Whether a retry may help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A retry may help.
    Transient,
    /// A retry does not help.
    Permanent,
}

impl Verdict {
    /// The mark that the user's code set.
    pub(crate) fn marked(error: &Error) -> Option<Self> {
        error.downcast_ref::<Marked>().map(|marked| marked.verdict)
    }

    /// The mark, or else the class of the error's kind: lost connections, deadlocks, timeouts and full disks are
    /// transient.
    pub fn of(error: &Error) -> Self {
        let is_transient = error.is_retryable()
            || error.is_connection_lost()
            || error.is_pool_timeout()
            || matches!(error.kind(), ErrorKind::StatementTimeout | ErrorKind::DiskFull);
        Self::marked(error).unwrap_or(if is_transient { Self::Transient } else { Self::Permanent })
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
    fn a_mark_overrides_the_kind() {
        let lost = || Error::new(ErrorKind::ConnectionLost, "gone");
        assert_eq!(Verdict::of(&lost()), Verdict::Transient);
        assert_eq!(Verdict::of(&permanent(lost())), Verdict::Permanent);
        assert_eq!(Verdict::of(&Error::invalid("no name")), Verdict::Permanent);
        assert_eq!(Verdict::of(&transient(Error::invalid("no name"))), Verdict::Transient);
        assert_eq!(transient(Error::invalid("no name")).to_string(), "no name");
    }
}
