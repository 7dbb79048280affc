//! One topic of a worker: what was taken up and waits for a free call.

use std::collections::VecDeque;
use std::time::Duration;

use activerecord_core::{ConnectionHandle, Result};
use uuid::Uuid;

use super::handler::Handler;
use crate::outbox::{Held, Message, claim};

/// The messages of a topic, between the claim and the call.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) handler: Handler,
    waiting: VecDeque<(Uuid, Message)>,
    /// Whether the last claim found nothing.
    empty: bool,
}

/// Messages for one call of a handler.
#[derive(Debug)]
pub(super) struct Delivery {
    pub(super) held: Held,
    pub(super) messages: Vec<Message>,
}

impl Lane {
    pub(super) fn new(handler: Handler) -> Self {
        Self { handler, waiting: VecDeque::new(), empty: false }
    }

    /// Takes messages up, unless some are waiting or the last claim found none.
    pub(super) async fn fill(&mut self, connection: &ConnectionHandle, limit: usize, lease: Duration) -> Result<()> {
        if self.empty || !self.waiting.is_empty() {
            return Ok(());
        }
        match claim(connection, &self.handler.topic, limit as u64, lease).await? {
            Some(claim) => {
                let messages = claim.messages.into_iter().map(|mut message| {
                    message.attempts += 1;
                    (claim.token, message)
                });
                self.waiting.extend(messages);
            }
            None => self.empty = true,
        }
        Ok(())
    }

    /// There may be something again.
    pub(super) fn look_again(&mut self) {
        self.empty = false;
    }

    /// Whether messages wait for a call.
    pub(super) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// The messages of the next call, all under one lease.
    pub(super) fn next(&mut self) -> Option<Delivery> {
        let token = self.waiting.front()?.0;
        let alike = self.waiting.iter().take(self.handler.size).take_while(|(other, _)| *other == token).count();
        let messages: Vec<_> = self.waiting.drain(..alike).map(|(_, message)| message).collect();
        let ids = messages.iter().map(|message| message.id).collect();
        Some(Delivery { held: Held { token, ids }, messages })
    }

    /// What waits, by lease.
    pub(super) fn held(&self) -> Option<Held> {
        // A lane is filled only when nothing waits, so all of it is of one claim.
        let token = self.waiting.front()?.0;
        Some(Held { token, ids: self.waiting.iter().map(|(_, message)| message.id).collect() })
    }

    /// Keeps only these of what waits.
    pub(super) fn keep(&mut self, ids: &[i64]) {
        self.waiting.retain(|(_, message)| ids.contains(&message.id));
    }

    /// Nothing waits any more.
    pub(super) fn clear(&mut self) {
        self.waiting.clear();
    }
}
