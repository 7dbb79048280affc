//! Receiving: a durable pull consumer.

use std::future::Future;
use std::time::Duration;

use activerecord_core::backend::BoxFuture;
use activerecord_core::{Error, ErrorKind, Result};
use activerecord_distributed::{Delivery, Subscriber};
use async_nats::jetstream::consumer::pull::{Batch, Config};
use async_nats::jetstream::consumer::{AckPolicy, Consumer, DeliverPolicy};
use async_nats::jetstream::{AckKind, Message};
use futures_util::{FutureExt as _, StreamExt as _};
use tokio::time::timeout;

use crate::name::encoded;
use crate::{NatsQueue, lost};

/// How long the server keeps a request for an event. After a reconnection, the next request is made then.
const REQUEST: Duration = Duration::from_secs(5);

/// The most unacknowledged events of a group.
const MAX_UNACKED: i64 = 10_000;

pub(crate) struct NatsSubscriber {
    queue: NatsQueue,
    topic: String,
    group: String,
    lease: Duration,
    /// `None` before the first call of `receive`, and after an outage.
    consumer: Option<Consumer<Config>>,
    pull: Option<Pull>,
    /// Whether the last request found no event.
    is_empty: bool,
}

/// A request for events, and those that have arrived.
struct Pull {
    events: Batch,
    /// Whether it asks for the events that are there, instead of waiting for one.
    is_fetch: bool,
    has_events: bool,
}

impl NatsSubscriber {
    pub(crate) async fn open(queue: NatsQueue, topic: &str, group: &str) -> Result<Self> {
        let lease = queue.lease;
        let (topic, group) = (topic.to_owned(), group.to_owned());
        let mut subscriber = Self { queue, topic, group, lease, consumer: None, pull: None, is_empty: false };
        // This creates the group. Events are requested only by `receive`.
        subscriber.lease = subscriber.consumer().await?.cached_info().config.ack_wait;
        Ok(subscriber)
    }

    async fn consumer(&self) -> Result<Consumer<Config>> {
        let stream = self.queue.stream(&self.topic).await?;
        let name = encoded(&self.group);
        let config = Config {
            durable_name: Some(name.clone()),
            ack_policy: AckPolicy::Explicit,
            ack_wait: self.queue.lease,
            deliver_policy: DeliverPolicy::All,
            max_ack_pending: MAX_UNACKED,
            ..Config::default()
        };
        let consumer = stream.get_or_create_consumer(&name, config).await;
        consumer.map_err(|error| {
            lost(&format!("cannot open the group `{}` of the topic `{}`", self.group, self.topic), &error)
        })
    }

    /// Waits for one event, and takes further events that have already arrived.
    async fn next(&mut self, limit: usize) -> Result<Vec<Box<dyn Delivery>>> {
        loop {
            let received = match self.open_pull(limit).await {
                Ok(()) => self.arrived(limit).await,
                Err(error) => Err(error),
            };
            match received {
                Ok(messages) if messages.is_empty() => {}
                Ok(messages) => return Ok(messages.into_iter().map(|message| self.delivery(message)).collect()),
                Err(error) => {
                    (self.consumer, self.pull) = (None, None);
                    return Err(error);
                }
            }
        }
    }

    /// Requests no more events than the caller can take: the lease of an event runs from when the server sends it, and only
    /// the caller extends it. While the stream has none, waits for one.
    async fn open_pull(&mut self, limit: usize) -> Result<()> {
        if self.pull.is_some() {
            return Ok(());
        }
        let consumer = match self.consumer.take() {
            Some(consumer) => consumer,
            None => self.consumer().await?,
        };
        let is_fetch = !self.is_empty;
        let opened = async {
            match is_fetch {
                true => consumer.fetch().max_messages(limit).messages().await,
                false => consumer.batch().max_messages(1).expires(REQUEST).messages().await,
            }
        };
        let events = within(self.queue.patience, opened).await?.map_err(|error| lost("cannot receive", &error))?;
        (self.consumer, self.pull) = (Some(consumer), Some(Pull { events, is_fetch, has_events: false }));
        Ok(())
    }

    /// Waits for an event of the request, and takes those that have arrived. None: the request has ended.
    async fn arrived(&mut self, limit: usize) -> Result<Vec<Message>> {
        let Some(pull) = &mut self.pull else { return Ok(Vec::new()) };
        let mut messages = Vec::new();
        let mut next = match pull.is_fetch {
            true => within(self.queue.patience, pull.events.next()).await?,
            false => pull.events.next().await,
        };
        loop {
            match next {
                Some(Ok(message)) => messages.push(message),
                // Events that arrived before an outage are returned first.
                Some(Err(error)) if messages.is_empty() => return Err(lost("cannot receive", &error.to_string())),
                Some(Err(_)) | None => {
                    pull.has_events |= !messages.is_empty();
                    self.is_empty = if pull.is_fetch { !pull.has_events } else { self.is_empty && !pull.has_events };
                    self.pull = None;
                    return Ok(messages);
                }
            }
            pull.has_events = true;
            if messages.len() >= limit {
                return Ok(messages);
            }
            match pull.events.next().now_or_never() {
                Some(ready) => next = ready,
                None => return Ok(messages),
            }
        }
    }

    fn delivery(&self, message: Message) -> Box<dyn Delivery> {
        let attempt = message.info().ok().and_then(|info| u32::try_from(info.delivered).ok());
        Box::new(NatsDelivery { message, attempt, lease: self.lease, patience: self.queue.patience })
    }
}

/// Waits for an answer of the server.
async fn within<T>(patience: Duration, answer: impl Future<Output = T>) -> Result<T> {
    timeout(patience, answer)
        .await
        .map_err(|_| Error::new(ErrorKind::ConnectionLost, "NATS: the server does not answer"))
}

impl Subscriber for NatsSubscriber {
    fn receive(&mut self, limit: usize) -> BoxFuture<'_, Result<Vec<Box<dyn Delivery>>>> {
        Box::pin(self.next(limit.max(1)))
    }
}

struct NatsDelivery {
    message: Message,
    attempt: Option<u32>,
    lease: Duration,
    patience: Duration,
}

impl NatsDelivery {
    async fn answer(&self, kind: AckKind) -> Result<()> {
        acknowledged(within(self.patience, self.message.ack_with(kind)).await?)
    }

    /// Waits until the server confirms the extension: an event whose extension is lost is delivered to another consumer.
    async fn extended(&self) -> Result<()> {
        acknowledged(within(self.patience, self.message.double_ack_with(AckKind::Progress)).await?)
    }
}

fn acknowledged(answer: Result<(), async_nats::Error>) -> Result<()> {
    answer.map_err(|error| lost("cannot acknowledge an event", &error.to_string()))
}

impl Delivery for NatsDelivery {
    fn body(&self) -> &[u8] {
        &self.message.payload
    }

    fn ack(self: Box<Self>) -> BoxFuture<'static, Result<()>> {
        Box::pin(async move { self.answer(AckKind::Ack).await })
    }

    fn nack(self: Box<Self>, pause: Duration) -> BoxFuture<'static, Result<()>> {
        let pause = (!pause.is_zero()).then_some(pause);
        Box::pin(async move { self.answer(AckKind::Nak(pause)).await })
    }

    fn extend(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.extended())
    }

    fn extend_every(&self) -> Option<Duration> {
        Some(self.lease / 3)
    }

    fn attempt(&self) -> Option<u32> {
        self.attempt
    }
}
