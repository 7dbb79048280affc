//! One delivery, until it is acknowledged, a dead letter, or lost.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::pin;

use activerecord_core::{Error, ErrorKind, Result};
use futures_util::FutureExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};

use super::extension::Extension;
use super::letter::Letter;
use super::run::Ready;
use crate::error::ProtocolError as _;
use crate::failpoint;
use crate::lease::lost;
use crate::panics;
use crate::queue::{Delivery, RawEvent, answered};
use crate::verdict::{Verdict, permanent};

/// An unacknowledged event.
pub(super) struct Delivered {
    delivery: Box<dyn Delivery>,
    event: Result<RawEvent>,
    extension: Option<Extension>,
    /// Whether another consumer may have the event.
    is_lost: bool,
    /// Its share of the prefetch limit, released on drop.
    _permit: Option<OwnedSemaphorePermit>,
    /// See [`Suspects`](super::suspects::Suspects).
    suspicion: Option<OwnedSemaphorePermit>,
}

impl Delivered {
    pub(super) fn new(
        delivery: Box<dyn Delivery>,
        permit: Option<OwnedSemaphorePermit>,
        suspicion: Option<OwnedSemaphorePermit>,
    ) -> Self {
        let event = RawEvent::from_json(delivery.body()).map_err(permanent);
        let extension = delivery.extend_every().map(Extension::new);
        Self { delivery, event, extension, is_lost: false, _permit: permit, suspicion }
    }

    pub(super) fn key(&self) -> Option<&str> {
        self.event.as_ref().ok()?.key()
    }

    pub(super) fn id(&self) -> Option<&str> {
        Some(self.event.as_ref().ok()?.id())
    }

    /// Extends the delivery if an extension is due.
    ///
    /// # Errors
    /// The event may have been delivered to another consumer. Its inbox prevents a second effect.
    pub(super) async fn extend_if_due(&mut self) -> Result<()> {
        let Some(extension) = &mut self.extension else { return Ok(()) };
        let extended = extension.extend_if_due(&*self.delivery).await;
        self.is_lost |= extended.is_err();
        extended
    }

    /// Calls the handler until the event succeeds, or publishes its dead letter. Then it can be acknowledged. Returns the
    /// outcome.
    pub(super) async fn handle(&mut self, ready: &Ready, calls: &Semaphore) -> Result<&'static str> {
        let most = ready.settings.max_attempts;
        let first = self.first_attempt();
        if first > most {
            let message =
                format!("the event was delivered {first} times and never acknowledged; {most} attempts are permitted");
            return self.dead_letter(ready, &Error::new(ErrorKind::Custom, message)).await;
        }
        for attempt in first.. {
            let failed = match self.attempt(ready, calls).await {
                Ok(()) => return Ok("done"),
                Err(error) => error,
            };
            if failed.is_lease_lost() {
                return Err(failed);
            }
            if Verdict::marked(&failed) == Some(Verdict::Permanent) || attempt >= most {
                return self.dead_letter(ready, &failed).await;
            }
            tracing::warn!(target: "activerecord", topic = ready.topic, group = ready.group, attempt, error = %failed, "an event is retried");
            ready.count("retried");
            self.extended_while(sleep(ready.settings.backoff.pause(attempt))).await?;
        }
        Ok("done")
    }

    /// Continues the count of the queue: an event that kills its process is never counted in memory.
    fn first_attempt(&self) -> u32 {
        let counted = if failpoint::is_broken("consumer.attempts") { None } else { self.delivery.attempt() };
        counted.unwrap_or(1).max(1)
    }

    async fn attempt(&mut self, ready: &Ready, calls: &Semaphore) -> Result<()> {
        let event = self.readable(ready)?;
        let _permit = self.extended_while(calls.acquire()).await?.map_err(Error::custom)?;
        self.check_lease().await?;
        let limit = ready.settings.handler_timeout;
        let call = timeout(limit, AssertUnwindSafe((ready.call)(event)).catch_unwind());
        let called = self.extended_while(call).await?;
        self.suspicion = None;
        match called {
            Ok(ended) => ended.unwrap_or_else(|panic| Err(panics::as_error(&*panic))),
            Err(_) => {
                let limit = humantime::format_duration(limit);
                let message = format!("the handler did not end within {limit}; see Consumer::handler_timeout");
                Err(Error::new(ErrorKind::Custom, message))
            }
        }
    }

    /// The event, if the consumer supports it.
    fn readable(&self, ready: &Ready) -> Result<RawEvent> {
        let event = match &self.event {
            Ok(event) => event.clone(),
            Err(error) => return Err(permanent(error.to_string())),
        };
        if ready.settings.versions.contains(&event.version()) {
            return Ok(event);
        }
        Err(permanent(format!(
            "version {} of the payload of event {} (topic `{}`) is not supported; this consumer supports {:?}",
            event.version(),
            event.id(),
            event.topic(),
            ready.settings.versions
        )))
    }

    /// Returns an error if another consumer may have the event: it has waited here.
    async fn check_lease(&mut self) -> Result<()> {
        if self.is_lost {
            return Err(lost("the event may have been delivered to another consumer while it waited"));
        }
        match &self.extension {
            Some(_) => self.extend_if_due().await,
            None => answered(self.delivery.extend()).await,
        }
    }

    /// Waits for `work`, and extends the delivery meanwhile. A queue that does not answer does not stop the work before the
    /// delivery ends.
    async fn extended_while<T>(&mut self, work: impl Future<Output = T>) -> Result<T> {
        let mut work = pin!(work);
        loop {
            let (extension, delivery) = (&mut self.extension, &*self.delivery);
            let Some(extension) = extension else { return Ok(work.await) };
            let extended = async {
                extension.due().await;
                extension.extend_if_due(delivery).await
            };
            tokio::select! {
                biased;
                done = &mut work => return Ok(done),
                extended = extended => extended?,
            }
        }
    }

    /// Returns the event to the queue, without a use of its attempts. On an error, the queue delivers it again by itself.
    pub(super) async fn release(self) {
        let _ = answered(self.delivery.release()).await;
    }

    pub(super) async fn acknowledge(self) -> Result<()> {
        answered(self.delivery.ack()).await
    }

    /// Publishes the dead letter. A crash before the acknowledgement repeats the event but does not lose it.
    async fn dead_letter(&mut self, ready: &Ready, error: &Error) -> Result<&'static str> {
        let body = self.event.is_err().then(|| String::from_utf8_lossy(self.delivery.body()).into_owned());
        let letter = Letter::new(self.event.as_ref().ok(), body.as_deref(), ready, error);
        let id = letter.id();
        self.extended_while(letter.publish(ready)).await??;
        tracing::error!(target: "activerecord", topic = ready.topic, group = ready.group, id, %error, "an event became a dead letter");
        Ok("dead")
    }
}

/// How the handling of a delivery ended.
#[derive(Default)]
pub(super) struct Ended {
    pub(super) key: Option<String>,
    pub(super) id: Option<String>,
    /// The handler succeeded, or the dead letter is published.
    pub(super) is_handled: bool,
    pub(super) is_acknowledged: bool,
}
