//! Message queues: what the relay publishes to and consumers receive from.
//!
//! The contract is small, and every queue keeps it: an event that was accepted survives the queue's crash where the queue is
//! durable, and every group gets it at least once. A queue is handed to a [`Relay`](crate::Relay) or a
//! [`Consumer`](crate::Consumer); programs seldom call it themselves.

mod event;
mod memory;
mod sql;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use activerecord_core::backend::BoxFuture;
use activerecord_core::{Error, Result};

pub(crate) use event::VERSION;
pub use event::{Event, RawEvent};
pub use memory::MemoryQueue;
pub use sql::SqlQueue;

/// Where events are published.
pub trait Publisher: Send + Sync + 'static {
    /// Publishes events. There is one result for each, in their order; `Ok` comes only after the queue has the event for
    /// good, as far as it is [durable](QueueCapabilities::durable).
    fn publish<'a>(&'a self, events: &'a [RawEvent]) -> BoxFuture<'a, Vec<Result<(), PublishError>>>;

    /// What this queue can do.
    fn capabilities(&self) -> QueueCapabilities;
}

/// Why an event was not published, or may not have been.
#[derive(Debug)]
#[non_exhaustive]
pub enum PublishError {
    /// It was not: another attempt may succeed.
    Transient(Error),
    /// It was not, and never will be: it is too large, or not allowed.
    Rejected(Error),
    /// Nobody knows: the answer was lost. Publishing it again under the same id is the way out.
    OutcomeUnknown(Error),
}

impl PublishError {
    /// The results of `count` events that all ended like this.
    pub fn for_all(self, count: usize) -> Vec<Result<(), Self>> {
        let kind = match &self {
            Self::Transient(_) => Self::Transient,
            Self::Rejected(_) => Self::Rejected,
            Self::OutcomeUnknown(_) => Self::OutcomeUnknown,
        };
        let error = self.into_error();
        (0..count).map(|_| Err(kind(Error::new(error.kind(), error.to_string())))).collect()
    }

    /// What the queue said.
    pub fn into_error(self) -> Error {
        match self {
            Self::Transient(error) | Self::Rejected(error) | Self::OutcomeUnknown(error) => error,
        }
    }
}

impl fmt::Display for PublishError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transient(error) => write!(f, "not published: {error}"),
            Self::Rejected(error) => write!(f, "rejected: {error}"),
            Self::OutcomeUnknown(error) => write!(f, "nobody knows whether it was published: {error}"),
        }
    }
}

impl std::error::Error for PublishError {}

/// What a queue can do. A capability that is not there is made up for, or told of, by whoever needs it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueueCapabilities {
    /// What was published survives the end of the queue's process.
    pub durable: bool,
    /// An event that is published again within minutes under the same id is delivered once.
    pub deduplicates: bool,
    /// An event that nobody has subscribed to yet is kept for those who will.
    pub keeps_unclaimed: bool,
}

impl QueueCapabilities {
    /// None of them.
    pub fn none() -> Self {
        Self::default()
    }

    /// With [`durable`](Self::durable).
    pub fn durable(self) -> Self {
        Self { durable: true, ..self }
    }

    /// With [`deduplicates`](Self::deduplicates).
    pub fn deduplicates(self) -> Self {
        Self { deduplicates: true, ..self }
    }

    /// With [`keeps_unclaimed`](Self::keeps_unclaimed).
    pub fn keeps_unclaimed(self) -> Self {
        Self { keeps_unclaimed: true, ..self }
    }
}

/// A queue that events are published to and received from. It is cheap to clone, and connects again by itself.
pub trait Queue: Publisher {
    /// Receives the events of a topic for a group of consumers: each event goes to one of the group. Every group gets all
    /// events. A group exists from its first subscription on, whether or not somebody receives for it.
    ///
    /// # Errors
    /// Whatever the queue reports.
    fn subscribe<'a>(&'a self, topic: &'a str, group: &'a str) -> BoxFuture<'a, Result<Box<dyn Subscriber>>>;
}

/// Receives events.
pub trait Subscriber: Send {
    /// Waits for events, and takes up to `limit` of them. It may be dropped while it waits: nothing is lost. An outage of
    /// the queue is an error; calling it again connects again.
    fn receive(&mut self, limit: usize) -> BoxFuture<'_, Result<Vec<Box<dyn Delivery>>>>;
}

/// One delivery of an event. One that is dropped without a word is delivered again, at the latest when its time is over:
/// see [`extend`](Self::extend).
pub trait Delivery: Send + Sync {
    /// What was delivered: the JSON of an event, or whatever a program of somebody else has published.
    fn body(&self) -> &[u8];

    /// The event is done.
    fn ack(self: Box<Self>) -> BoxFuture<'static, Result<()>>;

    /// The event is to be delivered again, after this pause where the queue can wait, else at once.
    fn nack(self: Box<Self>, pause: Duration) -> BoxFuture<'static, Result<()>>;

    /// The event is still being worked on: it is to stay with this consumer as long as after its delivery.
    fn extend(&self) -> BoxFuture<'_, Result<()>>;

    /// How often to [`extend`](Self::extend) the delivery. None: it stays until the connection breaks.
    fn extend_every(&self) -> Option<Duration>;
}

impl<P: Publisher + ?Sized> Publisher for Arc<P> {
    fn publish<'a>(&'a self, events: &'a [RawEvent]) -> BoxFuture<'a, Vec<Result<(), PublishError>>> {
        (**self).publish(events)
    }

    fn capabilities(&self) -> QueueCapabilities {
        (**self).capabilities()
    }
}

impl<Q: Queue + ?Sized> Queue for Arc<Q> {
    fn subscribe<'a>(&'a self, topic: &'a str, group: &'a str) -> BoxFuture<'a, Result<Box<dyn Subscriber>>> {
        (**self).subscribe(topic, group)
    }
}
