//! The kinds of errors that the protocols across databases add to those of core.

use activerecord_core::{Error, ErrorKind};

/// A transaction across databases was rolled back in all of them.
pub const ABORTED: ErrorKind = ErrorKind::Protocol("aborted");

/// A step of a saga failed, and the steps before it were compensated.
pub const COMPENSATED: ErrorKind = ErrorKind::Protocol("compensated");

/// A saga can neither continue nor compensate until somebody decides.
pub const STUCK: ErrorKind = ErrorKind::Protocol("stuck");

/// The lease on this work passed to another process. This process must write nothing more for it.
pub const LEASE_LOST: ErrorKind = ErrorKind::Protocol("lease lost");

/// What a caller can ask of the error of a protocol. The prelude imports it.
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
    /// A transaction across databases was rolled back in all of them: another process decided so, or a participant could not
    /// be prepared.
    fn is_aborted(&self) -> bool;

    /// A step of a saga failed, and the steps before it were compensated.
    /// [`downcast_ref`](activerecord_core::Error::downcast_ref) gives the step's own error.
    fn is_compensated(&self) -> bool;

    /// A saga waits for somebody's decision.
    fn is_stuck(&self) -> bool;

    /// Another process does this work now.
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
