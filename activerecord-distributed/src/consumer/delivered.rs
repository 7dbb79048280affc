//! One delivery, from the handler to its end.

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

/// The topic of the dead letters of a topic.
pub(super) fn dead(topic: &str) -> String {
    format!("{topic}.dead")
}

/// An event in hand.
pub(super) struct Delivered {
    delivery: Box<dyn Delivery>,
    event: Result<RawEvent>,
    next_extension: Option<Instant>,
    /// The room that it takes up.
    _place: Option<OwnedSemaphorePermit>,
}

impl Delivered {
    pub(super) fn new(delivery: Box<dyn Delivery>, place: Option<OwnedSemaphorePermit>) -> Self {
        let event = RawEvent::from_json(delivery.body()).map_err(permanent);
        let next_extension = delivery.extend_every().map(|every| Instant::now() + every);
        Self { delivery, event, next_extension, _place: place }
    }

    pub(super) fn key(&self) -> Option<&str> {
        self.event.as_ref().ok()?.key()
    }

    /// Keeps it, when it is time. An error is the queue's: then it may be delivered to somebody else, who finds the inbox.
    pub(super) async fn extend(&mut self) -> Result<()> {
        let (Some(next), Some(every)) = (self.next_extension, self.delivery.extend_every()) else { return Ok(()) };
        if next > Instant::now() {
            return Ok(());
        }
        self.next_extension = Some(Instant::now() + every);
        self.delivery.extend().await
    }

    /// Hands it to the handler, until it is done or a dead letter, and tells the queue.
    pub(super) async fn handle(mut self, ready: &Ready, calls: &Semaphore) -> Result<()> {
        for attempt in 1.. {
            let failed = match self.attempt(ready, calls).await {
                Ok(()) => return self.done(ready).await,
                Err(error) => error,
            };
            if failed.is_lease_lost() {
                return Err(failed);
            }
            if Verdict::said(&failed) == Some(Verdict::Permanent) || attempt >= ready.settings.max_attempts {
                return self.bury(ready, &failed).await;
            }
            tracing::warn!(target: "activerecord", topic = ready.topic, group = ready.group, attempt, error = %failed, "an event is tried again");
            ready.count("retried");
            self.meanwhile(sleep(ready.settings.backoff.pause(attempt))).await?;
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
                "version {} of the payload of event {} (topic `{}`) is none of those that this consumer understands, {:?}: a newer consumer may",
                event.version(),
                event.id(),
                event.topic(),
                ready.settings.versions
            )));
        }
        let _permit = self.meanwhile(calls.acquire()).await?.map_err(Error::custom)?;
        let call = AssertUnwindSafe((ready.call)(event)).catch_unwind();
        self.meanwhile(call).await?.unwrap_or_else(|panic| Err(panics::as_error(&*panic)))
    }

    /// Waits for something, and keeps the event meanwhile.
    async fn meanwhile<T>(&mut self, work: impl Future<Output = T>) -> Result<T> {
        let mut work = pin!(work);
        loop {
            let Some(next) = self.next_extension else { return Ok(work.await) };
            tokio::select! {
                biased;
                done = &mut work => return Ok(done),
                () = sleep_until(next) => self.extend().await?,
            }
        }
    }

    /// To be delivered again, to whoever is there. A queue that cannot be told does so by itself.
    pub(super) async fn give_back(self) {
        let _ = self.delivery.nack(Duration::ZERO).await;
    }

    async fn done(self, ready: &Ready) -> Result<()> {
        self.delivery.ack().await?;
        ready.count("done");
        Ok(())
    }

    /// To the dead letters, and then gone from here: a crash between the two leaves it in both, and loses it in none.
    async fn bury(mut self, ready: &Ready, error: &Error) -> Result<()> {
        let letter = self.letter(ready)?.with_header("error", error.to_string()).with_header("consumer", &ready.group);
        let published = self.meanwhile(async { ready.queue.publish(std::slice::from_ref(&letter)).await }).await?;
        for result in published {
            result.map_err(PublishError::into_error)?;
        }
        let id = letter.id().to_owned();
        self.delivery.ack().await?;
        tracing::error!(target: "activerecord", topic = ready.topic, group = ready.group, id, %error, "an event is a dead letter");
        ready.count("dead");
        Ok(())
    }

    /// The event for the dead letters; around what is no event, one with its text.
    fn letter(&self, ready: &Ready) -> Result<RawEvent> {
        let topic = dead(&ready.topic);
        match &self.event {
            // By its own id a queue would take it for the event that it has seen.
            Ok(event) => Ok(event.clone().with_topic(&topic).with_id(format!("{}>{}", event.id(), ready.group))),
            Err(_) => {
                let body = String::from_utf8_lossy(self.delivery.body());
                RawEvent::new(format!("unread-{}", uuid::Uuid::new_v4()), topic, &body)
            }
        }
    }
}
