//! The decision about one transaction: whether its row is there, once it is certain that it cannot appear any more.

use std::time::Duration;

use activerecord_core::{ActiveRecord, ConnectionHandle, ErrorKind, Result, Scalar, Transaction};
use tokio::time::timeout;

use super::record::{Decision, DecisionState, Participant};
use crate::failpoint;
use crate::json;
use crate::store::insert;

/// How long to wait for a coordinator that has not decided.
const PATIENCE: Duration = Duration::from_secs(2);

/// What is known about the end of a transaction.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Verdict {
    /// It is committed.
    Commit(Decision),
    /// It is rolled back, and nothing can commit it any more.
    Abort,
    /// Somebody has decided by force, or against the decision.
    Heuristic(Decision),
    /// Its coordinator is alive, and may still commit it.
    Open,
}

/// Asks the database that decides. A coordinator writes its row before it has anything prepared, and keeps it uncommitted until
/// it decides. So the key can be taken here only when the row is not there and its coordinator's transaction is over, for
/// good: then nothing commits any more. While that transaction lives, this waits for it, and gives up.
///
/// # Errors
/// Whatever the database reports: then nothing is known.
pub(super) async fn ask(store: &ConnectionHandle, gid: &str) -> Result<Verdict> {
    if failpoint::is_broken("2pc.ask") {
        return Ok(find(store, gid).await?.map_or(Verdict::Abort, Verdict::Commit));
    }
    match timeout(PATIENCE, take(store, gid)).await {
        Ok(Ok(true)) => Ok(Verdict::Abort),
        Ok(Ok(false)) => read(store, gid).await,
        Ok(Err(error)) if error.kind() == ErrorKind::Busy => Ok(Verdict::Open),
        Ok(Err(error)) => Err(error),
        Err(_) => Ok(Verdict::Open),
    }
}

/// The row as it is, which says nothing when it is not there.
pub(super) async fn find(store: &ConnectionHandle, gid: &str) -> Result<Option<Decision>> {
    Decision::using(store.name()).filter(Decision::GID.eq(gid)).first().await
}

/// Whether the key could be taken. It is given back at once: that it could be had is enough.
async fn take(store: &ConnectionHandle, gid: &str) -> Result<bool> {
    let mut row = row(store, gid, &[]).await?;
    let transaction = Transaction::begin(store.name()).one_phase().await?;
    let taken = transaction.run(async || insert(store.name(), &mut row).await).await;
    let ended = transaction.rollback().await;
    match taken {
        Ok(()) => ended.map(|()| true),
        Err(error) if error.is_unique_violation() => Ok(false),
        Err(error) => Err(error),
    }
}

async fn read(store: &ConnectionHandle, gid: &str) -> Result<Verdict> {
    Ok(match find(store, gid).await? {
        Some(decision) if decision.state == DecisionState::Commit => Verdict::Commit(decision),
        Some(decision) => Verdict::Heuristic(decision),
        // All its branches were finished meanwhile.
        None => Verdict::Open,
    })
}

/// A row that says that these are to be committed.
pub(super) async fn row(store: &ConnectionHandle, gid: &str, participants: &[Participant]) -> Result<Decision> {
    Ok(Decision {
        gid: gid.to_owned(),
        state: DecisionState::Commit,
        participants: json::write(participants, || "the participants".into())?,
        created_at: crate::clock::about_now(store).await?,
        note: None,
    })
}
