//! One delivery, until it is acknowledged, a dead letter, or lost.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::time::Duration;

use activerecord_core::{Error, Result};
use futures_util::FutureExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep, sleep_until};

use super::run::Ready;
use crate::error::ProtocolError as _;
use crate::panics;
use crate::queue::{Delivery, PublishError, RawEvent};
use crate::verdict::{Verdict, permanent};

/// The topic for the dead letters of a topic.
pub(super) fn dead_letter_topic(topic: &str) -> String {
    format!("{topic}.dead")
}

/// An unacknowledged event.
pub(super) struct Delivered {
    delivery: Box<dyn Delivery>,
    event: Result<RawEvent>,
    next_extension: Option<Instant>,
    /// Its share of the prefetch limit, released on drop.
    _permit: Option<OwnedSemaphorePermit>,
}

impl Delivered {
    pub(super) fn new(delivery: Box<dyn Delivery>, permit: Option<OwnedSemaphorePermit>) -> Self {
        let event = RawEvent::from_json(delivery.body()).map_err(permanent);
        let next_extension = delivery.extend_every().map(|every| Instant::now() + every);
        Self { delivery, event, next_extension, _permit: permit }
    }

    pub(super) fn key(&self) -> Option<&str> {
        self.event.as_ref().ok()?.key()
    }

    /// Extends the delivery if an extension is due. After an error, the event may be delivered to another consumer,
    /// whose inbox prevents a second effect.
    pub(super) async fn extend_if_due(&mut self) -> Result<()> {
        let (Some(next), Some(every)) = (self.next_extension, self.delivery.extend_every()) else { return Ok(()) };
        if next > Instant::now() {
            return Ok(());
        }
        self.next_extension = Some(Instant::now() + every);
        self.delivery.extend().await
    }

    /// Calls the handler until the event succeeds or becomes a dead letter, then acknowledges it.
    pub(super) async fn handle(mut self, ready: &Ready, calls: &Semaphore) -> Result<()> {
        for attempt in 1.. {
            let failed = match self.attempt(ready, calls).await {
                Ok(()) => return self.complete(ready).await,
                Err(error) => error,
            };
            if failed.is_lease_lost() {
                return Err(failed);
            }
            if Verdict::marked(&failed) == Some(Verdict::Permanent) || attempt >= ready.settings.max_attempts {
                return self.dead_letter(ready, &failed).await;
            }
            tracing::warn!(target: "activerecord", topic = ready.topic, group = ready.group, attempt, error = %failed, "an event is retried");
            ready.count("retried");
            self.extended_while(sleep(ready.settings.backoff.pause(attempt))).await?;
        }
        Ok(())
    }

    async fn attempt(&mut self, ready: &Ready, calls: &Semaphore) -> Result<()> {
        let event = match &self.event {
            Ok(event) => event.clone(),
            Err(error) => return Err(permanent(error.to_string())),
        };
        if !ready.settings.versions.contains(&event.version()) {
            return Err(permanent(format!(
                "version {} of the payload of event {} (topic `{}`) is not supported; this consumer supports {:?}",
                event.version(),
                event.id(),
                event.topic(),
                ready.settings.versions
            )));
        }
        let _permit = self.extended_while(calls.acquire()).await?.map_err(Error::custom)?;
        let call = AssertUnwindSafe((ready.call)(event)).catch_unwind();
        self.extended_while(call).await?.unwrap_or_else(|panic| Err(panics::as_error(&*panic)))
    }

    /// Waits for `work`, and extends the delivery meanwhile.
    async fn extended_while<T>(&mut self, work: impl Future<Output = T>) -> Result<T> {
        let mut work = pin!(work);
        loop {
            let Some(next) = self.next_extension else { return Ok(work.await) };
            tokio::select! {
                biased;
                done = &mut work => return Ok(done),
                () = sleep_until(next) => self.extend_if_due().await?,
            }
        }
    }

    /// Rejects the delivery, so that another consumer gets the event. On an error, the queue delivers it again by
    /// itself.
    pub(super) async fn reject(self) {
        let _ = self.delivery.nack(Duration::ZERO).await;
    }

    async fn complete(self, ready: &Ready) -> Result<()> {
        self.delivery.ack().await?;
        ready.count("done");
        Ok(())
    }

    /// Publishes the dead letter, then acknowledges the event. A crash in between repeats the event but does not lose
    /// it.
    async fn dead_letter(mut self, ready: &Ready, error: &Error) -> Result<()> {
        let letter = self.letter(ready)?.with_header("error", error.to_string()).with_header("consumer", &ready.group);
        let published = self.extended_while(async { ready.queue.publish(std::slice::from_ref(&letter)).await }).await?;
        for result in published {
            result.map_err(PublishError::into_error)?;
        }
        let id = letter.id().to_owned();
        self.delivery.ack().await?;
        tracing::error!(target: "activerecord", topic = ready.topic, group = ready.group, id, %error, "an event became a dead letter");
        ready.count("dead");
        Ok(())
    }

    /// The dead letter of the event. A body that is not an event becomes the payload of a new one.
    fn letter(&self, ready: &Ready) -> Result<RawEvent> {
        let topic = dead_letter_topic(&ready.topic);
        match &self.event {
            // With the same id, a deduplicating queue would drop it.
            Ok(event) => Ok(event.clone().with_topic(&topic).with_id(format!("{}>{}", event.id(), ready.group))),
            Err(_) => {
                let body = String::from_utf8_lossy(self.delivery.body());
                RawEvent::new(format!("unread-{}", uuid::Uuid::new_v4()), topic, &body)
            }
        }
    }
}
