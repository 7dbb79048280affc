//! Waiting for locks of other connections, without blocking a thread.

use std::time::{Duration, Instant};

use activerecord_core::Result;
use activerecord_core::backend::current_runtime;

use super::session::Session;
use crate::error;
use crate::file::Turn;

/// Waits between attempts, longer each time, until the busy timeout is over.
#[derive(Default)]
pub(super) struct Patience {
    deadline: Option<Instant>,
    pause: Duration,
    turn: Option<Turn>,
}

impl Patience {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Waits before the next attempt.
    ///
    /// # Errors
    /// `Busy` when the waits have taken longer than `timeout`.
    pub(super) async fn wait(&mut self, timeout: Duration) -> Result<()> {
        let now = Instant::now();
        let left = self.deadline.get_or_insert(now + timeout).saturating_duration_since(now);
        if left.is_zero() {
            return Err(error::busy("another connection held the database lock", timeout));
        }
        if self.pause.is_zero() {
            // A task of this thread may hold the lock and be about to release it.
            tokio::task::yield_now().await;
            self.pause = Duration::from_micros(500);
            return Ok(());
        }
        current_runtime()?;
        // The jitter prevents two waiting connections from colliding again and again.
        let jitter = self.pause.mul_f64(fastrand::f64());
        tokio::time::sleep((self.pause / 2 + jitter).min(left)).await;
        self.pause = (self.pause * 2).min(Duration::from_millis(25));
        Ok(())
    }

    /// Waits before the next attempt to read. Only writers of this process lock a database in memory, so a reader joins
    /// their queue: many writers in a row cannot starve it.
    ///
    /// # Errors
    /// `Busy` when the time is over.
    pub(super) async fn wait_to_read(&mut self, session: &mut Session) -> Result<()> {
        let queues = session.file.is_in_memory() && session.turn.is_none() && self.turn.is_none();
        if !queues {
            return self.wait(session.busy_timeout).await;
        }
        self.turn = Some(session.file.turn(session.busy_timeout).await?);
        Ok(())
    }

    /// Ends the wait after an attempt with success, and releases the turn.
    pub(super) fn succeeded(&mut self) {
        self.turn = None;
    }
}
