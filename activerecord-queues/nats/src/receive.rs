//! Receiving: a durable pull consumer.

use std::time::Duration;

use activerecord_core::backend::BoxFuture;
use activerecord_core::{Error, ErrorKind, Result};
use activerecord_distributed::{Delivery, Subscriber};
use async_nats::jetstream::consumer::pull::{Config, Stream};
use async_nats::jetstream::consumer::{AckPolicy, Consumer, DeliverPolicy};
use async_nats::jetstream::{AckKind, Message};
use futures_util::{FutureExt as _, StreamExt as _};

use crate::name::encoded;
use crate::{NatsQueue, lost};

/// The most events that are buffered here. Their lease already runs.
const MAX_BUFFERED: usize = 64;

/// The most unacknowledged events of a group.
const MAX_UNACKED: i64 = 10_000;

pub(crate) struct NatsSubscriber {
    queue: NatsQueue,
    topic: String,
    group: String,
    lease: Duration,
    /// `None` before the first call of `receive`, and after an outage.
    events: Option<Stream>,
}

impl NatsSubscriber {
    pub(crate) async fn open(queue: NatsQueue, topic: &str, group: &str) -> Result<Self> {
        let lease = queue.lease;
        let mut subscriber = Self { queue, topic: topic.to_owned(), group: group.to_owned(), lease, events: None };
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
        if self.events.is_none() {
            let events = self.consumer().await?.stream().max_messages_per_batch(MAX_BUFFERED).messages().await;
            self.events = Some(events.map_err(|error| lost("cannot receive", &error))?);
        }
        let Some(events) = &mut self.events else { return Ok(Vec::new()) };
        let mut next = events.next().await;
        let mut deliveries: Vec<Box<dyn Delivery>> = Vec::new();
        loop {
            match next {
                Some(Ok(message)) => deliveries.push(Box::new(NatsDelivery { message, lease: self.lease })),
                // Events that arrived before an outage are returned first.
                ended => {
                    self.events = None;
                    let why = ended.and_then(Result::err).map(|error| lost("cannot receive", &error));
                    let why = why
                        .unwrap_or_else(|| Error::new(ErrorKind::ConnectionLost, "NATS: the server stopped sending"));
                    return if deliveries.is_empty() { Err(why) } else { Ok(deliveries) };
                }
            }
            if deliveries.len() >= limit {
                return Ok(deliveries);
            }
            match events.next().now_or_never() {
                Some(ready) => next = ready,
                None => return Ok(deliveries),
            }
        }
    }
}

impl Subscriber for NatsSubscriber {
    fn receive(&mut self, limit: usize) -> BoxFuture<'_, Result<Vec<Box<dyn Delivery>>>> {
        Box::pin(self.next(limit.max(1)))
    }
}

struct NatsDelivery {
    message: Message,
    lease: Duration,
}

impl NatsDelivery {
    async fn answer(&self, kind: AckKind) -> Result<()> {
        self.message.ack_with(kind).await.map_err(|error| {
            Error::new(ErrorKind::ConnectionLost, format!("NATS: cannot acknowledge an event: {error}"))
        })
    }
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
        Box::pin(self.answer(AckKind::Progress))
    }

    fn extend_every(&self) -> Option<Duration> {
        Some(self.lease / 3)
    }
}
