//! Redis streams as a message queue.
//!
//! A topic is the stream `ar:TOPIC`, a group a consumer group of it that begins with its first entry. A stream keeps what is
//! written to it, handled or not: who wants it shorter trims it (`XTRIM`), by what all groups are done with.

mod receive;

use std::fmt;
use std::time::Duration;

use activerecord_core::backend::BoxFuture;
use activerecord_core::{Error, ErrorKind, Result};
use activerecord_distributed::{PublishError, Publisher, Queue, QueueCapabilities, RawEvent, Subscriber};
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, RedisError};

use receive::RedisSubscriber;

/// The field of an entry that holds the event.
const EVENT: &str = "event";

/// A queue on a Redis server, 7 or later. Cheap to clone; it connects again by itself.
///
/// `Ok` for an event means that the server has it in memory, and has written it as far as its own settings go: with
/// `appendonly yes` and `appendfsync always` it is on the disk; with `appendfsync everysec` a crash loses up to two seconds, without
/// `appendonly` everything since the last snapshot. So `durable` is not among its capabilities.
#[derive(Clone)]
pub struct RedisQueue {
    client: Client,
    connection: ConnectionManager,
    lease: Duration,
}

impl RedisQueue {
    /// Connects to the server of this URL: `redis://user:password@host:6379`.
    ///
    /// # Errors
    /// `Configuration` when it is no such URL, `ConnectionLost` when no server answers, `PermissionDenied` when it refuses the
    /// login.
    pub async fn connect(url: impl AsRef<str>) -> Result<Self> {
        // The URL may hold a password.
        let client =
            Client::open(url.as_ref()).map_err(|_| Error::configuration("this is no URL of a Redis server"))?;
        let settings = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(Duration::from_secs(5)))
            .set_response_timeout(Some(Duration::from_secs(5)))
            .set_number_of_retries(1);
        let connection = client.get_connection_manager_with_config(settings).await;
        let connection = connection.map_err(|error| failed("it cannot be reached", &error))?;
        Ok(Self { client, connection, lease: Duration::from_secs(30) })
    }

    /// How long an event stays with the consumer that has received it and then been silent. 30 seconds unless set; all
    /// consumers of a group should have the same.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }

    /// In one round trip. When its answer is lost, nobody knows.
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
                let what = failed("events", &error);
                let is_refused = error.is_connection_refusal();
                let kind = if is_refused { PublishError::Transient(what) } else { PublishError::OutcomeUnknown(what) };
                kind.for_all(events.len())
            }
        }
    }
}

/// An error of the server or the way to it, about something.
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
