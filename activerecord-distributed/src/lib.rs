//! Work that crosses databases, and what it needs to survive crashes.
//!
//! Three protocols, the first to be preferred where it is enough: the outbox ([`Outbox`], [`Worker`], [`Inbox`]), the saga
//! ([`Saga`]), and two-phase commit ([`two_phase`](two_phase())). Each keeps its state in tables of the databases themselves, made on first use.
//!
//! Programs use the facade crate `activerecord`, which re-exports what is public here.

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
mod store;
#[doc(hidden)]
pub mod support;
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
pub use two_phase::{Finding, InDoubt, InDoubtState, Prepare, Recovered, Survey, TwoPhase, two_phase};
pub use verdict::{permanent, transient};
pub use worker::{Task, Worker};

/// What only tests do. Without the feature it is nothing.
#[cfg(not(feature = "failpoints"))]
mod failpoint {
    use activerecord_core::Result;

    /// Does nothing.
    ///
    /// # Errors
    /// None.
    #[inline]
    pub fn reach(_name: &str) -> Result<()> {
        Ok(())
    }

    /// False.
    #[inline]
    pub fn is_broken(_name: &str) -> bool {
        false
    }
}
