//! The decision about one transaction: whether its row exists in the commit point's database. A missing row means abort
//! only when the row cannot be committed any more.

use std::future::ready;
use std::time::Duration;

use activerecord_core::{ActiveRecord, ConnectionHandle, ErrorKind, Result, Scalar, Transaction};
use chrono::{DateTime, Utc};
use tokio::time::timeout;

use super::limit::{ANSWER_TIMEOUT, within};
use super::record::{Decision, DecisionState, Participant};
use super::store;
use crate::failpoint;
use crate::json;
use crate::tables::insert;

/// How long to wait for a coordinator that has not decided yet.
const UNDECIDED_TIMEOUT: Duration = Duration::from_secs(2);

/// What is known about the decision.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Decided {
    /// COMMIT.
    Commit(Decision),
    /// Abort: the row does not exist, and can never appear.
    Abort,
    /// A heuristic outcome: an operator forced it, or a branch ended against the decision.
    Heuristic(Decision),
    /// Its coordinator is alive and may still commit.
    Undecided,
    /// This database is a copy of the commit point, and has no decision. The commit point may have one.
    Copy,
}

/// Asks the commit point for the decision.
///
/// A coordinator inserts the decision row before it prepares any branch, and leaves it uncommitted until it decides.
/// This function tries to insert a row with the same key. That succeeds only if the coordinator's transaction has ended
/// without a COMMIT: then no later COMMIT is possible. While the coordinator's transaction is open, the insert waits
/// for it, until a timeout.
///
/// # Errors
/// The database's own. Then nothing is known.
pub(super) async fn ask(commit_point: &ConnectionHandle, gid: &str) -> Result<Decided> {
    if failpoint::is_broken("2pc.ask") {
        return Ok(find(commit_point, gid).await?.map_or(Decided::Abort, Decided::Commit));
    }
    match take_key(commit_point, gid, row(commit_point, gid, &[]), ready(Ok(false))).await? {
        Key::Free => Ok(Decided::Abort),
        Key::Taken => read(commit_point, gid).await,
        Key::Held => Ok(Decided::Undecided),
        Key::Copied => read(commit_point, gid).await.map(|decided| match decided {
            Decided::Undecided => Decided::Copy,
            // A decision that the copy has was made before the copy.
            decided => decided,
        }),
    }
}

/// Reads the decision row. None does not mean abort: the row may be uncommitted.
pub(super) async fn find(commit_point: &ConnectionHandle, gid: &str) -> Result<Option<Decision>> {
    let row = Decision::using(commit_point.name()).filter(Decision::GID.eq(gid)).first();
    within(ANSWER_TIMEOUT, commit_point.name(), row).await
}

/// The state of the key of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// No row has it, and the coordinator can never commit one.
    Free,
    /// A committed row has it.
    Taken,
    /// An open transaction may still commit a row with it.
    Held,
    /// The key is in another database, of which this one is a copy.
    Copied,
}

/// Inserts a row, to find out whether its key is free. `keeps` is asked while the key is held: if true, the row is committed.
///
/// # Errors
/// The database's own. Then nothing is known.
pub(super) async fn take_key(
    commit_point: &ConnectionHandle,
    gid: &str,
    row: impl Future<Output = Result<Decision>>,
    keeps: impl Future<Output = Result<bool>>,
) -> Result<Key> {
    // In a transaction, so that the server undoes the insert of a caller that has given up.
    let taking = async {
        let mut row = row.await?;
        let transaction = Transaction::begin(commit_point.name()).independent().await?;
        let take = async || match store::is_original(commit_point, gid).await? {
            true => insert(commit_point.name(), &mut row).await.map(|()| Key::Free),
            false => Ok(Key::Copied),
        };
        let taken = transaction.run(take).await;
        let kept = if matches!(taken, Ok(Key::Free)) { keeps.await } else { Ok(false) };
        let ended = if matches!(kept, Ok(true)) { transaction.commit().await } else { transaction.rollback().await };
        let key = taken?;
        kept.and(ended).map(|()| key)
    };
    match timeout(UNDECIDED_TIMEOUT, taking).await {
        Ok(Ok(key)) => Ok(key),
        Ok(Err(error)) if error.is_unique_violation() => Ok(Key::Taken),
        Ok(Err(error)) if error.kind() == ErrorKind::Busy => Ok(Key::Held),
        Ok(Err(error)) => Err(error),
        Err(_) => Ok(Key::Held),
    }
}

/// Records that a branch ended against the decision to commit. Returns false when the row no longer says COMMIT: another
/// recovery recorded it first, or the transaction was completed and its row deleted.
pub(super) async fn record_heuristic(commit_point: &ConnectionHandle, gid: &str, note: &str) -> Result<bool> {
    let decided = Decision::GID.eq(gid) & Decision::STATE.eq(DecisionState::Commit);
    let set = (Decision::STATE.set(DecisionState::Heuristic), Decision::NOTE.set(note));
    Ok(Decision::using(commit_point.name()).filter(decided).update(set).await? == 1)
}

/// Records that all branches have ended, unless another recovery has done it.
pub(super) async fn record_end(commit_point: &ConnectionHandle, decision: &Decision, now: DateTime<Utc>) -> Result<()> {
    let unchanged = Decision::GID.eq(&decision.gid)
        & Decision::STATE.eq(DecisionState::Commit)
        & Decision::FINISHED_AT.eq(decision.finished_at);
    let set = (Decision::FINISHED_AT.set(now),);
    Decision::using(commit_point.name()).filter(unchanged).update(set).await.map(drop)
}

async fn read(commit_point: &ConnectionHandle, gid: &str) -> Result<Decided> {
    Ok(match find(commit_point, gid).await? {
        Some(decision) if decision.state == DecisionState::Commit => Decided::Commit(decision),
        Some(decision) => Decided::Heuristic(decision),
        // Completed and deleted since the insert failed.
        None => Decided::Undecided,
    })
}

/// The row of a decision to commit these participants.
pub(super) async fn row(commit_point: &ConnectionHandle, gid: &str, participants: &[Participant]) -> Result<Decision> {
    Ok(Decision {
        gid: gid.to_owned(),
        state: DecisionState::Commit,
        participants: json::write(participants, || "the participants".into())?,
        created_at: crate::clock::about_now(commit_point).await?,
        note: None,
        finished_at: None,
    })
}
