//! A lane: the claimed messages of one topic of a worker, until a call of the handler is free.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use activerecord_core::{ConnectionHandle, Result};
use uuid::Uuid;

use super::handler::Handler;
use crate::backoff::Backoff;
use crate::lease::Held;
use crate::outbox::{Claim, Leased, Message, Position, Segment, claim};

/// The messages of a topic between the claim and the call.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) handler: Handler,
    waiting: VecDeque<Message>,
    /// The lease of the waiting messages. All are of one claim, because a lane is filled only when it is empty.
    lease: Option<(Uuid, Held)>,
    remaining: Remaining,
    /// The number of calls since one whose messages were not all postponed.
    outages: u32,
    /// Nothing is claimed until then, because the last call postponed all its messages.
    paused_until: Option<tokio::time::Instant>,
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
    pub(super) held: Held,
    pub(super) messages: Vec<Message>,
}

impl Delivery {
    pub(super) fn of(token: Uuid, held: Held, messages: Vec<Message>) -> Self {
        let ids = messages.iter().map(|message| message.id).collect();
        Self { leased: Leased { token, ids }, held, messages }
    }
}

impl Lane {
    pub(super) fn new(handler: Handler) -> Self {
        Self {
            handler,
            waiting: VecDeque::new(),
            lease: None,
            remaining: Remaining::Messages,
            outages: 0,
            paused_until: None,
            resume: None,
            has_keys: true,
            last_empty_scan: None,
        }
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
        if !self.waiting.is_empty() || is_exhausted || self.paused_until().is_some() {
            return Ok(());
        }
        let started = Instant::now();
        let resume = self.resume.take().filter(|resume| resume.from_start.elapsed() < RESUME_FOR);
        let mut from_start = resume.map_or(started, |resume| resume.from_start);
        let (mut after, mut is_whole) = (resume.map(|resume| resume.position), resume.is_none());
        loop {
            let segment = self.segment(connection, after, limit).await?;
            let asked = tokio::time::Instant::now();
            if let Some(claim) = claim(connection, &self.handler.topic, segment, limit as u64, lease).await? {
                self.lease = Some((claim.token, Held::on(connection, asked, lease)));
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
    fn accept(&mut self, Claim { messages, .. }: Claim, limit: usize, from_start: Instant) {
        let is_full = messages.len() == limit;
        self.remaining = if is_full { Remaining::Messages } else { Remaining::FarMessages };
        let last = messages.last().filter(|_| is_full);
        self.resume = last.map(|last| Resume { position: Position::of(last), from_start });
        self.has_keys = messages.iter().any(|message| message.key.is_some()) || (self.has_keys && !is_full);
        self.waiting.extend(messages.into_iter().map(|mut message| {
            // As the claim did in the database, after it read the row.
            message.attempts += 1;
            message
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

    /// The messages of the next call. A message whose earlier attempt failed gets a call of its own where the messages of a
    /// call fail together.
    pub(super) fn next(&mut self) -> Option<Delivery> {
        let (token, held) = self.lease.clone()?;
        if held.is_expired() {
            self.waiting.clear();
        }
        let is_retried = |message: &Message| self.handler.retries_alone && message.attempts > 1;
        let alone = self.waiting.front().is_some_and(is_retried);
        let together = self.waiting.iter().take(self.handler.size).take_while(|message| !is_retried(message)).count();
        let messages: Vec<_> = self.waiting.drain(..if alone { 1 } else { together }).collect();
        // Each call renews its own lease, so one can be lost without the others.
        (!messages.is_empty()).then(|| Delivery::of(token, held.apart(), messages))
    }

    fn leased(&self) -> Option<(Leased, &Held)> {
        let (token, held) = self.lease.as_ref().filter(|_| !self.waiting.is_empty())?;
        Some((Leased { token: *token, ids: self.waiting.iter().map(|message| message.id).collect() }, held))
    }

    /// Renews the lease of the waiting messages, and drops those that have lost it.
    pub(super) async fn renew(&mut self, connection: &ConnectionHandle, length: Duration) -> Result<()> {
        if let Some((leased, held)) = self.leased() {
            let kept = leased.renew(connection, held, length).await?;
            self.waiting.retain(|message| kept.contains(&message.id));
        }
        Ok(())
    }

    /// Gives the waiting messages back.
    pub(super) async fn release(&mut self, connection: &ConnectionHandle) -> Result<()> {
        if let Some((leased, _)) = self.leased() {
            leased.release(connection, Duration::ZERO).await?;
            self.waiting.clear();
        }
        Ok(())
    }

    /// Notes whether a call has postponed all its messages. If so, the lane pauses.
    pub(super) fn note(&mut self, outage: bool, backoff: Backoff) {
        self.outages = if outage { self.outages.saturating_add(1) } else { 0 };
        self.paused_until = outage.then(|| tokio::time::Instant::now() + backoff.pause(self.outages));
    }

    /// The end of the pause, if the lane pauses.
    pub(super) fn paused_until(&self) -> Option<tokio::time::Instant> {
        self.paused_until.filter(|until| *until > tokio::time::Instant::now())
    }

    /// How long a postponed message waits. The older it is, the longer: a message that is postponed again and again, while
    /// others of its topic are not, must not take up their time.
    pub(super) fn postponed(&self, message: &Message, backoff: Backoff) -> Duration {
        let age = (chrono::Utc::now() - message.created_at).to_std().unwrap_or_default();
        backoff.pause(self.outages.max(1)).max(backoff.at_most(age / 10))
    }
}
