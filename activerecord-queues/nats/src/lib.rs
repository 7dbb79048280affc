//! NATS JetStream as a message queue.
//!
//! A topic is a stream with one subject, in files, made on first use; a group is a durable consumer of it. An event's id is its
//! `Nats-Msg-Id`: one that is published again within two minutes is stored once. A stream that is there already is taken as it is, so whoever
//! wants replicas, or limits, makes it first: `ar_TOPIC` with the subject `ar.TOPIC`, where every byte of the topic but ASCII letters, digits and `_` is
//! `-` and two hexadecimal digits. Without limits a stream keeps its events for ever.

mod name;
mod receive;

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use activerecord_core::backend::BoxFuture;
use activerecord_core::{Error, ErrorKind, Result};
use activerecord_distributed::{PublishError, Publisher, Queue, QueueCapabilities, RawEvent, Subscriber};
use async_nats::jetstream::context::PublishErrorKind;
use async_nats::jetstream::stream::{Config, StorageType};
use async_nats::jetstream::{self, Context};
use async_nats::{ConnectOptions, HeaderMap, ServerAddr};

use percent_encoding::percent_decode_str;

use name::encoded;
use receive::NatsSubscriber;

/// A queue on a NATS server with JetStream, 2.9 or later. Cheap to clone; it connects again by itself.
///
/// `Ok` for an event means that the stream has stored it: on one server, that it is written to a file, which the server
/// syncs every two minutes unless it is told to do so always (`sync_interval: always`); with replicas, that most of them have it.
#[derive(Clone)]
pub struct NatsQueue {
    context: Context,
    lease: Duration,
    patience: Duration,
    /// The topics whose streams are there.
    streams: Arc<Mutex<HashSet<String>>>,
}

impl NatsQueue {
    /// Connects to the server of this URL, or the servers of several with commas between: `nats://user:password@host:4222`.
    ///
    /// # Errors
    /// `Configuration` when it is no such URL, `ConnectionLost` when no server answers, `PermissionDenied` when it refuses the login.
    pub async fn connect(url: impl AsRef<str>) -> Result<Self> {
        // The URL may hold a password: no error shows it.
        let servers: Vec<ServerAddr> =
            url.as_ref().split(',').map(str::parse).collect::<Result<_, _>>().map_err(|_| {
                Error::configuration("this is no URL of a NATS server; one looks like `nats://user:password@host:4222`")
            })?;
        let mut options = ConnectOptions::new().name("activerecord").connection_timeout(Duration::from_secs(5));
        // The driver does not look for them in the URL.
        let login = servers.iter().find_map(|server| Some((server.username()?, server.password()?)));
        if let Some((user, password)) = login {
            options = options.user_and_password(decoded(user), decoded(password));
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

    /// How long an event stays with the consumer that has received it and then been silent. 30 seconds unless set; of a group
    /// that is there already it stays what it is.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }

    /// How long to wait for the server's answers. 5 seconds unless set: what is published without an answer until then has
    /// an unknown outcome.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    fn context(&self) -> Context {
        let mut context = self.context.clone();
        context.set_timeout(self.patience);
        context
    }

    /// The stream of a topic.
    async fn stream(&self, topic: &str) -> Result<jetstream::stream::Stream> {
        let config = Config {
            name: format!("ar_{}", encoded(topic)),
            subjects: vec![subject(topic)],
            storage: StorageType::File,
            ..Config::default()
        };
        let stream = self.context().get_or_create_stream(config).await;
        let stream = stream.map_err(|error| lost(&format!("the stream of the topic `{topic}`"), &error))?;
        self.streams.lock().unwrap_or_else(PoisonError::into_inner).insert(topic.to_owned());
        Ok(stream)
    }

    async fn prepare(&self, topic: &str) -> Result<()> {
        let is_there = self.streams.lock().unwrap_or_else(PoisonError::into_inner).contains(topic);
        if is_there { Ok(()) } else { self.stream(topic).await.map(drop) }
    }

    /// Sends all of them, then waits for the answers.
    async fn send(&self, events: &[RawEvent]) -> Vec<Result<(), PublishError>> {
        let context = self.context();
        let mut sent = Vec::with_capacity(events.len());
        for event in events {
            sent.push(self.send_one(&context, event).await);
        }
        let mut results = Vec::with_capacity(events.len());
        for (sent, event) in sent.into_iter().zip(events) {
            results.push(match sent {
                Ok(answer) => answer.await.map(drop).map_err(|error| self.failed(event.topic(), &error)),
                Err(error) => Err(error),
            });
        }
        results
    }

    async fn send_one(
        &self,
        context: &Context,
        event: &RawEvent,
    ) -> Result<jetstream::context::PublishAckFuture, PublishError> {
        self.prepare(event.topic()).await.map_err(PublishError::Transient)?;
        let mut headers = HeaderMap::new();
        headers.insert(async_nats::header::NATS_MESSAGE_ID, event.id());
        let body = event.to_json().map_err(PublishError::Rejected)?;
        let sent = context.publish_with_headers(subject(event.topic()), headers, body.into()).await;
        sent.map_err(|error| self.failed(event.topic(), &error))
    }

    fn failed(&self, topic: &str, error: &jetstream::context::PublishError) -> PublishError {
        let what = lost(&format!("an event of the topic `{topic}`"), error);
        match error.kind() {
            PublishErrorKind::MaxPayloadExceeded => {
                let why = "it is larger than the server's max_payload";
                PublishError::Rejected(Error::invalid(format!("NATS: an event of the topic `{topic}`: {why}")))
            }
            PublishErrorKind::StreamNotFound => {
                // Somebody has deleted it: the next attempt makes it anew.
                self.streams.lock().unwrap_or_else(PoisonError::into_inner).remove(topic);
                PublishError::Transient(what)
            }
            PublishErrorKind::TimedOut | PublishErrorKind::BrokenPipe => PublishError::OutcomeUnknown(what),
            _ => PublishError::Transient(what),
        }
    }
}

fn decoded(part: &str) -> String {
    percent_decode_str(part).decode_utf8_lossy().into_owned()
}

/// An error of the server or the way to it, about something.
fn lost(what: &str, error: &dyn std::error::Error) -> Error {
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
