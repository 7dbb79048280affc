//! The protocol, as its coordinator goes through it.

use std::time::{Duration, Instant};

use activerecord_core::{
    Branch, ConnectionHandle, Detached, Error, ErrorKind, Prepared, ProtocolConnection as _, Result, Transaction, spawn,
};
use futures_util::future::join_all;
use tokio::time::timeout;
use tracing::{Instrument as _, field};

use super::decision::{self, Verdict};
use super::finish::{self, Finish};
use super::forget;
use super::participants::check_session;
use super::record::{KEPT, Mark, Participant};
use super::reply::Reply;
use crate::clock::about_now;
use crate::error::ABORTED;
use crate::failpoint;
use crate::store::insert;

/// A transaction across databases while its body runs.
#[derive(Debug)]
pub(super) struct Open {
    gid: String,
    /// The index of the one that decides.
    point: usize,
    /// In the order in which they were named.
    parts: Vec<Part>,
}

/// One database's part.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) handle: ConnectionHandle,
    pub(super) branch: Branch,
    pub(super) transaction: Transaction,
}

impl Open {
    pub(super) fn new(gid: String, point: usize, parts: Vec<Part>) -> Self {
        Self { gid, point, parts }
    }

    pub(super) async fn run<T, F>(&self, body: F) -> Result<T>
    where
        F: AsyncFnOnce() -> Result<T>,
    {
        let transactions: Vec<_> = self.parts.iter().map(|part| &part.transaction).collect();
        Transaction::run_in_all(&transactions, body).await
    }

    pub(super) async fn roll_back(self) {
        roll_back_open(self.parts).await;
    }

    /// Commits all or none. It goes on to its end when nobody waits for it any more.
    pub(super) async fn commit(self) -> Result<()> {
        spawn(self.commit_all()).await.unwrap_or_else(|error| Err(Error::custom(error)))
    }

    async fn commit_all(self) -> Result<()> {
        let used = self.parts.iter().filter(|part| part.transaction.is_used()).count();
        if used <= 1 {
            return self.commit_alone().await;
        }
        let started = Instant::now();
        let Self { gid, point, mut parts } = self;
        let point = parts.remove(point);
        let (branches, idle): (Vec<_>, Vec<_>) = parts.into_iter().partition(|part| part.transaction.is_used());
        let span = tracing::info_span!(target: "activerecord", "two_phase", gid, outcome = field::Empty);
        let outcome = commit(&gid, point, branches).instrument(span.clone()).await;
        roll_back_open(idle).await;
        let told = match &outcome {
            Err(error) if error.is_commit_outcome_unknown() => "unknown",
            Err(error) if !error.is_after_commit() => "aborted",
            _ => "committed",
        };
        span.record("outcome", told);
        metrics::counter!("activerecord_two_phase_total", "outcome" => told).increment(1);
        metrics::histogram!("activerecord_two_phase_seconds").record(started.elapsed());
        outcome
    }

    /// One that did work needs no second phase.
    async fn commit_alone(self) -> Result<()> {
        let mut end = Ok(());
        for Part { transaction, .. } in self.parts {
            if transaction.is_used() {
                end = transaction.commit().await;
            } else {
                let _ = transaction.rollback().await;
            }
        }
        end
    }
}

/// How long a database may take to prepare. Every doubt is a no.
const PATIENCE: Duration = Duration::from_secs(30);

/// Nothing of these is prepared. One whose rollback fails is closed, and so rolled back, too.
async fn roll_back_open(parts: Vec<Part>) {
    for part in parts {
        let _ = part.transaction.rollback().await;
    }
}

async fn commit(gid: &str, point: Part, branches: Vec<Part>) -> Result<()> {
    let participants: Vec<_> = branches.iter().map(participant).collect();
    // Before anything is prepared: see `decision::ask`.
    if let Err(error) = record(gid, &point, &participants).await {
        roll_back_open(vec![point]).await;
        roll_back_open(branches).await;
        return Err(aborted(gid, error));
    }
    failpoint::reach("2pc.recorded")?;
    let prepared = prepare(branches).await;
    if let Some(error) = prepared.refused {
        roll_back_open(vec![point]).await;
        roll_back(prepared.branches, prepared.doubtful).await;
        return Err(aborted(gid, error));
    }
    failpoint::reach("2pc.prepared")?;
    let store = point.handle;
    let hooks = match point.transaction.commit_first().await {
        Ok(hooks) => Some(hooks),
        Err(error) if is_certain(&error) => {
            roll_back(prepared.branches, Vec::new()).await;
            return Err(aborted(gid, error));
        }
        // The answer is lost, or never came: its row says what became of it, once the database answers.
        Err(error) => match settled(&store, gid).await {
            Some(true) => None,
            Some(false) => {
                roll_back(prepared.branches, Vec::new()).await;
                return Err(aborted(gid, error));
            }
            None => return Err(unknown(gid, error)),
        },
    };
    failpoint::reach("2pc.decided")?;
    finish(gid, &store, participants, prepared.branches, hooks).await
}

fn participant(part: &Part) -> Participant {
    Participant { connection: part.handle.name().to_owned(), label: part.branch.label().to_owned() }
}

/// Writes the decision into the transaction whose COMMIT it will be.
async fn record(gid: &str, point: &Part, participants: &[Participant]) -> Result<()> {
    // All of it in the transaction: there may be no other connection to have.
    let write = async || {
        check_session(&point.handle).await?;
        // A coordinator that stands still would have the others keep their locks.
        point.handle.limit_idle(super::grace()).await?;
        let mut row = decision::row(&point.handle, gid, participants).await?;
        insert(point.handle.name(), &mut row).await
    };
    point.transaction.run(write).await
}

/// What became of the first phase.
struct FirstPhase {
    branches: Vec<(ConnectionHandle, Prepared)>,
    /// Nobody knows whether these are prepared.
    doubtful: Vec<(ConnectionHandle, Branch)>,
    refused: Option<Error>,
}

/// Prepares all branches at the same time.
async fn prepare(branches: Vec<Part>) -> FirstPhase {
    let answers = join_all(branches.into_iter().map(|Part { handle, branch, transaction }| async move {
        let answer = timeout(PATIENCE, prepare_one(&handle, transaction, branch.clone())).await;
        (handle, branch, answer.unwrap_or_else(|_| Err(silent())))
    }));
    let mut phase = FirstPhase { branches: Vec::new(), doubtful: Vec::new(), refused: None };
    for (handle, branch, answer) in answers.await {
        match answer {
            Ok(prepared) => phase.branches.push((handle, prepared)),
            Err(error) => {
                phase.doubtful.push((handle, branch));
                phase.refused.get_or_insert(error);
            }
        }
    }
    phase
}

async fn prepare_one(handle: &ConnectionHandle, transaction: Transaction, branch: Branch) -> Result<Prepared> {
    let mark = async || {
        let marked_at = about_now(handle).await?;
        let mut mark = Mark { gid: branch.gid().into(), label: branch.label().into(), marked_at };
        insert(handle.name(), &mut mark).await
    };
    if let Err(error) = transaction.run(mark).await {
        let _ = transaction.rollback().await;
        return Err(error);
    }
    failpoint::reach("2pc.marked")?;
    transaction.prepare_as(branch).await.map_err(|error| match Reply::to_prepare(&error).hint() {
        Some(hint) => error.context(hint),
        None => error,
    })
}

/// Whether an error of the deciding COMMIT says that nothing was committed.
fn is_certain(error: &Error) -> bool {
    !error.is_connection_lost()
}

/// Asks until the database that decides has answered whether it is committed. None: it took so long that a recovery may have
/// finished it, and forgotten it.
async fn settled(store: &ConnectionHandle, gid: &str) -> Option<bool> {
    let (start, mut pauses) = (Instant::now(), finish::pauses());
    loop {
        match decision::ask(store, gid).await {
            Ok(Verdict::Commit(_)) => return Some(true),
            _ if start.elapsed() > KEPT / 2 => return None,
            Ok(Verdict::Abort) => return Some(false),
            other => {
                tracing::warn!(target: "activerecord", gid, connection = store.name(), ?other, "the decision is not known yet");
                tokio::time::sleep(pauses.next()).await;
            }
        }
    }
}

async fn roll_back(branches: Vec<(ConnectionHandle, Prepared)>, doubtful: Vec<(ConnectionHandle, Branch)>) {
    join_all(branches.into_iter().map(|(handle, prepared)| async move {
        let branch = prepared.branch().clone();
        let (ended, hooks) = prepared.end(false).await;
        if ended.is_err() {
            Finish::new(handle, branch, false).in_background();
        }
        let _ = hooks.ended(false).await;
    }))
    .await;
    for (handle, branch) in doubtful {
        Finish::new(handle, branch, false).in_background();
    }
}

/// The second phase: nothing rolls back any more.
async fn finish(
    gid: &str,
    store: &ConnectionHandle,
    participants: Vec<Participant>,
    branches: Vec<(ConnectionHandle, Prepared)>,
    hooks: Option<Detached>,
) -> Result<()> {
    let ends = join_all(branches.into_iter().map(|(handle, prepared)| async move {
        let branch = prepared.branch().clone();
        let (ended, hooks) = prepared.end(true).await;
        // Somebody else may have been first.
        let finish = Finish::new(handle, branch, true);
        let confirmed = match ended {
            Ok(()) => true,
            Err(_) => finish.promptly().await,
        };
        (finish, confirmed, hooks)
    }))
    .await;
    failpoint::reach("2pc.committed")?;
    let mut end = match hooks {
        Some(hooks) => hooks.ended(true).await,
        None => Ok(()),
    };
    let mut pending = Vec::new();
    for (finish, confirmed, hooks) in ends {
        end = end.and(hooks.ended(true).await);
        if !confirmed {
            pending.push(finish);
        }
    }
    if pending.is_empty() {
        forget::later(store, gid, participants);
    } else {
        finish::commit_in_background(store.clone(), gid.to_owned(), participants, pending);
    }
    end
}

#[cold]
fn aborted(gid: &str, error: Error) -> Error {
    let message = format!("the transaction across databases is rolled back everywhere ({gid}): {error}");
    Error::new(ABORTED, message).with_source(error)
}

#[cold]
fn unknown(gid: &str, error: Error) -> Error {
    let message =
        format!("whether the transaction across databases ({gid}) is committed is not known; recover it: {error}");
    Error::new(ErrorKind::CommitOutcomeUnknown, message).with_source(error)
}

#[cold]
fn silent() -> Error {
    let message = format!("a branch was not prepared within {}", humantime::format_duration(PATIENCE));
    Error::new(ErrorKind::ConnectionLost, message)
}
