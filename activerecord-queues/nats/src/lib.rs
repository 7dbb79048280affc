//! NATS JetStream as a message queue.
//!
//! A topic is a stream with one subject and file storage, created on first use. A group is a durable consumer of the stream. The id of an event is its
//! `Nats-Msg-Id`: an event that is published twice within two minutes is stored once.
//!
//! An existing stream is used as it is. To set replicas or limits, create the stream first: `ar_TOPIC` with the subject `ar.TOPIC`. In both names
//! every byte of the topic except ASCII letters, digits and `_` is written as `-` and two hexadecimal digits. Without limits a stream keeps its events
//! forever.

mod name;
mod receive;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::future::IntoFuture as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use activerecord_core::backend::BoxFuture;
use activerecord_core::{Error, ErrorKind, Result};
use activerecord_distributed::{PublishError, Publisher, Queue, QueueCapabilities, RawEvent, Subscriber};
use async_nats::jetstream::context::PublishErrorKind;
use async_nats::jetstream::stream::{Config, StorageType};
use async_nats::jetstream::{self, Context, ErrorCode};
use async_nats::{ConnectOptions, HeaderMap, ServerAddr};
use futures_util::future::join_all;
use percent_encoding::percent_decode_str;
use tokio::time::timeout;

use name::encoded;
use receive::NatsSubscriber;

/// A queue on a NATS server with JetStream, 2.9 or later. It is cheap to clone and reconnects automatically.
///
/// `Ok` for an event means that the stream has stored it. With one server, the event is written to a file, which the server
/// syncs every two minutes, or always with `sync_interval: always`. With replicas, a majority of them has the event.
///
/// ```no_run
/// use activerecord_core::Result;
/// use activerecord_distributed::Relay;
/// use activerecord_nats::NatsQueue;
///
/// # async fn example() -> Result<()> {
/// let queue = NatsQueue::connect("nats://user:password@host:4222").await?;
/// Relay::from("primary").topic("orders").to(queue).run_once().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct NatsQueue {
    context: Context,
    lease: Duration,
    patience: Duration,
    /// The topics whose streams exist.
    streams: Arc<Mutex<HashSet<String>>>,
}

impl NatsQueue {
    /// Connects to the server of a URL, or of several URLs separated by commas.
    ///
    /// ```no_run
    /// # async fn example() -> activerecord_core::Result<()> {
    /// let queue = activerecord_nats::NatsQueue::connect("nats://user:password@host:4222").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Configuration` for an invalid URL; `ConnectionLost` if no server answers; `PermissionDenied` if the server refuses the login.
    pub async fn connect(url: impl AsRef<str>) -> Result<Self> {
        // The URL can contain a password, so no error shows it.
        let servers: Vec<ServerAddr> =
            url.as_ref().split(',').map(str::parse).collect::<Result<_, _>>().map_err(|_| {
                Error::configuration("expected the URL of a NATS server, such as `nats://user:password@host:4222`")
            })?;
        // The driver has no TCP keepalive. Its pings find a connection that is gone.
        let options = ConnectOptions::new().name("activerecord").ping_interval(Duration::from_secs(10));
        let mut options = options.connection_timeout(Duration::from_secs(5));
        // The driver does not read the login from the URL.
        let login = servers.iter().find_map(|server| Some((server.username()?, server.password()?)));
        if let Some((user, password)) = login {
            options = options.user_and_password(percent_decoded(user), percent_decoded(password));
        }
        let client = options.connect(servers).await.map_err(|error| {
            let kind = match error.kind() {
                async_nats::ConnectErrorKind::Authentication | async_nats::ConnectErrorKind::AuthorizationViolation => {
                    ErrorKind::PermissionDenied
                }
                _ => ErrorKind::ConnectionLost,
            };
            Error::new(kind, format!("NATS: {}", error.kind()))
        })?;
        Ok(Self {
            context: jetstream::new(client),
            lease: Duration::from_secs(30),
            patience: Duration::from_secs(5),
            streams: Arc::default(),
        })
    }

    /// Sets how long an event belongs to the consumer that received it, unless the consumer extends the time. The default is 30
    /// seconds. An existing group keeps its lease.
    ///
    /// ```no_run
    /// use std::time::Duration;
    ///
    /// # async fn example() -> activerecord_core::Result<()> {
    /// let queue = activerecord_nats::NatsQueue::connect("nats://user:password@host:4222").await?.lease(Duration::from_secs(60));
    /// # Ok(())
    /// # }
    /// ```
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }

    /// Sets how long to wait for an answer of the server. The default is 5 seconds. An event that is not confirmed within this time
    /// has an unknown outcome.
    ///
    /// ```no_run
    /// use std::time::Duration;
    ///
    /// # async fn example() -> activerecord_core::Result<()> {
    /// let queue = activerecord_nats::NatsQueue::connect("nats://user:password@host:4222").await?.patience(Duration::from_secs(10));
    /// # Ok(())
    /// # }
    /// ```
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    fn context(&self) -> Context {
        let mut context = self.context.clone();
        context.set_timeout(self.patience);
        context
    }

    /// Returns the stream of a topic, and creates it if it does not exist.
    async fn stream(&self, topic: &str) -> Result<jetstream::stream::Stream> {
        let config = Config {
            name: format!("ar_{}", encoded(topic)),
            subjects: vec![subject(topic)],
            storage: StorageType::File,
            ..Config::default()
        };
        let stream = self.context().get_or_create_stream(config).await;
        let stream = stream.map_err(|error| lost(&format!("cannot open the stream of the topic `{topic}`"), &error))?;
        self.streams.lock().unwrap_or_else(PoisonError::into_inner).insert(topic.to_owned());
        Ok(stream)
    }

    async fn ensure_stream(&self, topic: &str) -> Result<()> {
        let exists = self.streams.lock().unwrap_or_else(PoisonError::into_inner).contains(topic);
        if exists { Ok(()) } else { self.stream(topic).await.map(drop) }
    }

    /// Sends all events, then waits for the answers. Each answer has the whole time limit.
    async fn send(&self, events: &[RawEvent]) -> Vec<Result<(), PublishError>> {
        let (context, mut unavailable) = (self.context(), HashMap::new());
        let mut sent = Vec::with_capacity(events.len());
        for event in events {
            // A server that does not answer costs one time limit, not one for each event.
            let topic = event.topic();
            sent.push(match unavailable.get(topic) {
                Some(error) => Err(PublishError::Transient(Error::new(ErrorKind::ConnectionLost, error))),
                None => self.send_one(&context, event).await,
            });
            if let Some(Err(PublishError::Transient(error) | PublishError::OutcomeUnknown(error))) = sent.last() {
                unavailable.entry(topic).or_insert_with(|| error.to_string());
            }
        }
        let answers = sent.into_iter().zip(events).map(async |(sent, event)| {
            let confirmed = timeout(self.patience * 2, sent?.into_future()).await;
            let confirmed = confirmed.map_err(|_| PublishError::OutcomeUnknown(no_answer()))?;
            confirmed.map(drop).map_err(|error| self.failed(event.topic(), &error))
        });
        join_all(answers).await
    }

    async fn send_one(
        &self,
        context: &Context,
        event: &RawEvent,
    ) -> Result<jetstream::context::PublishAckFuture, PublishError> {
        self.ensure_stream(event.topic()).await.map_err(PublishError::Transient)?;
        let mut headers = HeaderMap::new();
        headers.insert(async_nats::header::NATS_MESSAGE_ID, event.id());
        let body = event.to_json().map_err(PublishError::Rejected)?;
        let sending = context.publish_with_headers(subject(event.topic()), headers, body.into());
        let sent = timeout(self.patience * 2, sending).await;
        // It has waited for its turn, or for room in the buffer of the connection.
        let sent = sent.map_err(|_| PublishError::Transient(no_answer()))?;
        sent.map_err(|error| self.failed(event.topic(), &error))
    }

    fn failed(&self, topic: &str, error: &jetstream::context::PublishError) -> PublishError {
        let what = lost(&format!("cannot publish an event of the topic `{topic}`"), error);
        match error.kind() {
            PublishErrorKind::MaxPayloadExceeded => {
                let why = "is larger than the server's max_payload";
                PublishError::Rejected(Error::invalid(format!("NATS: an event of the topic `{topic}` {why}")))
            }
            _ if is_too_large(error) => {
                let why = "is larger than the max_msg_size of its stream";
                PublishError::Rejected(Error::invalid(format!("NATS: an event of the topic `{topic}` {why}")))
            }
            PublishErrorKind::StreamNotFound => {
                // The stream was deleted. The next attempt creates it again.
                self.streams.lock().unwrap_or_else(PoisonError::into_inner).remove(topic);
                PublishError::Transient(what)
            }
            PublishErrorKind::TimedOut | PublishErrorKind::BrokenPipe => PublishError::OutcomeUnknown(what),
            _ => PublishError::Transient(what),
        }
    }
}

/// Whether the stream refuses an event of this size.
fn is_too_large(error: &jetstream::context::PublishError) -> bool {
    let source = std::error::Error::source(error).and_then(|source| source.downcast_ref::<jetstream::Error>());
    source.is_some_and(|source| source.error_code() == ErrorCode::STREAM_MESSAGE_EXCEEDS_MAXIMUM)
}

#[cold]
fn no_answer() -> Error {
    Error::new(ErrorKind::ConnectionLost, "NATS: the server does not answer")
}

fn percent_decoded(part: &str) -> String {
    percent_decode_str(part).decode_utf8_lossy().into_owned()
}

/// The error of a failed operation.
fn lost(what: &str, error: &dyn fmt::Display) -> Error {
    Error::new(ErrorKind::ConnectionLost, format!("NATS: {what}: {error}"))
}

fn subject(topic: &str) -> String {
    format!("ar.{}", encoded(topic))
}

impl Publisher for NatsQueue {
    fn publish<'a>(&'a self, events: &'a [RawEvent]) -> BoxFuture<'a, Vec<Result<(), PublishError>>> {
        Box::pin(self.send(events))
    }

    fn capabilities(&self) -> QueueCapabilities {
        QueueCapabilities::none().durable().deduplicates().keeps_unclaimed()
    }
}

impl Queue for NatsQueue {
    fn subscribe<'a>(&'a self, topic: &'a str, group: &'a str) -> BoxFuture<'a, Result<Box<dyn Subscriber>>> {
        Box::pin(async move {
            let subscriber = NatsSubscriber::open(self.clone(), topic, group).await?;
            Ok(Box::new(subscriber) as Box<dyn Subscriber>)
        })
    }
}

impl fmt::Debug for NatsQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NatsQueue")
            .field("lease", &self.lease)
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}
