//! One delivery of an event.

use std::sync::Arc;
use std::time::Duration;

use activerecord_core::backend::BoxFuture;
use activerecord_core::{Error, Result};
use activerecord_distributed::{Delivery, LEASE_LOST};
use lapin::Acker;
use lapin::message::Delivery as Message;
use lapin::options::{BasicAckOptions, BasicNackOptions};
use lapin::types::AMQPValue;
use tokio::runtime::Handle;

use crate::{failed, within};

/// The header in which a quorum queue counts the earlier deliveries of an event. A classic queue has none.
const EARLIER_DELIVERIES: &str = "x-delivery-count";

/// Counts the unacknowledged events of a consumer: each has a clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unacknowledged(Arc<()>);

impl Unacknowledged {
    /// The number of clones.
    pub(crate) fn count(&self) -> usize {
        Arc::strong_count(&self.0) - 1
    }
}

/// A delivery. The queue gets it back when it is dropped.
pub(crate) struct RabbitDelivery {
    body: Vec<u8>,
    attempt: Option<u32>,
    patience: Duration,
    /// `None` after the delivery was acknowledged or given back.
    held: Option<Held>,
    runtime: Handle,
}

/// An event that the server waits for.
struct Held {
    acker: Acker,
    _counted: Unacknowledged,
}

impl RabbitDelivery {
    pub(crate) fn new(message: Message, counted: Unacknowledged, patience: Duration) -> Self {
        let attempt = attempt(&message);
        let held = Held { acker: message.acker, _counted: counted };
        Self { body: message.data, attempt, patience, held: Some(held), runtime: Handle::current() }
    }
}

/// The number of a delivery from a quorum queue.
fn attempt(message: &Message) -> Option<u32> {
    let earlier = match message.properties.headers().as_ref()?.inner().get(EARLIER_DELIVERIES)? {
        AMQPValue::LongLongInt(earlier) => u32::try_from(*earlier).ok()?,
        AMQPValue::LongInt(earlier) => u32::try_from(*earlier).ok()?,
        AMQPValue::LongUInt(earlier) => *earlier,
        AMQPValue::ShortInt(earlier) => u32::try_from(*earlier).ok()?,
        AMQPValue::ShortShortInt(earlier) => u32::try_from(*earlier).ok()?,
        AMQPValue::ShortShortUInt(earlier) => u32::from(*earlier),
        _ => return None,
    };
    Some(earlier.saturating_add(1))
}

impl Delivery for RabbitDelivery {
    fn body(&self) -> &[u8] {
        &self.body
    }

    fn ack(mut self: Box<Self>) -> BoxFuture<'static, Result<()>> {
        let (held, patience) = (self.held.take(), self.patience);
        Box::pin(async move {
            let Some(held) = held else { return Ok(()) };
            within(patience, async { answered(held.acker.ack(BasicAckOptions::default()).await) }).await
        })
    }

    /// RabbitMQ has no delayed redelivery, so this process waits, and the pause ends with the process.
    fn nack(mut self: Box<Self>, pause: Duration) -> BoxFuture<'static, Result<()>> {
        let (held, patience) = (self.held.take(), self.patience);
        Box::pin(async move {
            let Some(held) = held else { return Ok(()) };
            if pause.is_zero() {
                return give_back(held, patience).await;
            }
            tokio::spawn(async move {
                tokio::time::sleep(pause).await;
                give_back(held, patience).await
            });
            Ok(())
        })
    }

    /// There is no extension. The event stays here until the channel closes.
    fn extend(&self) -> BoxFuture<'_, Result<()>> {
        let is_held = self.held.as_ref().is_some_and(|held| held.acker.usable());
        Box::pin(std::future::ready(if is_held { Ok(()) } else { Err(lost()) }))
    }

    fn extend_every(&self) -> Option<Duration> {
        None
    }

    fn attempt(&self) -> Option<u32> {
        self.attempt
    }
}

async fn give_back(held: Held, patience: Duration) -> Result<()> {
    let options = BasicNackOptions { requeue: true, ..BasicNackOptions::default() };
    within(patience, async { answered(held.acker.nack(options).await) }).await
}

/// `false`: the channel has closed, and the server delivers the event again.
fn answered(sent: lapin::Result<bool>) -> Result<()> {
    match sent {
        Ok(true) => Ok(()),
        Ok(false) => Err(lost()),
        Err(error) => Err(failed("cannot acknowledge an event", &error)),
    }
}

#[cold]
fn lost() -> Error {
    Error::new(LEASE_LOST, "RabbitMQ: the channel of the event has closed; the event is delivered again")
}

impl Drop for RabbitDelivery {
    fn drop(&mut self) {
        if let Some(held) = self.held.take() {
            let patience = self.patience;
            self.runtime.spawn(async move { give_back(held, patience).await });
        }
    }
}
