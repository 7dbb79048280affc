//! Writes to the outbox how messages ended.

use std::collections::HashMap;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use activerecord_core::{ConnectionHandle, Error, Result};
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

impl From<Outcome> for End {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Done => Self::Done,
            Outcome::Failed(error) => Self::Failed(error),
            Outcome::Postponed => Self::Postponed(Duration::ZERO),
        }
    }
}

impl Ended {
    fn leased(&self) -> Leased {
        Leased { token: self.token, ids: vec![self.message.id] }
    }

    fn is_done(&self) -> bool {
        matches!(self.end, End::Done)
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
        complete(connection, &mut all, &mut settled).await;
        for (ended, give_up) in all {
            let is_unreachable = settled.error.as_ref().is_some_and(|error| Verdict::of(error) == Verdict::Transient);
            let written = match is_unreachable || ended.is_done() {
                true => Ok(false),
                false => write(connection, settings, &ended).await.map(|()| true),
            };
            match written {
                Ok(true) => {}
                Ok(false) => self.failed.push((ended, give_up)),
                Err(error) => {
                    settled.error.get_or_insert(error);
                    self.failed.push((ended, give_up));
                }
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

/// Deletes the messages that are done, in one statement for each lease, and removes them from the list.
async fn complete(connection: &ConnectionHandle, all: &mut Vec<(Ended, Instant)>, settled: &mut Settled) {
    let mut done: HashMap<Uuid, Vec<i64>> = HashMap::new();
    for (ended, _) in all.iter().filter(|(ended, _)| ended.is_done()) {
        done.entry(ended.token).or_default().push(ended.message.id);
    }
    for (token, ids) in done {
        match (Leased { token, ids }).complete(connection).await {
            Ok(completed) => settled.completed += completed,
            Err(error) => {
                settled.error = Some(error);
                continue;
            }
        }
        for (ended, _) in all.extract_if(.., |(ended, _)| ended.is_done() && ended.token == token) {
            settled.frees_keys |= ended.message.key.is_some();
            count(connection, &ended.message, "done");
        }
    }
}

/// Writes how a message ended that is not done.
async fn write(connection: &ConnectionHandle, settings: &Settings, ended: &Ended) -> Result<()> {
    match &ended.end {
        End::Done => Ok(()),
        End::Failed(error) => fail(connection, settings, ended, error).await,
        End::Postponed(pause) => {
            ended.leased().release(connection, *pause).await?;
            count(connection, &ended.message, "postponed");
            Ok(())
        }
        End::Interrupted => {
            ended.leased().release(connection, Duration::ZERO).await?;
            count(connection, &ended.message, "interrupted");
            Ok(())
        }
    }
}

/// Schedules a retry, or makes the message a dead letter.
async fn fail(connection: &ConnectionHandle, settings: &Settings, ended: &Ended, error: &Error) -> Result<()> {
    let (message, leased) = (&ended.message, ended.leased());
    let Message { id, topic, .. } = message;
    let is_permanent = Verdict::marked(error) == Some(Verdict::Permanent);
    let attempt = u32::try_from(message.attempts).unwrap_or(u32::MAX);
    let is_dead = is_permanent || message.attempts >= settings.max_attempts_of(message);
    if is_dead && !failpoint::is_broken("outbox.poison") {
        leased.mark_dead(connection, error).await?;
        count(connection, message, "dead");
        tracing::error!(target: "activerecord", connection = connection.name(), topic, id, attempt, %error, "a message became a dead letter");
    } else {
        leased.retry(connection, settings.backoff.pause(attempt), error).await?;
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
