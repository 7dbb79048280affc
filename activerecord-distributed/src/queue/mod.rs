//! Message queues: a [`Relay`](crate::Relay) publishes to one, and [`Consumer`](crate::Consumer)s receive from it.
//!
//! Every queue guarantees: each consumer group gets each accepted event at least once. If the queue is durable, an
//! accepted event survives a crash of the queue. Programs seldom call a queue themselves.

mod event;
mod memory;
mod sql;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use activerecord_core::backend::BoxFuture;
use activerecord_core::statement::CreateTable;
use activerecord_core::{Error, ErrorKind, Result};
use tokio::time::timeout;

pub(crate) use event::VERSION;
pub(crate) use event::start;
pub use event::{Event, RawEvent};
pub use memory::MemoryQueue;
pub use sql::SqlQueue;

/// The publishing side of a queue.
///
/// ```no_run
/// # use activerecord::prelude::*;
/// use activerecord::queue::{PublishError, Publisher, RawEvent, SqlQueue};
///
/// # async fn example() -> Result<()> {
/// let queue = SqlQueue::on("analytics");
/// let event = RawEvent::new("import-1", "user_events", &42)?;
/// for result in queue.publish(&[event]).await {
///     result.map_err(PublishError::into_error)?;
/// }
/// # Ok(())
/// # }
/// ```
pub trait Publisher: Send + Sync + 'static {
    /// Publishes events. Returns one result per event, in the same order. `Ok` means that the queue has acknowledged
    /// the event: a [durable](QueueCapabilities::durable) queue has stored it.
    fn publish<'a>(&'a self, events: &'a [RawEvent]) -> BoxFuture<'a, Vec<Result<(), PublishError>>>;

    /// The capabilities of this queue.
    fn capabilities(&self) -> QueueCapabilities;
}

/// Why an event was not published, or may not have been published.
#[derive(Debug)]
#[non_exhaustive]
pub enum PublishError {
    /// Not published. A retry may succeed.
    Transient(Error),
    /// Not published, and a retry cannot succeed: for example, the event is too large or not permitted.
    Rejected(Error),
    /// Unknown: the acknowledgement was lost. Publish the event again with the same id.
    OutcomeUnknown(Error),
}

impl PublishError {
    /// Returns this error as the result of each of `count` events.
    pub fn for_all(self, count: usize) -> Vec<Result<(), Self>> {
        let kind = match &self {
            Self::Transient(_) => Self::Transient,
            Self::Rejected(_) => Self::Rejected,
            Self::OutcomeUnknown(_) => Self::OutcomeUnknown,
        };
        let error = self.into_error();
        (0..count).map(|_| Err(kind(Error::new(error.kind(), error.to_string())))).collect()
    }

    /// The error of the queue.
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
            Self::OutcomeUnknown(error) => write!(f, "the outcome of the publication is unknown: {error}"),
        }
    }
}

impl std::error::Error for PublishError {}

/// The capabilities of a queue.
///
/// ```
/// use activerecord::queue::QueueCapabilities;
///
/// let capabilities = QueueCapabilities::none().durable().deduplicates();
/// assert!(capabilities.durable && !capabilities.keeps_unclaimed);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueueCapabilities {
    /// Published events survive a restart of the queue's process.
    pub durable: bool,
    /// An event that is published again with the same id within minutes is delivered once.
    pub deduplicates: bool,
    /// An event that is published before the first subscription to its topic is kept for it.
    pub keeps_unclaimed: bool,
}

impl QueueCapabilities {
    /// No capability.
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

/// A queue: events are published to topics and received by consumer groups. An implementation is cheap to clone and
/// reconnects by itself.
///
/// ```
/// # use activerecord::prelude::*;
/// use activerecord::queue::{MemoryQueue, Publisher, Queue, RawEvent, Subscriber};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let queue = MemoryQueue::new();
/// let mut subscriber = queue.subscribe("user_events", "analytics").await?;
/// queue.publish(&[RawEvent::new("import-1", "user_events", &42)?]).await;
/// for delivery in subscriber.receive(10).await? {
///     let event = RawEvent::from_json(delivery.body())?;
///     assert_eq!(event.id(), "import-1");
///     delivery.ack().await?;
/// }
/// # Ok(())
/// # }
/// ```
pub trait Queue: Publisher {
    /// Subscribes a consumer group to a topic. Every group gets every event; within a group, each event goes to one
    /// subscriber. A group exists from its first subscription on, also while it has no subscriber.
    ///
    /// # Errors
    /// The queue's own.
    fn subscribe<'a>(&'a self, topic: &'a str, group: &'a str) -> BoxFuture<'a, Result<Box<dyn Subscriber>>>;
}

/// A subscription of a consumer group. See the example of [`Queue`].
pub trait Subscriber: Send {
    /// Waits for at least one event, and returns up to `limit` events. The future can be dropped while it waits: no
    /// event is lost, but an event that was in transit may be delivered again only after its acknowledgement timeout.
    ///
    /// # Errors
    /// The queue's own, when it is unavailable. The next call reconnects.
    fn receive(&mut self, limit: usize) -> BoxFuture<'_, Result<Vec<Box<dyn Delivery>>>>;
}

/// One delivery of an event. A delivery that is dropped without [`ack`](Self::ack) or [`nack`](Self::nack) is delivered
/// again, at the latest after its acknowledgement timeout: see [`extend`](Self::extend).
pub trait Delivery: Send + Sync {
    /// The body as it was received: the JSON of an event, or anything that another program published.
    fn body(&self) -> &[u8];

    /// Acknowledges the event: it is not delivered to this group again.
    ///
    /// # Errors
    /// The queue's own; [`LEASE_LOST`](crate::LEASE_LOST) when the event was delivered to another consumer. Then it may
    /// be delivered again.
    fn ack(self: Box<Self>) -> BoxFuture<'static, Result<()>>;

    /// Rejects the delivery: the event is delivered again after this pause, or at once if the queue does not support
    /// pauses.
    ///
    /// # Errors
    /// The queue's own. Then the event is delivered again after its acknowledgement timeout.
    fn nack(self: Box<Self>, pause: Duration) -> BoxFuture<'static, Result<()>>;

    /// Restarts the acknowledgement timeout: the event stays with this consumer.
    ///
    /// # Errors
    /// The queue's own; [`LEASE_LOST`](crate::LEASE_LOST) when the event was delivered to another consumer.
    fn extend(&self) -> BoxFuture<'_, Result<()>>;

    /// How often to call [`extend`](Self::extend). None: the event stays with this consumer until its connection ends.
    /// Then `extend` returns [`LEASE_LOST`](crate::LEASE_LOST) after that end.
    fn extend_every(&self) -> Option<Duration>;

    /// The number of this delivery of the event to the group, from 1. The queue stores it, so it also counts the deliveries
    /// to processes that were killed. None: the queue does not count.
    fn attempt(&self) -> Option<u32> {
        None
    }

    /// Returns an event whose handling was not begun, or was interrupted by a shutdown. It is delivered again at once, and
    /// this delivery is not [counted](Self::attempt) where the queue can correct its count.
    ///
    /// # Errors
    /// As [`nack`](Self::nack).
    fn release(self: Box<Self>) -> BoxFuture<'static, Result<()>> {
        self.nack(Duration::ZERO)
    }
}

/// How long a queue may take for one answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// Waits for an answer of a queue, at most 30 s: a queue that does not answer must not stop a consumer for ever.
pub(crate) async fn answered<T>(answer: impl Future<Output = Result<T>>) -> Result<T> {
    timeout(ANSWER_TIMEOUT, answer).await.unwrap_or_else(|_| {
        let limit = humantime::format_duration(ANSWER_TIMEOUT);
        Err(Error::new(ErrorKind::ConnectionLost, format!("the queue did not answer within {limit}")))
    })
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

/// The tables of queues.
pub(crate) fn definitions() -> Vec<CreateTable> {
    vec![sql::definition()]
}
