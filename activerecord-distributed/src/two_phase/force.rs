//! Heuristic decisions by an operator, for when the commit point's database is lost.

use activerecord_core::{ActiveRecord, ConnectionHandle, Error, ErrorKind, Result, Scalar};

use super::TwoPhase;
use super::branch_end::{BranchEnd, End};
use super::decision::{self, Key};
use super::limit::{ANSWER_TIMEOUT, within};
use super::record::{Decision, DecisionState, FORCED_ABORT, FORCED_COMMIT, Outcome};
use super::scan::{FoundBranch, Scan};
use super::store::install_tables;
use crate::failpoint;

impl TwoPhase {
    /// Commits every visible prepared branch of a transaction, independent of its decision. Use it only when the
    /// database of its commit point is lost. **It can break atomicity**: a heuristic commit. If the commit point is
    /// reachable, the reason is stored there.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # async fn example(gid: &str) -> Result<()> {
    /// TwoPhase::force_commit(gid, "the orders database is lost; its backup contains the order").await
    /// # }
    /// ```
    ///
    /// # Errors
    /// `NotFound` when no branch of it is prepared; `InDoubt` when its coordinator is still running, or the connection
    /// that prepared a branch is still open; `Unsupported` when an operator has rolled it back by force; otherwise the
    /// database's own.
    pub async fn force_commit(gid: &str, reason: &str) -> Result<()> {
        force(gid, reason, true).await
    }

    /// Rolls back every visible prepared branch of a transaction: a heuristic abort. **It can break atomicity**, but it
    /// never reverses a decision: if the commit point is reachable, it refuses a transaction that is decided to commit,
    /// also one that is decided during this call. [`recover`](Self::recover) commits that.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # async fn example(gid: &str) -> Result<()> {
    /// TwoPhase::force_abort(gid, "the orders database is lost; its backup does not contain the order").await
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`force_commit`](Self::force_commit); `Unsupported` when the transaction is decided to commit, or an operator has
    /// committed it by force.
    pub async fn force_abort(gid: &str, reason: &str) -> Result<()> {
        force(gid, reason, false).await
    }
}

async fn force(gid: &str, reason: &str, commits: bool) -> Result<()> {
    let scan = Scan::of_all().await;
    failpoint::reach("2pc.scanned")?;
    let found = scan.transactions.get(gid).filter(|found| !found.branches.is_empty());
    let branches = found.map(|found| &found.branches[..]).ok_or_else(|| not_prepared(gid))?;
    if let Some(commit_point) = scan.commit_point(gid) {
        let start = if commits { FORCED_COMMIT } else { FORCED_ABORT };
        let note = format!("{start}{reason}");
        record(commit_point, gid, &note, commits, branches).await?;
    }
    tracing::warn!(target: "activerecord", gid, reason, commits, "a transaction across databases is ended by force");
    for branch in branches {
        // The mark cannot tell whether it was committed: this connection may be to another database of the same server.
        match BranchEnd::new(branch.handle.clone(), branch.branch.clone(), commits).attempt().await? {
            End::Done | End::Gone | End::Heuristic => {}
            End::Waiting => {
                let message = format!("the connection that prepared branch `{}` is still open", branch.branch);
                return Err(Error::new(ErrorKind::InDoubt, message));
            }
        }
    }
    Ok(())
}

/// Records the forced outcome in the commit point's database, unless a row already records it.
///
/// The key of the row is taken as by [`decision::ask`]: whoever commits a row with it first has decided. To read the row
/// and then to write it would not do, because the coordinator can commit between the two. The prepared branches are looked
/// for while the key is held, because a committed row must not be withdrawn: another operator may have relied on it.
///
/// # Errors
/// `Unsupported` when the transaction has the other outcome; `InDoubt` while its coordinator can still decide; `NotFound` when
/// it was completed after the scan, and its decision was deleted.
async fn record(
    commit_point: &ConnectionHandle,
    gid: &str,
    note: &str,
    commits: bool,
    branches: &[FoundBranch],
) -> Result<()> {
    let row = async {
        let mut row = decision::row(commit_point, gid, &[]).await?;
        (row.state, row.note) = (DecisionState::Heuristic, Some(note.to_owned()));
        Ok(row)
    };
    within(ANSWER_TIMEOUT, commit_point.name(), install_tables(commit_point)).await?;
    let is_open = async { if is_prepared(branches).await? { Ok(true) } else { Err(not_prepared(gid)) } };
    match decision::take_key(commit_point, gid, row, is_open).await? {
        Key::Held => return Err(held(gid)),
        // Of a copy: as without a configured commit point, nothing can be recorded.
        Key::Free | Key::Copied => return Ok(()),
        Key::Taken if failpoint::is_broken("2pc.force") => return Ok(()),
        Key::Taken => {}
    }
    let decision = decision::find(commit_point, gid).await?.ok_or_else(|| not_prepared(gid))?;
    let outcome = decision.outcome()?;
    if outcome.commits() != commits {
        return Err(decided_otherwise(gid, outcome));
    }
    if decision.state == DecisionState::Heuristic && outcome == Outcome::Committed {
        add_note(commit_point, &decision, note).await?;
    }
    Ok(())
}

/// Adds the reason to the note of a recovery, unless the row was changed since it was read.
async fn add_note(commit_point: &ConnectionHandle, decision: &Decision, note: &str) -> Result<()> {
    let earlier = decision.note.clone().unwrap_or_default();
    if earlier.contains(note) {
        return Ok(());
    }
    let unchanged = Decision::GID.eq(&decision.gid)
        & Decision::STATE.eq(DecisionState::Heuristic)
        & Decision::NOTE.eq(decision.note.clone());
    let set = (Decision::NOTE.set(format!("{earlier}; {note}")),);
    let added = Decision::using(commit_point.name()).filter(unchanged).update(set);
    within(ANSWER_TIMEOUT, commit_point.name(), added).await.map(drop)
}

/// Whether one of these branches is still prepared. The records of a transaction are deleted only after all of its
/// branches have ended. So if one is prepared after the key could be taken, no decision to commit was there and deleted.
async fn is_prepared(branches: &[FoundBranch]) -> Result<bool> {
    for FoundBranch { handle, branch, .. } in branches {
        let prepared = within(ANSWER_TIMEOUT, handle.name(), handle.prepared()).await?;
        if prepared.iter().any(|prepared| prepared.branch.as_ref() == Some(branch)) {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cold]
fn not_prepared(gid: &str) -> Error {
    Error::new(ErrorKind::NotFound, format!("no branch of the transaction `{gid}` is prepared"))
}

#[cold]
fn held(gid: &str) -> Error {
    let message =
        format!("the coordinator of the transaction `{gid}` is running and can still decide; try again later");
    Error::new(ErrorKind::InDoubt, message)
}

#[cold]
fn decided_otherwise(gid: &str, outcome: Outcome) -> Error {
    Error::unsupported(match outcome {
        Outcome::Committed => format!("the transaction `{gid}` is decided to commit; run TwoPhase::recover"),
        Outcome::ForcedCommit => format!("the transaction `{gid}` was committed by force; run TwoPhase::force_commit"),
        Outcome::ForcedAbort => format!("the transaction `{gid}` was rolled back by force; run TwoPhase::force_abort"),
    })
}
