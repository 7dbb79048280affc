//! The error kinds that the protocols add to those of core.

use activerecord_core::{Error, ErrorKind};

/// A transaction across databases was rolled back on every participant.
pub const ABORTED: ErrorKind = ErrorKind::Protocol("aborted");

/// A step of a saga failed, and the steps before it were compensated.
pub const COMPENSATED: ErrorKind = ErrorKind::Protocol("compensated");

/// A saga can neither continue nor be compensated. An operator must decide: see [`Sagas`](crate::Sagas).
pub const STUCK: ErrorKind = ErrorKind::Protocol("stuck");

/// The lease of this work expired, or passed to another process. This process must not write for it any more.
pub const LEASE_LOST: ErrorKind = ErrorKind::Protocol("lease lost");

/// Predicates for the errors of the protocols. The prelude imports this trait.
///
/// ```no_run
/// # use activerecord::prelude::*;
/// # async fn example() -> Result<()> {
/// match two_phase(["orders", "stock"], async || Ok(())).await {
///     Err(error) if error.is_aborted() => println!("nothing was written: {error}"),
///     done => done?,
/// }
/// # Ok(())
/// # }
/// ```
pub trait ProtocolError {
    /// Whether a transaction across databases was rolled back on every participant, because one of them could not be
    /// prepared or recovery aborted it.
    fn is_aborted(&self) -> bool;

    /// Whether a step of a saga failed and the steps before it were compensated. The source is the step's error;
    /// [`downcast_ref`](activerecord_core::Error::downcast_ref) finds the caller's own error type in it.
    fn is_compensated(&self) -> bool;

    /// Whether a saga is stuck until an operator decides.
    fn is_stuck(&self) -> bool;

    /// Whether the lease of this work is lost: another process may do the work now.
    fn is_lease_lost(&self) -> bool;
}

impl ProtocolError for Error {
    fn is_aborted(&self) -> bool {
        self.kind() == ABORTED
    }

    fn is_compensated(&self) -> bool {
        self.kind() == COMPENSATED
    }

    fn is_stuck(&self) -> bool {
        self.kind() == STUCK
    }

    fn is_lease_lost(&self) -> bool {
        self.kind() == LEASE_LOST
    }
}
