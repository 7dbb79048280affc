//! The relay: it publishes the messages of an outbox on a message queue.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use activerecord_core::{Error, ErrorKind, Result};
use tokio::time::timeout;

use crate::backoff::Backoff;
use crate::failpoint;
use crate::outbox::Message;
use crate::queue::{PublishError, Publisher, RawEvent};
use crate::verdict::permanent;
use crate::worker::{Outcome, Worker};

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
/// Any number of relays can share an outbox. The event id is the [UUID](Message::uuid) of the message. A message without
/// one has an id that contains the name of the connection, so all relays of one outbox should use the same name.
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

/// How many batches of a topic are published concurrently.
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

    /// Sets the maximum number of messages per batch. Default: 100. Four batches of each topic are published
    /// concurrently.
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
        let worker = Worker::new(&name).batch(self.batch).poll(self.poll).drain(self.drain).backoff(self.backoff);
        Ok(self.topics.iter().fold(worker.max_attempts(u32::MAX), |worker, topic| {
            let handler = Handler { connection: name.clone(), publisher: Arc::clone(&publisher) };
            worker.handle_raw(topic, self.batch, CONCURRENCY, move |messages| handler.clone().publish(messages))
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
}

/// How long a queue may take for a batch. After that the outcome is unknown, and the events are published again.
const PUBLISH_TIMEOUT: Duration = Duration::from_secs(30);

impl Handler {
    /// Publishes messages. Those that the queue does not accept now are postponed, so an outage of the queue uses up no
    /// attempts of the outbox and no call of the relay.
    async fn publish(self, messages: Vec<Message>) -> Vec<Outcome> {
        let events: Vec<_> = messages.iter().map(|message| RawEvent::of(&self.connection, message)).collect();
        let readable: Vec<_> = events.iter().flatten().cloned().collect();
        let mut results = match self.send(&readable).await {
            Ok(results) => results.into_iter(),
            Err(error) => return vec![Outcome::failed(error); messages.len()],
        };
        let mut postponed = Postponed::default();
        let outcomes = events.into_iter().map(|event| match event {
            Ok(_) => postponed.outcome(results.next()),
            Err(error) => Outcome::failed(permanent(error)),
        });
        let outcomes = outcomes.collect();
        postponed.report(&self.connection, messages.first());
        outcomes
    }

    async fn send(&self, events: &[RawEvent]) -> Result<Vec<Result<(), PublishError>>> {
        if events.is_empty() {
            return Ok(Vec::new());
        }
        failpoint::reach("relay.publish")?;
        let published = timeout(PUBLISH_TIMEOUT, self.publisher.publish(events)).await;
        failpoint::reach("relay.published")?;
        Ok(published.unwrap_or_else(|_| PublishError::OutcomeUnknown(no_answer()).for_all(events.len())))
    }
}

/// The events of a batch that the queue did not accept now.
#[derive(Default)]
struct Postponed {
    events: u64,
    error: Option<PublishError>,
}

impl Postponed {
    /// The outcome of an event. One without a result is postponed too.
    fn outcome(&mut self, result: Option<Result<(), PublishError>>) -> Outcome {
        match result {
            Some(Ok(())) => return Outcome::Done,
            Some(Err(PublishError::Rejected(error))) => return Outcome::failed(permanent(error)),
            Some(Err(error)) => self.error = Some(error),
            None => {}
        }
        self.events += 1;
        Outcome::Postponed
    }

    fn report(self, connection: &str, first: Option<&Message>) {
        let Self { events: 1.., error } = &self else { return };
        let error = error.as_ref().map_or_else(|| "the queue returned no result".to_owned(), ToString::to_string);
        let topic = first.map_or("", |message| &message.topic).to_owned();
        tracing::warn!(target: "activerecord", connection, topic, events = self.events, error, "a relay retries its events");
        let labels = [("connection", connection.to_owned()), ("topic", topic)];
        metrics::counter!("activerecord_relay_retries_total", &labels).increment(self.events);
    }
}

#[cold]
fn no_answer() -> Error {
    let message = format!("the queue did not answer within {}", humantime::format_duration(PUBLISH_TIMEOUT));
    Error::new(ErrorKind::ConnectionLost, message)
}
