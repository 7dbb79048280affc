//! The relay: from an outbox to a message queue.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use activerecord_core::{Error, Result};
use tokio::time::sleep;

use crate::backoff::Backoff;
use crate::failpoint;
use crate::outbox::Message;
use crate::queue::{PublishError, Publisher, RawEvent};
use crate::verdict::permanent;
use crate::worker::{Failed, Worker};

/// Publishes the messages of an outbox on a queue: each becomes an [`Event`](crate::Event) of its topic, and goes from the
/// outbox when the queue has said that it has it.
///
/// Events of one [key](crate::Enqueue::key) are published one after the other, in the order of the outbox; the others in any
/// order. While the queue is away, the messages wait in the outbox, however long. What the queue will never take (it is too
/// large) becomes a dead letter of the outbox.
///
/// What is *not* guaranteed: that an event is published once. A relay that dies, or a queue whose answer is lost, publishes it
/// again under the same id, which the [`Consumer`](crate::Consumer) looks at. Any number of relays share an outbox;
/// let them call its connection by the same name, which is a part of the id.
///
/// ```no_run
/// # use activerecord::prelude::*;
/// # use activerecord::queue::SqlQueue;
/// # async fn example(shutdown: impl Future<Output = ()>) -> Result<()> {
/// Relay::from("primary").topic("user_events").to(SqlQueue::on("analytics")).run_until(shutdown).await
/// # }
/// ```
#[must_use = "a relay does nothing before it is run"]
pub struct Relay {
    connection: String,
    topics: Vec<String>,
    publisher: Option<Arc<dyn Publisher>>,
    batch: usize,
    poll: Duration,
    drain: Duration,
    backoff: Backoff,
}

/// How many batches are under way at once.
const CONCURRENCY: usize = 4;

impl Relay {
    /// A relay for the outbox on the connection `name`.
    pub fn from(name: impl Into<String>) -> Self {
        Self {
            connection: name.into(),
            topics: Vec::new(),
            publisher: None,
            batch: 100,
            poll: Duration::from_millis(500),
            drain: Duration::from_secs(5),
            backoff: Backoff::new(Duration::from_millis(100), Duration::from_secs(5)),
        }
    }

    /// Publishes the messages of this topic: call it once for each.
    pub fn topic(mut self, topic: impl Into<String>) -> Self {
        self.topics.push(topic.into());
        self
    }

    /// Where they are published.
    pub fn to(mut self, publisher: impl Publisher) -> Self {
        self.publisher = Some(Arc::new(publisher));
        self
    }

    /// How many messages are published together at most. 100 unless set; four batches are under way at once.
    pub fn batch(mut self, messages: usize) -> Self {
        self.batch = messages.max(1);
        self
    }

    /// How often to look for messages of other processes. 500 milliseconds unless set.
    pub fn poll(mut self, poll: Duration) -> Self {
        self.poll = poll;
        self
    }

    /// The pauses while the queue is away: 100 milliseconds to 5 seconds unless set.
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = backoff;
        self
    }

    /// Publishes until `shutdown` is done, then finishes what is under way, for five seconds at most. A database or a queue
    /// that is not there is waited for.
    ///
    /// # Errors
    /// `Configuration` when there is no such connection, no queue, no topic, or one twice.
    pub async fn run_until(self, shutdown: impl Future<Output = ()>) -> Result<()> {
        self.worker()?.run_until(shutdown).await
    }

    /// Publishes what is due now, and returns how many messages that were. It waits for a queue that is away.
    ///
    /// # Errors
    /// `Configuration` as [`run_until`](Self::run_until); whatever the database reports.
    pub async fn run_once(self) -> Result<u64> {
        self.worker()?.run_once().await
    }

    /// A relay is a worker whose handlers publish. The outbox hands over the first message of a key alone, so no call has two.
    fn worker(self) -> Result<Worker> {
        let name = self.connection;
        let Some(publisher) = self.publisher else {
            return Err(Error::configuration(format!("a relay of `{name}` has no queue; add one with .to(queue)")));
        };
        if self.topics.is_empty() {
            return Err(Error::configuration(format!("a relay of `{name}` has no topic; add one with .topic(name)")));
        }
        let worker = Worker::new(&name).concurrency(CONCURRENCY).batch(self.batch).poll(self.poll).drain(self.drain);
        Ok(self.topics.iter().fold(worker.max_attempts(u32::MAX), |worker, topic| {
            let hand = Hand { connection: name.clone(), publisher: Arc::clone(&publisher), backoff: self.backoff };
            worker.handle_each(topic, self.batch, move |messages| hand.clone().over(messages))
        }))
    }
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { connection, topics, .. } = self;
        f.debug_struct("Relay").field("connection", connection).field("topics", topics).finish_non_exhaustive()
    }
}

#[derive(Clone)]
struct Hand {
    connection: String,
    publisher: Arc<dyn Publisher>,
    backoff: Backoff,
}

impl Hand {
    /// Publishes messages, again and again, until each is published or refused for good. They stay under their lease
    /// meanwhile: a queue that is away costs the outbox nothing.
    async fn over(self, messages: Vec<Message>) -> Result<Failed> {
        let mut batch = Batch::of(&self.connection, &messages);
        for attempt in 1_u32.. {
            failpoint::reach("relay.publish")?;
            let results = self.publisher.publish(&batch.events).await;
            failpoint::reach("relay.published")?;
            let outage = batch.settle(results);
            if batch.events.is_empty() {
                break;
            }
            self.tell(&batch.events, attempt, outage);
            sleep(self.backoff.pause(attempt)).await;
        }
        Ok(batch.failed)
    }

    fn tell(&self, events: &[RawEvent], attempt: u32, outage: Option<PublishError>) {
        let error = outage.map_or_else(|| "the queue did not say".to_owned(), |error| error.to_string());
        let topic = events.first().map_or("", RawEvent::topic).to_owned();
        tracing::warn!(
            target: "activerecord", connection = self.connection, topic, events = events.len(), attempt, error, "a relay tries again"
        );
        let labels = [("connection", self.connection.clone()), ("topic", topic)];
        metrics::counter!("activerecord_relay_retries_total", &labels).increment(events.len() as u64);
    }
}

/// Events that are to be published, with the places of their messages, and what has failed.
struct Batch {
    events: Vec<RawEvent>,
    places: Vec<usize>,
    failed: Failed,
}

impl Batch {
    fn of(connection: &str, messages: &[Message]) -> Self {
        let mut batch = Self { events: Vec::new(), places: Vec::new(), failed: Failed::new() };
        for (place, message) in messages.iter().enumerate() {
            match RawEvent::of(connection, message) {
                Ok(event) => {
                    batch.events.push(event);
                    batch.places.push(place);
                }
                Err(error) => batch.failed.push((place, permanent(error))),
            }
        }
        batch
    }

    /// Keeps what is to be published again, and returns why that is. An event that the queue has no word of is.
    fn settle(&mut self, results: Vec<Result<(), PublishError>>) -> Option<PublishError> {
        let (mut outage, mut results) = (None, results.into_iter());
        let sent = std::mem::take(&mut self.events).into_iter().zip(std::mem::take(&mut self.places));
        for (event, place) in sent {
            match results.next() {
                Some(Ok(())) => continue,
                Some(Err(PublishError::Rejected(error))) => {
                    self.failed.push((place, permanent(error)));
                    continue;
                }
                Some(Err(error)) => outage = Some(error),
                None => {}
            }
            self.events.push(event);
            self.places.push(place);
        }
        outage
    }
}
