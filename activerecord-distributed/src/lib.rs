//! Protocols for work that crosses databases and must survive crashes.
//!
//! Use the first one that is sufficient:
//!
//! | protocol | guarantees |
//! |---|---|
//! | [`Outbox`], [`Worker`], [`Inbox`] | a message exists exactly if its transaction commits; the handler runs at least once, its effect happens once |
//! | [`Relay`], [`Consumer`] | the same, through a message [`Queue`] |
//! | [`Saga`] | all steps complete, or the completed ones are compensated; no isolation |
//! | [`two_phase`](two_phase()) | all participants commit, or none; locks are held between the phases |
//!
//! Each keeps its state in tables of the databases themselves, which are created on first use. Programs use the facade
//! crate `activerecord`, which re-exports the public items.

mod backoff;
mod clock;
mod consumer;
mod error;
#[cfg(feature = "failpoints")]
mod failpoint;
mod inbox;
mod json;
mod lease;
mod meters;
mod outbox;
mod panics;
mod per_connection;
mod queue;
mod relay;
mod saga;
mod storable;
#[doc(hidden)]
pub mod support;
mod tables;
mod two_phase;
mod verdict;
mod worker;

pub use backoff::Backoff;
pub use consumer::Consumer;
pub use error::{ABORTED, COMPENSATED, LEASE_LOST, ProtocolError, STUCK};
pub use inbox::Inbox;
pub use outbox::{Enqueue, Message, MessageState, Outbox, TopicStats};
pub use queue::{
    Delivery, Event, MemoryQueue, PublishError, Publisher, Queue, QueueCapabilities, RawEvent, SqlQueue, Subscriber,
};
pub use relay::Relay;
pub use saga::{Resumed, Saga, SagaRecord, SagaState, SagaStep, Sagas, StepContext, StepFn, StepState, UndoFn};
pub use two_phase::{Finding, InDoubt, InDoubtState, Recovered, Survey, TwoPhase, two_phase};
pub use verdict::{permanent, transient};
pub use worker::{Task, Worker};

/// The failpoints without their feature: they do nothing.
#[cfg(not(feature = "failpoints"))]
mod failpoint {
    use activerecord_core::Result;

    /// Does nothing, and returns `Ok`.
    ///
    /// # Errors
    /// None.
    #[inline]
    pub fn reach(_name: &str) -> Result<()> {
        Ok(())
    }

    /// Returns false.
    #[inline]
    pub fn is_broken(_name: &str) -> bool {
        false
    }
}
