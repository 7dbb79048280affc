//! Redis streams as a message queue.
//!
//! A topic is the stream `ar:TOPIC`. A group is a consumer group of the stream and starts with its first entry. A stream keeps all entries,
//! also after every group has handled them. To limit its length, trim it with `XTRIM`, but only entries that all groups have handled.

mod receive;

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use activerecord_core::backend::BoxFuture;
use activerecord_core::{Error, ErrorKind, Result};
use activerecord_distributed::{PublishError, Publisher, Queue, QueueCapabilities, RawEvent, Subscriber};
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::io::tcp::TcpSettings;
use redis::io::tcp::socket2::TcpKeepalive;
use redis::{Client, IntoConnectionInfo as _, RedisError, RedisResult};

use receive::RedisSubscriber;

/// The field of an entry that contains the event.
const EVENT: &str = "event";

/// How long to wait for a connection or an answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// The server's default for the length of an argument, and the least value that it accepts for this setting.
const DEFAULT_LIMIT: usize = 512 * 1024 * 1024;
const LEAST_LIMIT: usize = 1024 * 1024;

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
        let invalid =
            |_| Error::configuration("expected the URL of a Redis server, such as `redis://user:password@host:6379`");
        let tcp = TcpSettings::default().set_nodelay(true).set_keepalive(keepalive());
        let info = url.as_ref().into_connection_info().map_err(invalid)?.set_tcp_settings(tcp);
        let client = Client::open(info).map_err(invalid)?;
        let settings = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE))
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
        let bodies = events.iter().map(|event| event.to_json().map_err(PublishError::Rejected));
        let bodies = match self.without_too_large(bodies.collect()).await {
            Ok(bodies) => bodies,
            Err(error) => return PublishError::Transient(error).for_all(events.len()),
        };
        let mut pipeline = redis::pipe();
        for (event, body) in events.iter().zip(&bodies) {
            if let Ok(body) = body {
                pipeline.xadd(stream(event.topic()), "*", &[(EVENT, body)]);
            }
        }
        if pipeline.is_empty() {
            return bodies.into_iter().map(|body| body.map(drop)).collect();
        }
        let mut connection = self.connection.clone();
        let sent: RedisResult<Vec<RedisResult<String>>> = pipeline.ignore_errors().query_async(&mut connection).await;
        let all = bodies.iter().filter(|body| body.is_ok()).count();
        let mut sent = sent.unwrap_or_else(|error| vec![Err(error); all]).into_iter();
        let outcome = |body: Result<String, PublishError>| match body {
            Ok(_) => sent.next().map_or_else(|| Err(PublishError::OutcomeUnknown(no_answer())), outcome),
            Err(rejected) => Err(rejected),
        };
        bodies.into_iter().map(outcome).collect()
    }

    /// Rejects what the server does not accept: it would close the connection, and the outcome of all events would be unknown.
    async fn without_too_large(
        &self,
        mut bodies: Vec<Result<String, PublishError>>,
    ) -> Result<Vec<Result<String, PublishError>>> {
        let largest = bodies.iter().flatten().map(String::len).max().unwrap_or(0);
        if largest < LEAST_LIMIT {
            return Ok(bodies);
        }
        let limit = self.limit().await?;
        for body in &mut bodies {
            if let Ok(text) = body
                && text.len() > limit
            {
                let size = text.len();
                let message = format!(
                    "Redis: the event has {size} bytes, more than the server accepts ({limit}): raise its proto-max-bulk-len"
                );
                *body = Err(PublishError::Rejected(Error::invalid(message)));
            }
        }
        Ok(bodies)
    }

    /// The length of the longest argument of a command. A login that may not read it gets the server's default.
    async fn limit(&self) -> Result<usize> {
        let mut connection = self.connection.clone();
        let mut get = redis::cmd("CONFIG");
        get.arg("GET").arg("proto-max-bulk-len");
        let answer: RedisResult<HashMap<String, usize>> = get.query_async(&mut connection).await;
        match answer {
            Ok(settings) => Ok(settings.into_values().next().unwrap_or(DEFAULT_LIMIT)),
            Err(error) if is_refusal(&error) => Ok(DEFAULT_LIMIT),
            Err(error) => Err(failed("cannot read a setting of the server", &error)),
        }
    }
}

/// The outcome of an event: the server's errors are answers to a command that had no effect.
fn outcome(answer: RedisResult<String>) -> Result<(), PublishError> {
    let Err(error) = answer else { return Ok(()) };
    let what = failed("cannot publish an event", &error);
    let is_certain = error.is_connection_refusal() || is_refusal(&error);
    Err(if is_certain { PublishError::Transient(what) } else { PublishError::OutcomeUnknown(what) })
}

/// Whether the server has answered with an error.
fn is_refusal(error: &RedisError) -> bool {
    matches!(error.kind(), redis::ErrorKind::Server(_) | redis::ErrorKind::Extension)
}

fn no_answer() -> Error {
    Error::new(ErrorKind::ConnectionLost, "Redis: the server has not answered for an event")
}

/// Finds out that a server is gone after about a minute, also while nothing is sent.
fn keepalive() -> TcpKeepalive {
    TcpKeepalive::new().with_time(Duration::from_secs(30)).with_interval(Duration::from_secs(10))
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
