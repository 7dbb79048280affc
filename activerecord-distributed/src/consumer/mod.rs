//! Consumers: they receive the events of a topic and call a handler.

mod delivered;
mod extension;
mod known;
mod letter;
mod run;
mod suspects;

use std::fmt;
use std::future::Future;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use activerecord_core::backend::BoxFuture;
use activerecord_core::{Error, Result, connection};
use serde::de::DeserializeOwned;

use crate::backoff::Backoff;
use crate::inbox::Inbox;
use crate::lease;
use crate::queue::{Event, Queue, RawEvent};
use crate::verdict::permanent;

type Call = dyn Fn(RawEvent) -> BoxFuture<'static, Result<()>> + Send + Sync;

/// Receives the events of a topic and calls a handler with each.
///
/// **Exactly-once effect**: with [`on`](Self::on), the handler runs in a transaction on that connection, together with
/// a row of the [`Inbox`](crate::Inbox). What the handler writes in that transaction is written once, even if the event
/// is delivered several times. Other effects may happen again.
///
/// **Order**: events of one key are handled one after the other, in the order of their delivery.
///
/// **Failure**: after an error or a panic, the event is retried with growing pauses; events of other keys continue. It
/// becomes a dead letter when its attempts are used up, or at once if the error is [`permanent`](crate::permanent), the
/// event cannot be read, or its version is not [supported](Self::versions). A dead letter is published on the topic
/// `TOPIC.dead` of the same queue, for the group `dead_letters`, with the headers `error` and `consumer`. If the queue
/// rejects it, for example because it is too large, it has only the start of the payload, as a JSON string, and the header
/// `shortened`.
///
/// **Waiting events**: an event that waits in the consumer is extended. If it was delivered elsewhere nevertheless, its
/// handler is not called. While an event is handled, the consumer does not begin it again: a further delivery of the same
/// id waits, and is acknowledged when the handler has succeeded.
///
/// **Not guaranteed**: an order between several consumers of one group, because a queue distributes the events of one
/// key among them. If the order matters, run one consumer per group, or compare
/// [`Event::sequence`](crate::Event::sequence) in the handler.
///
/// ```no_run
/// # use activerecord::prelude::*;
/// use activerecord::queue::{Event, SqlQueue};
///
/// # #[derive(ActiveRecord)] struct Analytics { id: i64, user_id: i64 }
/// # async fn example(shutdown: impl Future<Output = ()>) -> Result<()> {
/// Consumer::new(SqlQueue::on("analytics"), "user_events")
///     .on("analytics")
///     .handle(async |event: Event<i64>| {
///         let mut row = Analytics { id: 0, user_id: *event.payload() };
///         Analytics::with_connection("analytics", async || row.insert().await).await
///     })
///     .run_until(shutdown)
///     .await
/// # }
/// ```
#[must_use = "a consumer does nothing before it is run"]
pub struct Consumer {
    queue: Arc<dyn Queue>,
    topic: String,
    connection: Option<String>,
    group: Option<String>,
    call: Option<Arc<Call>>,
    settings: Settings,
}

#[derive(Clone, Debug)]
struct Settings {
    concurrency: usize,
    prefetch: usize,
    max_attempts: u32,
    versions: RangeInclusive<u32>,
    drain: Duration,
    backoff: Backoff,
    handler_timeout: Duration,
}

impl Consumer {
    /// A consumer of the events of `topic`, without a handler. It opens nothing before it runs.
    pub fn new(queue: impl Queue, topic: impl Into<String>) -> Self {
        let settings = Settings {
            concurrency: 8,
            prefetch: 100,
            max_attempts: 10,
            versions: 0..=u32::MAX,
            drain: lease::LENGTH,
            backoff: Backoff::new(Duration::from_secs(1), Duration::from_secs(300)),
            handler_timeout: Duration::from_secs(3600),
        };
        let (queue, topic) = (Arc::new(queue), topic.into());
        Self { queue, topic, connection: None, group: None, call: None, settings }
    }

    /// Runs the handler in a transaction on this connection, together with a row of the inbox: its effect there happens
    /// once per event. Default: no transaction and no inbox.
    pub fn on(mut self, connection: impl Into<String>) -> Self {
        self.connection = Some(connection.into());
        self
    }

    /// Sets the consumer group: each event goes to one consumer of the group. Default: the name of the connection, or
    /// `default` without one. The inbox also uses this name, so a renamed group handles events again that are delivered
    /// to it.
    pub fn group(mut self, group: impl Into<String>) -> Self {
        self.group = Some(group.into());
        self
    }

    /// Sets the handler. It gets each event with its payload read as a `P`.
    pub fn handle<P, F, Fut>(mut self, handler: F) -> Self
    where
        P: DeserializeOwned + Send + 'static,
        F: FnOnce(Event<P>) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<()>> + Send + 'static,
    {
        self.call = Some(Arc::new(move |event: RawEvent| {
            let handler = handler.clone();
            Box::pin(async move { handler(event.typed().map_err(permanent)?).await })
        }));
        self
    }

    /// Sets the payload versions that the handler supports. An event of another version becomes a dead letter. Default:
    /// all.
    ///
    /// ```
    /// # use activerecord::prelude::*;
    /// use activerecord::queue::{Event, MemoryQueue};
    ///
    /// let consumer = Consumer::new(MemoryQueue::new(), "user_events")
    ///     .versions(1..=2)
    ///     .handle(async |event: Event<i64>| {
    ///         println!("version {}", event.version());
    ///         Ok(())
    ///     });
    /// # let _ = consumer;
    /// ```
    pub fn versions(mut self, versions: RangeInclusive<u32>) -> Self {
        self.settings.versions = versions;
        self
    }

    /// Sets the maximum number of concurrent handler calls. Default: 8; minimum: 1.
    pub fn concurrency(mut self, calls: usize) -> Self {
        self.settings.concurrency = calls.max(1);
        self
    }

    /// Sets the maximum number of unacknowledged events: handled now, waiting for an earlier event of their key, or
    /// between two attempts. Default: 100. While that many events are unacknowledged, no others are received.
    pub fn prefetch(mut self, events: usize) -> Self {
        self.settings.prefetch = events.max(1);
        self
    }

    /// Sets the number of attempts after which an event becomes a dead letter. Default: 10. Attempts are counted in the
    /// process, from the number of [deliveries](crate::Delivery::attempt) that the queue has counted. So an event that kills its
    /// process becomes a dead letter too. A killed process uses up one attempt of each event that it has received, so an event
    /// of which half of the attempts are used up is received alone, until a call of its handler has ended.
    ///
    /// A classic queue of RabbitMQ and a [`MemoryQueue`](crate::MemoryQueue) do not count: there, the count restarts with the
    /// process, and an event that kills its process is delivered without end.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.settings.max_attempts = attempts.max(1);
        self
    }

    /// Sets the pauses between attempts. Default: up to 1 s at first, doubling up to 5 min.
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.settings.backoff = backoff;
        self
    }

    /// Sets how long a call of the handler may take. After that its future is dropped, and the attempt has failed. A
    /// handler that blocks its thread cannot be stopped. Default: 1 h.
    ///
    /// ```
    /// # use activerecord::prelude::*;
    /// # use std::time::Duration;
    /// use activerecord::queue::{Event, MemoryQueue};
    ///
    /// let consumer = Consumer::new(MemoryQueue::new(), "user_events")
    ///     .handler_timeout(Duration::from_secs(60))
    ///     .handle(async |_: Event<i64>| Ok(()));
    /// # let _ = consumer;
    /// ```
    pub fn handler_timeout(mut self, timeout: Duration) -> Self {
        self.settings.handler_timeout = timeout;
        self
    }

    /// Sets how long handlers may continue after the shutdown. Handlers that still run then are dropped, and their
    /// events are delivered again. Default: 30 s.
    pub fn drain(mut self, drain: Duration) -> Self {
        self.settings.drain = drain;
        self
    }

    /// Receives events until `shutdown` completes, then waits for the running handlers, for the [`drain`](Self::drain)
    /// time at most. While the queue or the database is unavailable, it retries.
    ///
    /// # Errors
    /// `Configuration` when the consumer has no handler, or its connection is not configured.
    pub async fn run_until(self, shutdown: impl Future<Output = ()>) -> Result<()> {
        run::run(self.ready()?, shutdown).await;
        Ok(())
    }

    /// Checks the settings, and wraps the handler in the inbox.
    fn ready(self) -> Result<run::Ready> {
        let Some(call) = self.call else {
            let topic = &self.topic;
            return Err(Error::configuration(format!(
                "the consumer of `{topic}` has no handler; add one with .handle(async |event: Event<_>| ..)"
            )));
        };
        let group = self.group.or_else(|| self.connection.clone()).unwrap_or_else(|| "default".to_owned());
        let call = match self.connection {
            Some(name) => in_inbox(connection(&name)?.name().to_owned(), format!("{}>{group}", self.topic), call),
            None => call,
        };
        Ok(run::Ready { queue: self.queue, topic: self.topic, group, call, settings: self.settings })
    }
}

/// Wraps a call in a transaction on the connection `name`, with a row of the inbox.
fn in_inbox(name: String, consumer: String, call: Arc<Call>) -> Arc<Call> {
    Arc::new(move |event| {
        let (name, consumer, call) = (name.clone(), consumer.clone(), Arc::clone(&call));
        Box::pin(async move {
            let id = event.id().to_owned();
            Inbox::once(&name, &consumer, id, async || call(event).await).await.map(drop)
        })
    })
}

impl fmt::Debug for Consumer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { topic, connection, group, settings, .. } = self;
        let mut debug = f.debug_struct("Consumer");
        debug.field("topic", topic).field("connection", connection).field("group", group);
        debug.field("settings", settings).finish_non_exhaustive()
    }
}
