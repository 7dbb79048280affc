//! Events that may kill their process.
//!
//! When a process is killed, the queue has counted an attempt of each event in it, not only of the one that killed it. An
//! event of which half of the attempts are used up is therefore received alone, until a call of its handler has ended. So
//! the others keep the rest of their attempts.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::run::Ready;
use crate::failpoint;
use crate::queue::Delivery;

pub(super) struct Suspects {
    /// Each suspect has a part of it until a call of its handler has ended.
    calls: Arc<Semaphore>,
    most: u32,
    max_attempts: u32,
    /// Whether the next event may be one: after the start of the process, and after another one.
    pub(super) are_expected: bool,
}

impl Suspects {
    pub(super) fn new(ready: &Ready) -> Self {
        let most = u32::try_from(ready.settings.prefetch).unwrap_or(u32::MAX).min(1_000_000);
        let (calls, max_attempts) = (Arc::new(Semaphore::new(most as usize)), ready.settings.max_attempts);
        Self { calls, most, max_attempts, are_expected: true }
    }

    /// Waits until a call of each suspect has ended.
    pub(super) async fn returned(&self) {
        let _ = self.calls.acquire_many(self.most).await;
    }

    /// The number of events to receive.
    pub(super) fn limit(&self, room: usize) -> usize {
        if self.are_expected && !failpoint::is_broken("consumer.suspects") { 1 } else { room }
    }

    /// Returns a value for a suspect, which it drops when a call of its handler has ended.
    pub(super) fn check(&mut self, delivery: &dyn Delivery) -> Option<OwnedSemaphorePermit> {
        let attempt = delivery.attempt().unwrap_or(1);
        if attempt < 2 || attempt <= self.max_attempts / 2 {
            return None;
        }
        self.are_expected = true;
        Arc::clone(&self.calls).try_acquire_owned().ok()
    }
}
