//! Writes to the outbox how messages ended.

use std::collections::HashMap;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use activerecord_core::{ConnectionHandle, Error, ErrorKind, Result};
use tokio::time::Instant;
use uuid::Uuid;

use super::Settings;
use super::handler::Outcome;
use crate::failpoint;
use crate::lease;
use crate::outbox::{Leased, Message};
use crate::verdict::Verdict;

/// How long an ended message may wait before it is settled: each write costs a commit, so several are collected.
const DELAY: Duration = Duration::from_millis(20);

/// A message whose call has ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) token: Uuid,
    pub(super) message: Message,
    pub(super) end: End,
}

/// How a message ended.
#[derive(Clone, Debug)]
pub(super) enum End {
    Done,
    Failed(Arc<Error>),
    /// It is due again after this pause, and the attempt does not count.
    Postponed(Duration),
    /// The worker stopped the call.
    Interrupted,
}

impl End {
    /// The outcome in the metric `activerecord_tasks_total`, unless it depends on the attempts.
    fn outcome(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed(_) => "failed",
            Self::Postponed(_) => "postponed",
            Self::Interrupted => "interrupted",
        }
    }
}

impl From<Outcome> for End {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Done => Self::Done,
            Outcome::Failed(error) => Self::Failed(error),
            Outcome::Postponed => Self::Postponed(Duration::ZERO),
        }
    }
}

/// What one statement writes about messages of a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Shared {
    Complete,
    Release(Duration),
}

impl Ended {
    fn leased(&self) -> Leased {
        Leased { token: self.token, ids: vec![self.message.id] }
    }

    /// What is written about the message, if one statement can write it about several messages of a lease.
    fn shared(&self) -> Option<Shared> {
        match self.end {
            End::Done => Some(Shared::Complete),
            End::Postponed(pause) => Some(Shared::Release(pause)),
            End::Interrupted if failpoint::is_broken("outbox.interrupted") => None,
            End::Interrupted => Some(Shared::Release(Duration::ZERO)),
            End::Failed(_) => None,
        }
    }
}

/// The ended messages that are not settled yet.
pub(super) struct Unsettled {
    fresh: Vec<Ended>,
    /// When the first of them ended.
    since: Option<Instant>,
    /// Those whose settlement failed, and until when they are tried again.
    failed: Vec<(Ended, Instant)>,
    /// When they are tried again.
    retry: Option<Instant>,
    lease: Duration,
}

/// What a settlement achieved.
#[derive(Debug, Default)]
pub(super) struct Settled {
    /// The number of messages that were completed under their lease.
    pub(super) completed: u64,
    /// Whether a message with a key was completed: the next one of the key is free.
    pub(super) frees_keys: bool,
    /// The first error. What it concerns is tried again.
    pub(super) error: Option<Error>,
}

impl Unsettled {
    pub(super) fn new(lease: Duration) -> Self {
        Self { fresh: Vec::new(), since: None, failed: Vec::new(), retry: None, lease }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.fresh.is_empty() && self.failed.is_empty()
    }

    pub(super) fn extend(&mut self, ended: impl IntoIterator<Item = Ended>) {
        self.fresh.extend(ended);
        if !self.fresh.is_empty() {
            self.since.get_or_insert_with(Instant::now);
        }
    }

    /// When messages must be settled at the latest.
    pub(super) fn due(&self) -> Option<Instant> {
        self.since.map(|since| since + DELAY).into_iter().chain(self.retry).min()
    }

    /// Whether messages must be settled: for a full batch, after the delay, or when no message waits for a call.
    pub(super) fn must_settle(&self, batch: usize, is_idle: bool) -> bool {
        let is_due = self.due().is_some_and(|due| Instant::now() >= due);
        is_due || self.fresh.len() >= batch || (is_idle && !self.fresh.is_empty())
    }

    /// Settles the fresh messages, and those whose retry is due. A message whose settlement fails does not hold up the
    /// others, unless the database is unreachable.
    pub(super) async fn settle(&mut self, connection: &ConnectionHandle, settings: &Settings) -> Settled {
        let mut settled = Settled::default();
        if let Err(error) = failpoint::reach("outbox.handled") {
            settled.error = Some(error);
            return settled;
        }
        let give_up = Instant::now() + self.lease;
        let mut all: Vec<_> = mem::take(&mut self.fresh).into_iter().map(|ended| (ended, give_up)).collect();
        self.since = None;
        if self.retry.is_some_and(|retry| Instant::now() >= retry) {
            all.append(&mut self.failed);
        }
        write_shared(connection, &mut all, &mut settled).await;
        for (ended, give_up) in all {
            let is_unreachable = settled.error.as_ref().is_some_and(|error| Verdict::of(error) == Verdict::Transient);
            // What several messages share has failed above.
            if is_unreachable || ended.shared().is_some() {
                self.failed.push((ended, give_up));
            } else if let Err(error) = fail(connection, settings, &ended).await {
                settled.error.get_or_insert(error);
                self.failed.push((ended, give_up));
            }
        }
        self.give_up(connection);
        self.retry = (!self.failed.is_empty()).then(|| Instant::now() + lease::retry(self.lease));
        settled
    }

    /// Forgets the messages whose lease has expired: another worker has taken them over, or will.
    fn give_up(&mut self, connection: &ConnectionHandle) {
        let now = Instant::now();
        for (ended, _) in self.failed.extract_if(.., |(_, give_up)| now >= *give_up) {
            let Message { id, topic, .. } = &ended.message;
            tracing::error!(target: "activerecord", connection = connection.name(), topic, id, "the outcome of a message could not be stored; it is handled again");
            count(connection, &ended.message, "lost");
        }
    }
}

/// Completes and releases messages, in one statement for each lease and kind, and removes them from the list.
async fn write_shared(connection: &ConnectionHandle, all: &mut Vec<(Ended, Instant)>, settled: &mut Settled) {
    let mut groups: HashMap<(Uuid, Shared), Vec<i64>> = HashMap::new();
    for (ended, _) in &*all {
        if let Some(shared) = ended.shared() {
            groups.entry((ended.token, shared)).or_default().push(ended.message.id);
        }
    }
    for ((token, shared), ids) in groups {
        let leased = Leased { token, ids };
        let written = match shared {
            Shared::Complete => leased.complete(connection).await,
            Shared::Release(pause) => leased.release(connection, pause).await.map(|_| 0),
        };
        match written {
            Ok(completed) => settled.completed += completed,
            Err(error) => {
                settled.error.get_or_insert(error);
                continue;
            }
        }
        for (ended, _) in all.extract_if(.., |(ended, _)| ended.token == token && ended.shared() == Some(shared)) {
            settled.frees_keys |= shared == Shared::Complete && ended.message.key.is_some();
            count(connection, &ended.message, ended.end.outcome());
        }
    }
}

/// Schedules a retry of a message whose attempt failed, or makes it a dead letter.
async fn fail(connection: &ConnectionHandle, settings: &Settings, ended: &Ended) -> Result<()> {
    let (message, leased) = (&ended.message, ended.leased());
    let Message { id, topic, .. } = message;
    let interrupted = || Arc::new(Error::new(ErrorKind::Custom, "the handler was interrupted"));
    let error = if let End::Failed(error) = &ended.end { Arc::clone(error) } else { interrupted() };
    let is_permanent = Verdict::marked(&error) == Some(Verdict::Permanent);
    let attempt = u32::try_from(message.attempts).unwrap_or(u32::MAX);
    let is_dead = is_permanent || message.attempts >= settings.max_attempts_of(message);
    if is_dead && !failpoint::is_broken("outbox.poison") {
        leased.mark_dead(connection, &error).await?;
        count(connection, message, "dead");
        tracing::error!(target: "activerecord", connection = connection.name(), topic, id, attempt, %error, "a message became a dead letter");
    } else {
        leased.retry(connection, settings.backoff.pause(attempt), &error).await?;
        count(connection, message, "retried");
        tracing::warn!(target: "activerecord", connection = connection.name(), topic, id, attempt, %error, "a message is retried");
    }
    Ok(())
}

fn count(connection: &ConnectionHandle, message: &Message, outcome: &'static str) {
    metrics::counter!(
        "activerecord_tasks_total",
        "connection" => connection.name().to_owned(), "topic" => message.topic.clone(), "outcome" => outcome
    )
    .increment(1);
}
