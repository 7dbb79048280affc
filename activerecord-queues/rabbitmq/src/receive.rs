//! Receiving: the server pushes events to a consumer.

use std::collections::VecDeque;
use std::time::Duration;

use activerecord_core::backend::BoxFuture;
use activerecord_core::{Error, ErrorKind, Result};
use activerecord_distributed::{Delivery, Subscriber};
use futures_util::{FutureExt as _, StreamExt as _};
use lapin::message::Delivery as Message;
use lapin::options::{BasicCancelOptions, BasicConsumeOptions, BasicQosOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::FieldTable;
use lapin::{Channel, Connection, Consumer};
use tokio::task::JoinHandle;

use crate::deliver::{RabbitDelivery, Unacknowledged};
use crate::{RabbitQueue, declare, exchange, failed, open_channel, within};

pub(crate) struct RabbitSubscriber {
    queue: RabbitQueue,
    topic: String,
    group: String,
    /// `None` after an outage. When the connection closes, the server delivers its unacknowledged events again.
    group_channel: Option<GroupChannel>,
}

/// A channel on which the group exists.
struct GroupChannel {
    channel: Channel,
    _connection: Connection,
    /// `None` before the first call of `receive`.
    pushed: Option<Pushed>,
    /// The consumer that begins. A call of `receive` can be dropped, and the next one continues.
    beginning: Option<(usize, JoinHandle<Result<Consumer>>)>,
    /// Events of the former consumer.
    arrived: VecDeque<Message>,
}

/// The events that the server pushes.
struct Pushed {
    events: Consumer,
    /// The most unacknowledged events of this consumer. The server pushes no more.
    window: usize,
    is_cancelled: bool,
    unacknowledged: Unacknowledged,
}

impl RabbitSubscriber {
    pub(crate) async fn open(queue: RabbitQueue, topic: &str, group: &str) -> Result<Self> {
        let mut subscriber = Self { queue, topic: topic.to_owned(), group: group.to_owned(), group_channel: None };
        // This creates the group. No event is pushed before the first call of `receive`.
        subscriber.group_channel = Some(subscriber.channel().await?);
        Ok(subscriber)
    }

    fn patience(&self) -> Duration {
        self.queue.0.patience
    }

    fn name(&self) -> String {
        format!("{}>{}", exchange(&self.topic), self.group)
    }

    async fn channel(&self) -> Result<GroupChannel> {
        let connection = self.queue.0.connection().await?;
        within(self.patience(), async {
            let mut channel = open_channel(&connection).await?;
            declare(&channel, &self.topic).await?;
            let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
            // An existing queue is used as it is: a declaration with other arguments fails.
            if channel.queue_declare(self.name().into(), passive, FieldTable::default()).await.is_err() {
                channel = open_channel(&connection).await?;
                let durable = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
                let declared = channel.queue_declare(self.name().into(), durable, FieldTable::default()).await;
                declared.map_err(|error| self.failed(&error))?;
            }
            let (exchange, bind, none) = (exchange(&self.topic), QueueBindOptions::default(), FieldTable::default());
            let bound = channel.queue_bind(self.name().into(), exchange.into(), "".into(), bind, none).await;
            bound.map_err(|error| self.failed(&error))?;
            Ok(GroupChannel {
                channel,
                _connection: connection,
                pushed: None,
                beginning: None,
                arrived: VecDeque::new(),
            })
        })
        .await
    }

    fn failed(&self, error: &lapin::Error) -> Error {
        failed(&format!("cannot open the group `{}` of the topic `{}`", self.group, self.topic), error)
    }

    /// Waits for one event, and takes further events that have already arrived.
    async fn next(&mut self, limit: usize) -> Result<Vec<Box<dyn Delivery>>> {
        let (queue, patience) = (self.name(), self.patience());
        let open = match &mut self.group_channel {
            Some(open) => open,
            None => {
                let opened = self.channel().await?;
                self.group_channel.insert(opened)
            }
        };
        let messages = match within(patience, open.prepare(&queue, limit)).await {
            Ok(()) => open.take(limit).await,
            Err(error) => Err(error),
        };
        match messages {
            Ok(messages) => Ok(messages.into_iter().filter_map(|message| self.delivery(message)).collect()),
            // Events that arrived before an outage are delivered again, because they can no longer be acknowledged.
            Err(error) => {
                self.group_channel = None;
                Err(error)
            }
        }
    }

    fn delivery(&self, message: Message) -> Option<Box<dyn Delivery>> {
        let unacknowledged = &self.group_channel.as_ref()?.pushed.as_ref()?.unacknowledged;
        Some(Box::new(RabbitDelivery::new(message, unacknowledged.clone(), self.patience())))
    }
}

impl GroupChannel {
    /// Lets the server push as many events as the caller can take: an event that waits here cannot be extended, and the
    /// server closes the channel when it has waited for the `consumer_timeout`.
    async fn prepare(&mut self, queue: &str, limit: usize) -> Result<()> {
        if self.pushed.as_ref().is_some_and(|pushed| pushed.has_room(limit)) {
            return Ok(());
        }
        self.end_pushed().await?;
        let channel = self.channel.clone();
        let begin = || (limit, tokio::spawn(consume(channel, queue.to_owned(), limit)));
        let (window, beginning) = self.beginning.get_or_insert_with(begin);
        let (window, begun) = (*window, beginning.await.map_err(Error::custom)?);
        self.beginning = None;
        let (events, unacknowledged) = (begun?, Unacknowledged::default());
        self.pushed = Some(Pushed { events, window, is_cancelled: false, unacknowledged });
        Ok(())
    }

    /// Cancels the consumer, and keeps what it has received. Its unacknowledged events stay with this channel.
    async fn end_pushed(&mut self) -> Result<()> {
        let at = |error: lapin::Error| failed("cannot receive", &error);
        let Some(pushed) = &mut self.pushed else { return Ok(()) };
        if !pushed.is_cancelled {
            let cancelled = self.channel.basic_cancel(pushed.events.tag(), BasicCancelOptions::default());
            cancelled.await.map_err(at)?;
            pushed.is_cancelled = true;
        }
        while let Some(message) = pushed.events.next().await {
            self.arrived.push_back(message.map_err(at)?);
        }
        self.pushed = None;
        Ok(())
    }

    async fn take(&mut self, limit: usize) -> Result<Vec<Message>> {
        if !self.arrived.is_empty() {
            return Ok(self.arrived.drain(..limit.min(self.arrived.len())).collect());
        }
        let Some(Pushed { events, .. }) = &mut self.pushed else { return Ok(Vec::new()) };
        let mut messages = Vec::new();
        let mut next = events.next().await;
        loop {
            match next {
                Some(Ok(message)) => messages.push(message),
                Some(Err(error)) => return Err(failed("cannot receive", &error)),
                None => return Err(Error::new(ErrorKind::ConnectionLost, "RabbitMQ: the server stopped sending")),
            }
            if messages.len() >= limit {
                return Ok(messages);
            }
            match events.next().now_or_never() {
                Some(ready) => next = ready,
                None => return Ok(messages),
            }
        }
    }
}

impl Pushed {
    fn has_room(&self, limit: usize) -> bool {
        !self.is_cancelled
            && (self.unacknowledged.count() + limit <= self.window || self.window >= usize::from(u16::MAX))
    }
}

/// Begins a consumer with at most this many unacknowledged events.
async fn consume(channel: Channel, queue: String, window: usize) -> Result<Consumer> {
    let at = |error: lapin::Error| failed("cannot receive", &error);
    let limit = u16::try_from(window).unwrap_or(u16::MAX);
    // The limit holds for the consumers that begin after it.
    channel.basic_qos(limit, BasicQosOptions::default()).await.map_err(at)?;
    let (options, none) = (BasicConsumeOptions::default(), FieldTable::default());
    channel.basic_consume(queue.into(), "".into(), options, none).await.map_err(at)
}

impl Subscriber for RabbitSubscriber {
    fn receive(&mut self, limit: usize) -> BoxFuture<'_, Result<Vec<Box<dyn Delivery>>>> {
        Box::pin(self.next(limit.max(1)))
    }
}
