//! One topic of a worker: what was taken up and waits for a free call.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use activerecord_core::{ConnectionHandle, Result};
use chrono::{DateTime, Utc};
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
    /// Where the last claims ended.
    reached: Option<Reached>,
}

/// How far claims have come in a long queue. PostgreSQL keeps what is gone in the index until it is vacuumed, and each claim
/// that begins at the beginning reads over it: after 200,000 messages it took 16 milliseconds instead of 0.1.
#[derive(Clone, Copy, Debug)]
struct Reached {
    /// When the last message that was taken up became due.
    due: DateTime<Utc>,
    /// When a claim last began at the beginning.
    began: Instant,
}

/// How long claims go on from where the last one ended. So long a message waits at most that was committed late, while
/// others wait in a queue that is longer than a claim.
const GO_ON: Duration = Duration::from_secs(1);

/// Messages for one call of a handler.
#[derive(Debug)]
pub(super) struct Delivery {
    pub(super) held: Held,
    pub(super) messages: Vec<Message>,
}

impl Lane {
    pub(super) fn new(handler: Handler) -> Self {
        Self { handler, waiting: VecDeque::new(), empty: false, reached: None }
    }

    /// Takes messages up, unless some are waiting or the last claim found none.
    pub(super) async fn fill(&mut self, connection: &ConnectionHandle, limit: usize, lease: Duration) -> Result<()> {
        if self.empty || !self.waiting.is_empty() {
            return Ok(());
        }
        let going_on = self.reached.filter(|reached| reached.began.elapsed() < GO_ON);
        let began = going_on.map_or_else(Instant::now, |reached| reached.began);
        let topic = &self.handler.topic;
        let mut claimed = claim(connection, topic, going_on.map(|reached| reached.due), limit as u64, lease).await?;
        if claimed.is_none() && going_on.is_some() {
            claimed = claim(connection, topic, None, limit as u64, lease).await?;
        }
        self.reached = None;
        match claimed {
            Some(claim) => {
                // Where keys are, one that becomes free may stand anywhere in the queue.
                let goes_on = claim.messages.len() == limit && claim.messages.iter().all(|one| one.key.is_none());
                let last = claim.messages.last().filter(|_| goes_on);
                self.reached = last.map(|last| Reached { due: last.available_at, began });
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

    /// A key is free: its next message may stand anywhere in the queue.
    pub(super) fn look_everywhere(&mut self) {
        self.empty = false;
        self.reached = None;
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
