//! Redis streams as a message queue.
//!
//! A topic is the stream `ar:TOPIC`. A group is a consumer group of the stream and starts with its first entry. A stream keeps all entries,
//! also after every group has handled them. To limit its length, trim it with `XTRIM`, but only entries that all groups have handled.

mod receive;

use std::fmt;
use std::time::Duration;

use activerecord_core::backend::BoxFuture;
use activerecord_core::{Error, ErrorKind, Result};
use activerecord_distributed::{PublishError, Publisher, Queue, QueueCapabilities, RawEvent, Subscriber};
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, RedisError};

use receive::RedisSubscriber;

/// The field of an entry that contains the event.
const EVENT: &str = "event";

/// A queue on a Redis server, 7 or later. It is cheap to clone and reconnects automatically.
///
/// `Ok` for an event means that the server has it in memory. Whether it is on disk depends on the server's settings: with
/// `appendonly yes` and `appendfsync always` it is; with `appendfsync everysec` a crash loses up to two seconds; without
/// `appendonly` a crash loses everything since the last snapshot. Therefore this queue does not have the capability `durable`.
///
/// ```no_run
/// use activerecord_core::Result;
/// use activerecord_distributed::Relay;
/// use activerecord_redis::RedisQueue;
///
/// # async fn example() -> Result<()> {
/// let queue = RedisQueue::connect("redis://user:password@host:6379").await?;
/// Relay::from("primary").topic("orders").to(queue).run_once().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RedisQueue {
    client: Client,
    connection: ConnectionManager,
    lease: Duration,
}

impl RedisQueue {
    /// Connects to the server of a URL.
    ///
    /// ```no_run
    /// # async fn example() -> activerecord_core::Result<()> {
    /// let queue = activerecord_redis::RedisQueue::connect("redis://user:password@host:6379").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Configuration` for an invalid URL; `ConnectionLost` if the server does not answer; `PermissionDenied` if it refuses the login.
    pub async fn connect(url: impl AsRef<str>) -> Result<Self> {
        // The URL can contain a password, so no error shows it.
        let client = Client::open(url.as_ref()).map_err(|_| {
            Error::configuration("expected the URL of a Redis server, such as `redis://user:password@host:6379`")
        })?;
        let settings = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(Duration::from_secs(5)))
            .set_response_timeout(Some(Duration::from_secs(5)))
            .set_number_of_retries(1);
        let connection = client.get_connection_manager_with_config(settings).await;
        let connection = connection.map_err(|error| failed("cannot connect", &error))?;
        Ok(Self { client, connection, lease: Duration::from_secs(30) })
    }

    /// Sets how long an event belongs to the consumer that received it, unless the consumer extends the time. The default is 30
    /// seconds. All consumers of a group should have the same lease.
    ///
    /// ```no_run
    /// use std::time::Duration;
    ///
    /// # async fn example() -> activerecord_core::Result<()> {
    /// let queue = activerecord_redis::RedisQueue::connect("redis://user:password@host:6379").await?.lease(Duration::from_secs(60));
    /// # Ok(())
    /// # }
    /// ```
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }

    /// Publishes in one round trip. If its answer is lost, the outcome of every event is unknown.
    async fn send(&self, events: &[RawEvent]) -> Vec<Result<(), PublishError>> {
        let (mut pipeline, mut results) = (redis::pipe(), Vec::with_capacity(events.len()));
        for event in events {
            results.push(event.to_json().map_err(PublishError::Rejected).map(|body| {
                pipeline.xadd(stream(event.topic()), "*", &[(EVENT, body)]).ignore();
            }));
        }
        let mut connection = self.connection.clone();
        match pipeline.query_async::<()>(&mut connection).await {
            Ok(()) => results,
            Err(error) => {
                let what = failed("cannot publish events", &error);
                let is_refused = error.is_connection_refusal();
                let kind = if is_refused { PublishError::Transient(what) } else { PublishError::OutcomeUnknown(what) };
                kind.for_all(events.len())
            }
        }
    }
}

/// The error of a failed operation.
fn failed(what: &str, error: &RedisError) -> Error {
    let kind = match error.kind() {
        redis::ErrorKind::AuthenticationFailed => ErrorKind::PermissionDenied,
        _ => ErrorKind::ConnectionLost,
    };
    Error::new(kind, format!("Redis: {what}: {error}"))
}

fn stream(topic: &str) -> String {
    format!("ar:{topic}")
}

impl Publisher for RedisQueue {
    fn publish<'a>(&'a self, events: &'a [RawEvent]) -> BoxFuture<'a, Vec<Result<(), PublishError>>> {
        Box::pin(self.send(events))
    }

    fn capabilities(&self) -> QueueCapabilities {
        QueueCapabilities::none().keeps_unclaimed()
    }
}

impl Queue for RedisQueue {
    fn subscribe<'a>(&'a self, topic: &'a str, group: &'a str) -> BoxFuture<'a, Result<Box<dyn Subscriber>>> {
        Box::pin(async move {
            let subscriber = RedisSubscriber::open(self.clone(), topic, group).await?;
            Ok(Box::new(subscriber) as Box<dyn Subscriber>)
        })
    }
}

impl fmt::Debug for RedisQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisQueue").field("lease", &self.lease).finish_non_exhaustive()
    }
}
