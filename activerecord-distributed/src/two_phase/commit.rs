//! The coordinator: it runs both phases of the protocol.

use std::time::{Duration, Instant};

use activerecord_core::{
    AsyncBody, Branch, ConnectionHandle, Detached, Error, ErrorKind, Prepared, ProtocolConnection as _, Result,
    Transaction, spawn,
};
use futures_util::future::{join, join_all};
use tokio::time::timeout;
use tracing::{Instrument as _, field};

use super::branch_end::{self, BranchEnd};
use super::decide::{Answer, decide};
use super::limit::within;
use super::participants::check_session;
use super::record::{Mark, Participant};
use super::reply::Reply;
use super::{decision, forget};
use crate::clock::about_now;
use crate::error::ABORTED;
use crate::failpoint;
use crate::tables::insert;

/// An open transaction across databases, before its commit or rollback.
#[derive(Debug)]
pub(super) struct OpenTransaction {
    gid: String,
    /// The index of the commit point.
    point: usize,
    /// In the order of the caller.
    participants: Vec<Enlisted>,
}

/// A participant with its open transaction.
#[derive(Debug)]
pub(super) struct Enlisted {
    pub(super) handle: ConnectionHandle,
    /// The identity of its database.
    pub(super) database: String,
    pub(super) branch: Branch,
    pub(super) transaction: Transaction,
}

impl OpenTransaction {
    pub(super) fn new(gid: String, point: usize, participants: Vec<Enlisted>) -> Self {
        Self { gid, point, participants }
    }

    pub(super) async fn run<T, F>(&self, body: F) -> Result<T>
    where
        F: AsyncBody<T>,
    {
        let transactions: Vec<_> = self.participants.iter().map(|participant| &participant.transaction).collect();
        Transaction::run_in_all(&transactions, body).await
    }

    pub(super) async fn roll_back(self) {
        roll_back_open(self.participants).await;
    }

    /// Commits all participants or none. It runs in its own task, so it completes even if the caller's future is
    /// dropped.
    pub(super) async fn commit(self) -> Result<()> {
        spawn(self.commit_all()).await.unwrap_or_else(|error| Err(Error::custom(error)))
    }

    async fn commit_all(self) -> Result<()> {
        let used = self.participants.iter().filter(|participant| participant.transaction.is_used()).count();
        if used <= 1 {
            return self.commit_in_one_phase().await;
        }
        let started = Instant::now();
        let Self { gid, point, mut participants } = self;
        let point = participants.remove(point);
        let (branches, idle): (Vec<_>, Vec<_>) =
            participants.into_iter().partition(|participant| participant.transaction.is_used());
        let span = tracing::info_span!(target: "activerecord", "two_phase", gid, outcome = field::Empty);
        let (committed, ()) = join(commit(&gid, point, branches).instrument(span.clone()), roll_back_open(idle)).await;
        let outcome = match &committed {
            Err(error) if error.is_commit_outcome_unknown() => "unknown",
            Err(error) if !error.is_after_commit() => "aborted",
            _ => "committed",
        };
        span.record("outcome", outcome);
        metrics::counter!("activerecord_two_phase_total", "outcome" => outcome).increment(1);
        metrics::histogram!("activerecord_two_phase_seconds").record(started.elapsed());
        committed
    }

    /// At most one participant did any work, so one phase is enough.
    async fn commit_in_one_phase(self) -> Result<()> {
        let (used, idle): (Vec<_>, Vec<_>) =
            self.participants.into_iter().partition(|participant| participant.transaction.is_used());
        let commit = async {
            match used.into_iter().next() {
                Some(used) => commit_alone(used).await,
                None => Ok(()),
            }
        };
        join(commit, roll_back_open(idle)).await.0
    }
}

/// Commits the only participant that did any work.
async fn commit_alone(Enlisted { handle, transaction, .. }: Enlisted) -> Result<()> {
    let hooks = transaction.hooks();
    match timeout(super::grace(), transaction.commit_first()).await {
        Ok(Ok(_)) => hooks.ended(true).await,
        Ok(Err(error)) if error.is_commit_outcome_unknown() => Err(error),
        Ok(Err(error)) => {
            // The caller needs the error of the COMMIT, not that of a hook after it.
            let _ = hooks.ended(false).await;
            Err(error)
        }
        Err(_) => Err(no_answer(&handle)),
    }
}

/// How long a database may take to prepare. A timeout counts as a no vote.
const PREPARE_TIMEOUT: Duration = Duration::from_secs(30);

/// Rolls back transactions that are not prepared. If a rollback fails or takes too long, its connection is closed, which
/// rolls back too.
async fn roll_back_open(participants: Vec<Enlisted>) {
    join_all(participants.into_iter().map(|Enlisted { handle, transaction, .. }| async move {
        let _ = within(super::grace(), handle.name(), transaction.rollback()).await;
    }))
    .await;
}

async fn commit(gid: &str, point: Enlisted, branches: Vec<Enlisted>) -> Result<()> {
    let participants: Vec<_> = branches.iter().map(participant).collect();
    // Written before any branch is prepared: `decision::ask` relies on it.
    let recorded = within(super::grace(), point.handle.name(), record(gid, &point, &participants)).await;
    if let Err(error) = recorded {
        roll_back_open(branches.into_iter().chain([point]).collect()).await;
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
    let commit_point = point.handle.clone();
    let hooks = match decide(gid, point).await {
        Answer::Commit(hooks) => hooks,
        Answer::Abort(error) => {
            roll_back(prepared.branches, Vec::new()).await;
            return Err(aborted(gid, error));
        }
        Answer::Unknown(error) => return Err(unknown(gid, error)),
    };
    failpoint::reach("2pc.decided")?;
    second_phase(gid, &commit_point, participants, prepared.branches, hooks).await
}

fn participant(enlisted: &Enlisted) -> Participant {
    let (connection, label) = (enlisted.handle.name().to_owned(), enlisted.branch.label().to_owned());
    Participant { connection, label, database: Some(enlisted.database.clone()) }
}

/// Writes the decision row into the commit point's transaction.
async fn record(gid: &str, point: &Enlisted, participants: &[Participant]) -> Result<()> {
    // All statements run in this transaction: the pool may have no second connection.
    let write = async || {
        check_session(&point.handle).await?;
        // An idle coordinator would make the branches keep their locks.
        point.handle.limit_idle(super::grace()).await?;
        let mut row = decision::row(&point.handle, gid, participants).await?;
        insert(point.handle.name(), &mut row).await
    };
    point.transaction.run(write).await
}

/// The result of the first phase.
struct FirstPhase {
    branches: Vec<(ConnectionHandle, Prepared)>,
    /// Branches that may or may not be prepared.
    doubtful: Vec<(ConnectionHandle, Branch)>,
    /// The first no vote.
    refused: Option<Error>,
}

/// Prepares all branches concurrently.
async fn prepare(branches: Vec<Enlisted>) -> FirstPhase {
    let answers = join_all(branches.into_iter().map(|Enlisted { handle, branch, transaction, .. }| async move {
        let prepared = prepare_one(&handle, transaction, branch.clone());
        let answer = within(PREPARE_TIMEOUT, handle.name(), prepared).await;
        (handle, branch, answer)
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

/// Rolls back prepared branches. What fails, and what is doubtful, is retried in the background.
async fn roll_back(branches: Vec<(ConnectionHandle, Prepared)>, doubtful: Vec<(ConnectionHandle, Branch)>) {
    join_all(branches.into_iter().map(|(handle, prepared)| async move {
        let (branch, hooks) = (prepared.branch().clone(), prepared.hooks());
        if end(&handle, prepared, false).await.is_err() {
            BranchEnd::new(handle, branch, false).in_background();
        }
        let _ = hooks.ended(false).await;
    }))
    .await;
    for (handle, branch) in doubtful {
        BranchEnd::new(handle, branch, false).in_background();
    }
}

/// Ends a prepared branch on its own connection.
async fn end(handle: &ConnectionHandle, prepared: Prepared, commits: bool) -> Result<()> {
    let ended = async { prepared.end(commits).await.0 };
    within(super::grace(), handle.name(), ended).await
}

/// The second phase: the decision is COMMIT, and every branch must commit.
async fn second_phase(
    gid: &str,
    commit_point: &ConnectionHandle,
    participants: Vec<Participant>,
    branches: Vec<(ConnectionHandle, Prepared)>,
    hooks: Detached,
) -> Result<()> {
    let ends = join_all(branches.into_iter().map(|(handle, prepared)| async move {
        let (branch, hooks) = (prepared.branch().clone(), prepared.hooks());
        let ended = end(&handle, prepared, true).await;
        let branch_end = BranchEnd::new(handle, branch, true);
        let is_confirmed = match ended {
            Ok(()) => true,
            // A concurrent recovery may have committed it first.
            Err(_) => branch_end.retry_briefly().await,
        };
        (branch_end, is_confirmed, hooks)
    }))
    .await;
    failpoint::reach("2pc.committed")?;
    let mut end = hooks.ended(true).await;
    let mut pending = Vec::new();
    for (branch_end, is_confirmed, hooks) in ends {
        end = end.and(hooks.ended(true).await);
        if !is_confirmed {
            pending.push(branch_end);
        }
    }
    if pending.is_empty() {
        forget::later(commit_point, gid, participants);
    } else {
        branch_end::commit_in_background(commit_point.clone(), gid.to_owned(), participants, pending);
    }
    end
}

#[cold]
fn aborted(gid: &str, error: Error) -> Error {
    let message = format!("the transaction across databases ({gid}) was rolled back on every participant: {error}");
    Error::new(ABORTED, message).with_source(error)
}

#[cold]
fn unknown(gid: &str, error: Error) -> Error {
    let message = format!(
        "the commit outcome of the transaction across databases ({gid}) is unknown; run TwoPhase::recover: {error}"
    );
    Error::new(ErrorKind::CommitOutcomeUnknown, message).with_source(error)
}

#[cold]
fn no_answer(handle: &ConnectionHandle) -> Error {
    let (name, grace) = (handle.name(), humantime::format_duration(super::grace()));
    let message =
        format!("COMMIT was sent, but its outcome is unknown: the database of `{name}` did not answer within {grace}");
    Error::new(ErrorKind::CommitOutcomeUnknown, message)
}
