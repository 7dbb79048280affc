//! Waiting for locks that others hold, without keeping a thread.

use std::time::{Duration, Instant};

use activerecord_core::Result;

use crate::error;

/// Waits longer from time to time, until the busy timeout is over.
#[derive(Debug)]
pub(super) struct Patience {
    timeout: Duration,
    deadline: Option<Instant>,
    pause: Duration,
}

impl Patience {
    pub(super) fn new(timeout: Duration) -> Self {
        Self { timeout, deadline: None, pause: Duration::ZERO }
    }

    /// Waits before the next attempt.
    ///
    /// # Errors
    /// `Busy` when the time is over.
    pub(super) async fn wait(&mut self) -> Result<()> {
        let now = Instant::now();
        let left = self.deadline.get_or_insert(now + self.timeout).saturating_duration_since(now);
        if left.is_zero() {
            return Err(error::busy("another connection has kept the database locked", self.timeout));
        }
        if self.pause.is_zero() {
            // Whoever holds the lock may be a task of this thread, about to give it up.
            tokio::task::yield_now().await;
            self.pause = Duration::from_micros(500);
            return Ok(());
        }
        // The jitter keeps two that wait from meeting again and again.
        let jitter = self.pause.mul_f64(fastrand::f64());
        tokio::time::sleep((self.pause / 2 + jitter).min(left)).await;
        self.pause = (self.pause * 2).min(Duration::from_millis(25));
        Ok(())
    }
}
