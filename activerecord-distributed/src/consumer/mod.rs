//! Consumers: they receive the events of a topic and hand them to a handler.

mod delivered;
mod run;

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

/// Receives the events of a topic, and hands each to a handler.
///
/// With [`on`](Self::on), the handler runs in a transaction on that connection, together with a row of the
/// [`Inbox`](crate::Inbox): however often the event is delivered, what the handler writes there is written once. What it does
/// elsewhere, it may do again.
///
/// Events of one key are handled one after the other, in the order of their delivery; one that fails is tried again, with
/// growing pauses, while those of other keys go on. After its last attempt, or at once after a
/// [`permanent`](crate::permanent) error, when it cannot be read, or when its version is not understood, it is a dead letter:
/// it goes to the topic `TOPIC.dead` of the same queue, where the group `dead_letters` gets it, with the headers `error` and `consumer`.
///
/// What is *not* guaranteed: the order between several consumers of one group, among which a queue spreads the events of a
/// key. Where the order counts, run one, or let the handler look at what it overwrites.
///
/// ```no_run
/// # use activerecord::prelude::*;
/// # use activerecord::queue::{Event, SqlQueue};
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
}

impl Consumer {
    /// A consumer of the events of `topic`.
    pub fn new(queue: impl Queue, topic: impl Into<String>) -> Self {
        let settings = Settings {
            concurrency: 8,
            prefetch: 100,
            max_attempts: 10,
            versions: 0..=u32::MAX,
            drain: lease::LENGTH,
            backoff: Backoff::new(Duration::from_secs(1), Duration::from_secs(300)),
        };
        let (queue, topic) = (Arc::new(queue), topic.into());
        Self { queue, topic, connection: None, group: None, call: None, settings }
    }

    /// Runs the handler in a transaction on this connection, once for each event.
    pub fn on(mut self, connection: impl Into<String>) -> Self {
        self.connection = Some(connection.into());
        self
    }

    /// The group that it belongs to: each event goes to one consumer of the group. The name of the connection unless set, or
    /// `default`. It is also the name by which the inbox knows the event, so a group that is renamed handles anew what is
    /// delivered to it.
    pub fn group(mut self, group: impl Into<String>) -> Self {
        self.group = Some(group.into());
        self
    }

    /// Hands each event to this.
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

    /// The versions of the payload that the handler understands. All unless set.
    pub fn versions(mut self, versions: RangeInclusive<u32>) -> Self {
        self.settings.versions = versions;
        self
    }

    /// How many calls of the handler run at once. 8 unless set.
    pub fn concurrency(mut self, calls: usize) -> Self {
        self.settings.concurrency = calls.max(1);
        self
    }

    /// How many events it has in hand at most, in work, waiting for an earlier one of their key, or between two attempts. 100
    /// unless set. When so many wait for another attempt, it receives no others.
    pub fn prefetch(mut self, events: usize) -> Self {
        self.settings.prefetch = events.max(1);
        self
    }

    /// After how many attempts an event is a dead letter. 10 unless set. A process that ends begins to count anew.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.settings.max_attempts = attempts.max(1);
        self
    }

    /// The pauses between attempts: 1 second to 5 minutes unless set.
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.settings.backoff = backoff;
        self
    }

    /// How long handlers may go on after the shutdown; what still runs then is dropped, and delivered again. 30 seconds
    /// unless set.
    pub fn drain(mut self, drain: Duration) -> Self {
        self.settings.drain = drain;
        self
    }

    /// Receives until `shutdown` is done, then lets the handlers finish. A queue or a database that is not there is waited
    /// for.
    ///
    /// # Errors
    /// `Configuration` when there is no handler, or no such connection.
    pub async fn run_until(self, shutdown: impl Future<Output = ()>) -> Result<()> {
        run::run(self.ready()?, shutdown).await;
        Ok(())
    }

    /// With the handler inside the inbox.
    fn ready(self) -> Result<run::Ready> {
        let Some(call) = self.call else {
            let topic = &self.topic;
            return Err(Error::configuration(format!(
                "a consumer of `{topic}` has no handler; add one with .handle(async |event: Event<_>| ..)"
            )));
        };
        let group = self.group.or_else(|| self.connection.clone()).unwrap_or_else(|| "default".to_owned());
        let call = match self.connection {
            Some(name) => inside(connection(&name)?.name().to_owned(), format!("{}>{group}", self.topic), call),
            None => call,
        };
        Ok(run::Ready { queue: self.queue, topic: self.topic, group, call, settings: self.settings })
    }
}

/// The call in a transaction on the connection `name`, with a row of the inbox.
fn inside(name: String, consumer: String, call: Arc<Call>) -> Arc<Call> {
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
