//! Receiving: the server pushes events to a consumer.

use std::time::Duration;

use activerecord_core::backend::BoxFuture;
use activerecord_core::{Error, ErrorKind, Result};
use activerecord_distributed::{Delivery, Subscriber};
use futures_util::{FutureExt as _, StreamExt as _};
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicNackOptions, BasicQosOptions, QueueBindOptions, QueueDeclareOptions,
};
use lapin::types::FieldTable;
use lapin::{Acker, Connection, Consumer};
use tokio::runtime::Handle;

use crate::{RabbitQueue, declare, exchange, failed};

/// The most unacknowledged events of a subscriber.
const MAX_UNACKED: u16 = 1_000;

pub(crate) struct RabbitSubscriber {
    queue: RabbitQueue,
    topic: String,
    group: String,
    /// `None` after an outage. When the connection closes, the server delivers its unacknowledged events again.
    events: Option<(Consumer, Connection)>,
}

impl RabbitSubscriber {
    pub(crate) async fn open(queue: RabbitQueue, topic: &str, group: &str) -> Result<Self> {
        let mut subscriber = Self { queue, topic: topic.to_owned(), group: group.to_owned(), events: None };
        // This creates the group. Events that arrive now are buffered here.
        subscriber.events = Some(subscriber.consume().await?);
        Ok(subscriber)
    }

    async fn consume(&self) -> Result<(Consumer, Connection)> {
        let connection = self.queue.0.connection().await?;
        let what = format!("cannot open the group `{}` of the topic `{}`", self.group, self.topic);
        let at = |error: lapin::Error| failed(&what, &error);
        let channel = connection.create_channel().await.map_err(at)?;
        let name = format!("{}>{}", exchange(&self.topic), self.group);
        declare(&channel, &self.topic).await?;
        let durable = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
        channel.queue_declare(name.as_str().into(), durable, FieldTable::default()).await.map_err(at)?;
        let exchange = exchange(&self.topic).into();
        let (bind, none) = (QueueBindOptions::default(), FieldTable::default());
        channel.queue_bind(name.as_str().into(), exchange, "".into(), bind, none).await.map_err(at)?;
        channel.basic_qos(MAX_UNACKED, BasicQosOptions::default()).await.map_err(at)?;
        let (options, none) = (BasicConsumeOptions::default(), FieldTable::default());
        let consumer = channel.basic_consume(name.as_str().into(), "".into(), options, none).await.map_err(at)?;
        Ok((consumer, connection))
    }

    /// Waits for one event, and takes further events that have already arrived.
    async fn next(&mut self, limit: usize) -> Result<Vec<Box<dyn Delivery>>> {
        if self.events.is_none() {
            self.events = Some(self.consume().await?);
        }
        let Some((events, _)) = &mut self.events else { return Ok(Vec::new()) };
        let mut next = events.next().await;
        let mut deliveries: Vec<Box<dyn Delivery>> = Vec::new();
        loop {
            match next {
                Some(Ok(delivery)) => {
                    let (body, acker) = (delivery.data, delivery.acker);
                    deliveries.push(Box::new(RabbitDelivery { body, acker: Some(acker), runtime: Handle::current() }));
                }
                // Events that arrived before an outage are delivered again, because they can no longer be acknowledged.
                ended => {
                    self.events = None;
                    let why = ended.and_then(Result::err).map(|error| failed("cannot receive", &error));
                    return Err(why.unwrap_or_else(|| {
                        Error::new(ErrorKind::ConnectionLost, "RabbitMQ: the server stopped sending")
                    }));
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

impl Subscriber for RabbitSubscriber {
    fn receive(&mut self, limit: usize) -> BoxFuture<'_, Result<Vec<Box<dyn Delivery>>>> {
        Box::pin(self.next(limit.max(1)))
    }
}

/// A delivery. The queue gets it back when it is dropped.
struct RabbitDelivery {
    body: Vec<u8>,
    /// `None` after the delivery was acknowledged or given back.
    acker: Option<Acker>,
    runtime: Handle,
}

impl Delivery for RabbitDelivery {
    fn body(&self) -> &[u8] {
        &self.body
    }

    fn ack(mut self: Box<Self>) -> BoxFuture<'static, Result<()>> {
        let acker = self.acker.take();
        Box::pin(async move {
            let Some(acker) = acker else { return Ok(()) };
            acker
                .ack(BasicAckOptions::default())
                .await
                .map(drop)
                .map_err(|error| failed("cannot acknowledge an event", &error))
        })
    }

    /// RabbitMQ has no delayed redelivery, so this process waits, and the pause ends with the process.
    fn nack(mut self: Box<Self>, pause: Duration) -> BoxFuture<'static, Result<()>> {
        let acker = self.acker.take();
        Box::pin(async move {
            let Some(acker) = acker else { return Ok(()) };
            if pause.is_zero() {
                return give_back(&acker).await;
            }
            tokio::spawn(async move {
                tokio::time::sleep(pause).await;
                give_back(&acker).await
            });
            Ok(())
        })
    }

    fn extend(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn extend_every(&self) -> Option<Duration> {
        None
    }
}

async fn give_back(acker: &Acker) -> Result<()> {
    let options = BasicNackOptions { requeue: true, ..BasicNackOptions::default() };
    acker.nack(options).await.map(drop).map_err(|error| failed("cannot acknowledge an event", &error))
}

impl Drop for RabbitDelivery {
    fn drop(&mut self) {
        if let Some(acker) = self.acker.take() {
            self.runtime.spawn(async move { give_back(&acker).await });
        }
    }
}
