//! When a delivery is extended.

use std::time::Duration;

use activerecord_core::Result;
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::error::ProtocolError as _;
use crate::lease::{lost, retry};
use crate::queue::Delivery;

/// The extensions of a delivery, by the clock of this process.
pub(super) struct Extension {
    every: Duration,
    next: Instant,
    /// When the queue may deliver the event again: a queue that wants an extension after a third of its lease has another
    /// third for the answer.
    end: Instant,
}

impl Extension {
    pub(super) fn new(every: Duration) -> Self {
        let now = Instant::now();
        Self { every, next: now + every, end: now + every * 2 }
    }

    pub(super) async fn due(&self) {
        sleep_until(self.next).await;
    }

    /// Extends the delivery if that is due. While its time is not over, it retries.
    pub(super) async fn extend_if_due(&mut self, delivery: &dyn Delivery) -> Result<()> {
        let asked = Instant::now();
        if self.next > asked {
            return Ok(());
        }
        if self.end <= asked {
            return Err(lost("the delivery could not be extended in time"));
        }
        match timeout_at(self.end, delivery.extend()).await {
            Ok(Ok(())) => (self.next, self.end) = (asked + self.every, asked + self.every * 2),
            Ok(Err(error)) if error.is_lease_lost() => return Err(error),
            Ok(Err(error)) => {
                tracing::warn!(target: "activerecord", %error, "a delivery could not be extended");
                self.next = Instant::now() + retry(self.every);
            }
            Err(_) => return Err(lost("the queue did not answer in time")),
        }
        Ok(())
    }
}
