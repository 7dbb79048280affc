//! One topic of a worker: what was taken up and waits for a free call.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use activerecord_core::{ConnectionHandle, Result};
use uuid::Uuid;

use super::handler::Handler;
use crate::outbox::{Claim, Held, Message, Place, Stretch, claim};

/// The messages of a topic, between the claim and the call.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) handler: Handler,
    waiting: VecDeque<(Uuid, Message)>,
    left: Left,
    /// Where the last claims ended.
    reached: Option<Reached>,
    /// Whether messages have keys, as far as is known.
    keys: bool,
    /// When the whole queue was last looked at for nothing, and how long that took.
    fruitless: Option<(Instant, Duration)>,
}

/// What the last claim has left to take up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    /// More, as far as is known.
    More,
    /// At most what is far from the beginning.
    Far,
    Nothing,
}

/// How far claims have come in a long queue. PostgreSQL keeps what is gone in the index until it is vacuumed, and each claim
/// that begins at the beginning reads over it: after 200,000 messages it took 16 milliseconds instead of 0.1.
#[derive(Clone, Copy, Debug)]
struct Reached {
    place: Place,
    /// When a claim last began at the beginning.
    began: Instant,
}

/// How long claims go on from where the last one ended. So long a message waits at most that was committed late, or whose key was
/// held when they came by, while others wait in a queue that is longer than a claim.
const GO_ON: Duration = Duration::from_secs(1);

/// How many claims of messages are looked at together, where most may wait for others of their keys.
const STRETCH: usize = 4;

/// How much longer than it took for nothing a look at the whole queue is not repeated, while there is something in hand: where a few keys
/// have many messages each, what becomes free stands at its beginning.
const PATIENCE: u32 = 10;

/// Messages for one call of a handler.
#[derive(Debug)]
pub(super) struct Delivery {
    pub(super) held: Held,
    pub(super) messages: Vec<Message>,
}

impl Lane {
    pub(super) fn new(handler: Handler) -> Self {
        Self { handler, waiting: VecDeque::new(), left: Left::More, reached: None, keys: true, fruitless: None }
    }

    /// Takes messages up, unless some are waiting or the last claim found none. While others are in hand, it need not look far.
    pub(super) async fn fill(
        &mut self,
        connection: &ConnectionHandle,
        limit: usize,
        lease: Duration,
        in_hand: bool,
    ) -> Result<()> {
        let is_far = !in_hand || self.fruitless.is_none_or(|(when, took)| when.elapsed() > took * PATIENCE);
        if !self.waiting.is_empty() || self.left == Left::Nothing || (self.left == Left::Far && !is_far) {
            return Ok(());
        }
        let started = Instant::now();
        let going_on = self.reached.take().filter(|reached| reached.began.elapsed() < GO_ON);
        let mut began = going_on.map_or(started, |reached| reached.began);
        let (mut after, mut is_whole) = (going_on.map(|reached| reached.place), going_on.is_none());
        loop {
            let stretch = self.stretch(connection, after, limit).await?;
            if let Some(claim) = claim(connection, &self.handler.topic, stretch, limit as u64, lease).await? {
                self.take(claim, limit, began);
                return Ok(());
            }
            match stretch.through.filter(|_| is_far) {
                Some(end) => after = Some(end),
                None if is_whole => break,
                None => (after, is_whole, began) = (None, true, Instant::now()),
            }
        }
        self.left = if is_far { Left::Nothing } else { Left::Far };
        if is_far {
            self.fruitless = Some((Instant::now(), started.elapsed()));
        }
        Ok(())
    }

    async fn stretch(&self, connection: &ConnectionHandle, after: Option<Place>, limit: usize) -> Result<Stretch> {
        match self.keys {
            true => Stretch::new(connection, &self.handler.topic, after, (limit * STRETCH) as u64).await,
            false => Ok(Stretch { after, through: None }),
        }
    }

    fn take(&mut self, Claim { token, messages }: Claim, limit: usize, began: Instant) {
        let is_full = messages.len() == limit;
        self.left = if is_full { Left::More } else { Left::Far };
        let last = messages.last().filter(|_| is_full);
        self.reached = last.map(|last| Reached { place: Place::of(last), began });
        self.keys = messages.iter().any(|message| message.key.is_some()) || (self.keys && !is_full);
        self.waiting.extend(messages.into_iter().map(|mut message| {
            message.attempts += 1;
            (token, message)
        }));
    }

    /// There may be something again.
    pub(super) fn look_again(&mut self) {
        self.left = Left::More;
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
