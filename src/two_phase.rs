//! Two-phase commit: one transaction in several databases, all or nothing.

pub use activerecord_distributed::{
    ABORTED, Finding, InDoubt, InDoubtState, ProtocolError, Recovered, Survey, TwoPhase, two_phase,
};
