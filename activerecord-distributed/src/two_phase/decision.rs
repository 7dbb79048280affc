//! The decision about one transaction: whether its row exists in the commit point's database. A missing row means abort
//! only when the row cannot be committed any more.

use std::time::Duration;

use activerecord_core::{ActiveRecord, ConnectionHandle, ErrorKind, Result, Scalar, Transaction};
use tokio::time::timeout;

use super::record::{Decision, DecisionState, Participant};
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
    match timeout(UNDECIDED_TIMEOUT, try_insert(commit_point, gid)).await {
        Ok(Ok(true)) => Ok(Decided::Abort),
        Ok(Ok(false)) => read(commit_point, gid).await,
        Ok(Err(error)) if error.kind() == ErrorKind::Busy => Ok(Decided::Undecided),
        Ok(Err(error)) => Err(error),
        Err(_) => Ok(Decided::Undecided),
    }
}

/// Reads the decision row. None does not mean abort: the row may be uncommitted.
pub(super) async fn find(commit_point: &ConnectionHandle, gid: &str) -> Result<Option<Decision>> {
    Decision::using(commit_point.name()).filter(Decision::GID.eq(gid)).first().await
}

/// Whether a row with this key can be inserted. The insert is rolled back.
async fn try_insert(commit_point: &ConnectionHandle, gid: &str) -> Result<bool> {
    let mut row = row(commit_point, gid, &[]).await?;
    let transaction = Transaction::begin(commit_point.name()).independent().await?;
    let inserted = transaction.run(async || insert(commit_point.name(), &mut row).await).await;
    let ended = transaction.rollback().await;
    match inserted {
        Ok(()) => ended.map(|()| true),
        Err(error) if error.is_unique_violation() => Ok(false),
        Err(error) => Err(error),
    }
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
    })
}
