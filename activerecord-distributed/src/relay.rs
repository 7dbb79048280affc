//! The relay: it publishes the messages of an outbox on a message queue.

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

/// Publishes the messages of an outbox on a queue. Each message becomes an [`Event`](crate::Event) of the same topic,
/// and is deleted from the outbox when the queue has acknowledged it (the "transactional outbox" with a "polling
/// publisher" of C. Richardson).
///
/// Events of one [key](crate::Enqueue::key) are published one after the other, in the order of their message ids.
/// Events of different keys have no order. While the queue is unavailable, the messages wait in the outbox without a
/// time limit. A message that the queue rejects permanently, for example because it is too large, becomes a dead letter
/// of the outbox.
///
/// **Not guaranteed**: that an event is published once. After a crash, or when the queue's acknowledgement is lost, the
/// event is published again with the same id; the [`Consumer`](crate::Consumer) recognizes it by that id.
///
/// Any number of relays can share an outbox. The name of the connection is a part of the event id, so all relays of one
/// outbox must use the same name.
///
/// ```no_run
/// # use activerecord::prelude::*;
/// use activerecord::queue::SqlQueue;
///
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

/// How many batches are published concurrently.
const CONCURRENCY: usize = 4;

impl Relay {
    /// A relay for the outbox on this connection.
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

    /// Adds a topic to publish. Call it once per topic.
    pub fn topic(mut self, topic: impl Into<String>) -> Self {
        self.topics.push(topic.into());
        self
    }

    /// Sets the queue to publish on.
    pub fn to(mut self, publisher: impl Publisher) -> Self {
        self.publisher = Some(Arc::new(publisher));
        self
    }

    /// Sets the maximum number of messages per batch. Default: 100. Four batches are published concurrently.
    pub fn batch(mut self, messages: usize) -> Self {
        self.batch = messages.max(1);
        self
    }

    /// Sets how often the outbox is polled for messages of other processes. Default: 500 ms.
    pub fn poll(mut self, poll: Duration) -> Self {
        self.poll = poll;
        self
    }

    /// Sets the pauses between attempts while the queue is unavailable. Default: up to 100 ms at first, doubling up to
    /// 5 s.
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = backoff;
        self
    }

    /// Publishes until `shutdown` completes, then waits at most 5 s for the batches that are being published. While the
    /// database or the queue is unavailable, it retries.
    ///
    /// # Errors
    /// `Configuration` when the connection is not configured, or the relay has no queue, no topic, or one topic twice.
    pub async fn run_until(self, shutdown: impl Future<Output = ()>) -> Result<()> {
        self.worker()?.run_until(shutdown).await
    }

    /// Publishes the messages that are due now, and returns their number. While the queue is unavailable, it retries
    /// without a time limit.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// use activerecord::queue::SqlQueue;
    ///
    /// # async fn example() -> Result<()> {
    /// let published = Relay::from("primary").topic("user_events").to(SqlQueue::on("analytics")).run_once().await?;
    /// println!("{published} events published");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Configuration` as [`run_until`](Self::run_until); otherwise the database's own.
    pub async fn run_once(self) -> Result<u64> {
        self.worker()?.run_once().await
    }

    /// A relay is a worker whose handlers publish. A claim contains at most one message per key, so no batch reorders a
    /// key.
    fn worker(self) -> Result<Worker> {
        let name = self.connection;
        let Some(publisher) = self.publisher else {
            return Err(Error::configuration(format!("the relay of `{name}` has no queue; add one with .to(queue)")));
        };
        if self.topics.is_empty() {
            return Err(Error::configuration(format!("the relay of `{name}` has no topic; add one with .topic(name)")));
        }
        let worker = Worker::new(&name).concurrency(CONCURRENCY).batch(self.batch).poll(self.poll).drain(self.drain);
        Ok(self.topics.iter().fold(worker.max_attempts(u32::MAX), |worker, topic| {
            let handler =
                Handler { connection: name.clone(), publisher: Arc::clone(&publisher), backoff: self.backoff };
            worker.handle_each(topic, self.batch, move |messages| handler.clone().publish(messages))
        }))
    }
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { connection, topics, .. } = self;
        f.debug_struct("Relay").field("connection", connection).field("topics", topics).finish_non_exhaustive()
    }
}

/// Publishes the batches of one topic.
#[derive(Clone)]
struct Handler {
    connection: String,
    publisher: Arc<dyn Publisher>,
    backoff: Backoff,
}

impl Handler {
    /// Publishes messages, and retries until each is published or rejected. The worker renews their lease meanwhile, so
    /// an outage of the queue uses up no attempts of the outbox.
    async fn publish(self, messages: Vec<Message>) -> Result<Failed> {
        let mut batch = Batch::of(&self.connection, &messages);
        for attempt in 1_u32.. {
            failpoint::reach("relay.publish")?;
            let results = self.publisher.publish(&batch.events).await;
            failpoint::reach("relay.published")?;
            let outage = batch.settle(results);
            if batch.events.is_empty() {
                break;
            }
            self.report_retry(&batch.events, attempt, outage);
            sleep(self.backoff.pause(attempt)).await;
        }
        Ok(batch.failed)
    }

    fn report_retry(&self, events: &[RawEvent], attempt: u32, outage: Option<PublishError>) {
        let error = outage.map_or_else(|| "the queue returned no result".to_owned(), |error| error.to_string());
        let topic = events.first().map_or("", RawEvent::topic).to_owned();
        tracing::warn!(
            target: "activerecord", connection = self.connection, topic, events = events.len(), attempt, error, "a relay retries its events"
        );
        let labels = [("connection", self.connection.clone()), ("topic", topic)];
        metrics::counter!("activerecord_relay_retries_total", &labels).increment(events.len() as u64);
    }
}

/// The events to publish, the positions of their messages in the call, and the messages that failed.
struct Batch {
    events: Vec<RawEvent>,
    positions: Vec<usize>,
    failed: Failed,
}

impl Batch {
    fn of(connection: &str, messages: &[Message]) -> Self {
        let mut batch = Self { events: Vec::new(), positions: Vec::new(), failed: Failed::new() };
        for (position, message) in messages.iter().enumerate() {
            match RawEvent::of(connection, message) {
                Ok(event) => {
                    batch.events.push(event);
                    batch.positions.push(position);
                }
                Err(error) => batch.failed.push((position, permanent(error))),
            }
        }
        batch
    }

    /// Keeps the events to retry, and returns the error of the last one. An event without a result is retried too.
    fn settle(&mut self, results: Vec<Result<(), PublishError>>) -> Option<PublishError> {
        let (mut outage, mut results) = (None, results.into_iter());
        let sent = std::mem::take(&mut self.events).into_iter().zip(std::mem::take(&mut self.positions));
        for (event, position) in sent {
            match results.next() {
                Some(Ok(())) => continue,
                Some(Err(PublishError::Rejected(error))) => {
                    self.failed.push((position, permanent(error)));
                    continue;
                }
                Some(Err(error)) => outage = Some(error),
                None => {}
            }
            self.events.push(event);
            self.positions.push(position);
        }
        outage
    }
}
