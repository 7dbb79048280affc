//! Receiving: a durable consumer, pulled from.

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

/// The most events that wait here: their time runs.
const WAITING: usize = 64;

/// The most events that a group may have in hand.
const IN_HAND: i64 = 10_000;

pub(crate) struct NatsSubscriber {
    queue: NatsQueue,
    topic: String,
    group: String,
    lease: Duration,
    /// None after an outage.
    events: Option<Stream>,
}

impl NatsSubscriber {
    pub(crate) async fn open(queue: NatsQueue, topic: &str, group: &str) -> Result<Self> {
        let lease = queue.lease;
        let mut subscriber = Self { queue, topic: topic.to_owned(), group: group.to_owned(), lease, events: None };
        // Nothing is asked for before somebody waits for it.
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
            max_ack_pending: IN_HAND,
            ..Config::default()
        };
        let consumer = stream.get_or_create_consumer(&name, config).await;
        consumer.map_err(|error| lost(&format!("the group `{}` of the topic `{}`", self.group, self.topic), &error))
    }

    /// Waits for one event, and takes those that are there with it.
    async fn next(&mut self, limit: usize) -> Result<Vec<Box<dyn Delivery>>> {
        if self.events.is_none() {
            let events = self.consumer().await?.stream().max_messages_per_batch(WAITING).messages().await;
            self.events = Some(events.map_err(|error| lost("receiving", &error))?);
        }
        let Some(events) = &mut self.events else { return Ok(Vec::new()) };
        let mut next = events.next().await;
        let mut deliveries: Vec<Box<dyn Delivery>> = Vec::new();
        loop {
            match next {
                Some(Ok(message)) => deliveries.push(Box::new(NatsDelivery { message, lease: self.lease })),
                // What has come before an outage is handed over first.
                ended => {
                    self.events = None;
                    let why = ended.and_then(Result::err).map(|error| lost("receiving", &error));
                    let why =
                        why.unwrap_or_else(|| Error::new(ErrorKind::ConnectionLost, "NATS: it has stopped sending"));
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
    async fn tell(&self, kind: AckKind) -> Result<()> {
        self.message
            .ack_with(kind)
            .await
            .map_err(|error| Error::new(ErrorKind::ConnectionLost, format!("NATS: an event: {error}")))
    }
}

impl Delivery for NatsDelivery {
    fn body(&self) -> &[u8] {
        &self.message.payload
    }

    fn ack(self: Box<Self>) -> BoxFuture<'static, Result<()>> {
        Box::pin(async move { self.tell(AckKind::Ack).await })
    }

    fn nack(self: Box<Self>, pause: Duration) -> BoxFuture<'static, Result<()>> {
        let pause = (!pause.is_zero()).then_some(pause);
        Box::pin(async move { self.tell(AckKind::Nak(pause)).await })
    }

    fn extend(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.tell(AckKind::Progress))
    }

    fn extend_every(&self) -> Option<Duration> {
        Some(self.lease / 3)
    }
}
