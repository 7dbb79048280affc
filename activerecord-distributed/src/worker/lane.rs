//! A lane: the claimed messages of one topic of a worker, until a call of the handler is free.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use activerecord_core::{ConnectionHandle, Result};
use uuid::Uuid;

use super::handler::Handler;
use crate::outbox::{Claim, Leased, Message, Position, Segment, claim};

/// The messages of a topic between the claim and the call.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) handler: Handler,
    waiting: VecDeque<(Uuid, Message)>,
    remaining: Remaining,
    /// Where the next claim resumes.
    resume: Option<Resume>,
    /// Whether messages may have keys.
    has_keys: bool,
    /// When the last scan of the whole queue found nothing, and how long it took.
    last_empty_scan: Option<(Instant, Duration)>,
}

/// What the queue may still contain after the last claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Remaining {
    Messages,
    /// At most messages that are far from the start of the queue.
    FarMessages,
    Nothing,
}

/// The end of the last claim in a long queue. PostgreSQL keeps deleted rows in the index until VACUUM, and a claim from
/// the start reads over all of them: after 200,000 messages it took 16 ms instead of 0.1 ms.
#[derive(Clone, Copy, Debug)]
struct Resume {
    position: Position,
    /// When a claim last read from the start of the queue.
    from_start: Instant,
}

/// How long claims resume from the previous one, before a claim reads from the start of the queue again. In a long
/// queue, this is the longest extra wait of a message that committed late, or whose key was blocked when a claim passed
/// it.
const RESUME_FOR: Duration = Duration::from_secs(1);

/// A claim scans at most this many times its limit, because most rows may wait for an earlier message of their key.
const SCAN_FACTOR: usize = 4;

/// While calls are running, an empty scan of the whole queue is repeated after this many times its duration. If few
/// keys have many messages each, the messages that become free are at the start of the queue.
const RESCAN_FACTOR: u32 = 10;

/// Messages for one call of a handler.
#[derive(Debug)]
pub(super) struct Delivery {
    pub(super) leased: Leased,
    pub(super) messages: Vec<Message>,
}

impl Lane {
    pub(super) fn new(handler: Handler) -> Self {
        let waiting = VecDeque::new();
        Self { handler, waiting, remaining: Remaining::Messages, resume: None, has_keys: true, last_empty_scan: None }
    }

    /// Claims messages, unless some are waiting or the last claim found none. `is_busy`: calls are running, so an
    /// expensive scan of the whole queue can wait.
    pub(super) async fn fill(
        &mut self,
        connection: &ConnectionHandle,
        limit: usize,
        lease: Duration,
        is_busy: bool,
    ) -> Result<()> {
        let scans_all =
            !is_busy || self.last_empty_scan.is_none_or(|(when, took)| when.elapsed() > took * RESCAN_FACTOR);
        let is_exhausted = match self.remaining {
            Remaining::Messages => false,
            Remaining::FarMessages => !scans_all,
            Remaining::Nothing => true,
        };
        if !self.waiting.is_empty() || is_exhausted {
            return Ok(());
        }
        let started = Instant::now();
        let resume = self.resume.take().filter(|resume| resume.from_start.elapsed() < RESUME_FOR);
        let mut from_start = resume.map_or(started, |resume| resume.from_start);
        let (mut after, mut is_whole) = (resume.map(|resume| resume.position), resume.is_none());
        loop {
            let segment = self.segment(connection, after, limit).await?;
            if let Some(claim) = claim(connection, &self.handler.topic, segment, limit as u64, lease).await? {
                self.accept(claim, limit, from_start);
                return Ok(());
            }
            match segment.through.filter(|_| scans_all) {
                Some(end) => after = Some(end),
                None if is_whole => break,
                None => (after, is_whole, from_start) = (None, true, Instant::now()),
            }
        }
        self.remaining = if scans_all { Remaining::Nothing } else { Remaining::FarMessages };
        if scans_all {
            self.last_empty_scan = Some((Instant::now(), started.elapsed()));
        }
        Ok(())
    }

    /// The segment of the queue for the next claim. Without keys, every message is free and no bound is needed.
    async fn segment(&self, connection: &ConnectionHandle, after: Option<Position>, limit: usize) -> Result<Segment> {
        match self.has_keys {
            true => Segment::new(connection, &self.handler.topic, after, (limit * SCAN_FACTOR) as u64).await,
            false => Ok(Segment { after, through: None }),
        }
    }

    /// Adds the messages of a claim.
    fn accept(&mut self, Claim { token, messages }: Claim, limit: usize, from_start: Instant) {
        let is_full = messages.len() == limit;
        self.remaining = if is_full { Remaining::Messages } else { Remaining::FarMessages };
        let last = messages.last().filter(|_| is_full);
        self.resume = last.map(|last| Resume { position: Position::of(last), from_start });
        self.has_keys = messages.iter().any(|message| message.key.is_some()) || (self.has_keys && !is_full);
        self.waiting.extend(messages.into_iter().map(|mut message| {
            // As the claim did in the database, after it read the row.
            message.attempts += 1;
            (token, message)
        }));
    }

    /// The queue may contain messages again.
    pub(super) fn look_again(&mut self) {
        self.remaining = Remaining::Messages;
    }

    /// Whether messages wait for a call.
    pub(super) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// The messages of the next call, all under one lease.
    pub(super) fn next(&mut self) -> Option<Delivery> {
        let token = self.waiting.front()?.0;
        let count = self.waiting.iter().take(self.handler.size).take_while(|(other, _)| *other == token).count();
        let messages: Vec<_> = self.waiting.drain(..count).map(|(_, message)| message).collect();
        let ids = messages.iter().map(|message| message.id).collect();
        Some(Delivery { leased: Leased { token, ids }, messages })
    }

    /// The waiting messages. All are of one claim, because a lane is filled only when it is empty.
    pub(super) fn leased(&self) -> Option<Leased> {
        let token = self.waiting.front()?.0;
        Some(Leased { token, ids: self.waiting.iter().map(|(_, message)| message.id).collect() })
    }

    /// Drops the waiting messages with other ids.
    pub(super) fn retain(&mut self, ids: &[i64]) {
        self.waiting.retain(|(_, message)| ids.contains(&message.id));
    }

    /// Drops all waiting messages.
    pub(super) fn clear(&mut self) {
        self.waiting.clear();
    }
}
