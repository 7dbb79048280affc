//! The decision of a coordinator: the COMMIT of the commit point, and the question what became of it.

use std::time::Instant;

use activerecord_core::{ConnectionHandle, Detached, Error, ErrorKind};
use tokio::time::sleep;

use super::branch_end;
use super::commit::Enlisted;
use super::decision::{self, Decided};
use super::limit::within;
use super::record::{Outcome, RETENTION};
use crate::failpoint;

/// What became of the COMMIT.
#[derive(Debug)]
pub(super) enum Answer {
    /// The transaction is committed: every branch must commit. The hooks are those of the commit point.
    Commit(Detached),
    /// Nothing is committed, and nothing can be any more.
    Abort(Error),
    /// The commit point did not tell in time.
    Unknown(Error),
}

/// Commits the commit point. After every error, its database tells whether the decision row is committed: an error does
/// not prove that it is not. The server can report a COMMIT that it could not finish (08007), and a proxy can report an
/// error of its own.
pub(super) async fn decide(gid: &str, point: Enlisted) -> Answer {
    // Before the COMMIT is sent. Once it has arrived, a recovery can complete the transaction and, later, delete the row.
    let deadline = Instant::now() + RETENTION / 2;
    let Enlisted { handle, transaction, .. } = point;
    let hooks = transaction.hooks();
    let committed = within(super::grace(), handle.name(), transaction.commit_first()).await;
    let Err(error) = committed else { return Answer::Commit(hooks) };
    let is_committed = match failpoint::is_broken("2pc.certain") && !error.is_connection_lost() {
        true => Some(false),
        false => await_decision(&handle, gid, &error, deadline).await,
    };
    match is_committed {
        Some(true) => Answer::Commit(hooks),
        Some(false) => {
            // The caller needs the error of the COMMIT, not that of a hook after it.
            let _ = hooks.ended(false).await;
            Answer::Abort(error)
        }
        None => Answer::Unknown(error),
    }
}

/// Asks the commit point for the decision until it answers. None: it took so long that a recovery may have completed
/// the transaction and deleted its decision row, or an operator committed the branches by force.
async fn await_decision(commit_point: &ConnectionHandle, gid: &str, error: &Error, deadline: Instant) -> Option<bool> {
    let mut pauses = branch_end::pauses();
    for asked in 1.. {
        match decision::ask(commit_point, gid).await {
            Ok(Decided::Commit(_)) => return Some(true),
            Ok(Decided::Heuristic(decision)) => match decision.outcome() {
                Ok(Outcome::Committed) => return Some(true),
                Ok(Outcome::ForcedAbort) => return Some(false),
                Ok(Outcome::ForcedCommit) | Err(_) => return None,
            },
            _ if is_certain(error) && asked >= CERTAIN_ASKS => return Some(false),
            _ if Instant::now() > deadline && !is_certain(error) => return None,
            Ok(Decided::Abort) => return Some(false),
            other => {
                let connection = commit_point.name();
                tracing::warn!(target: "activerecord", gid, connection, ?other, "the decision is not known yet");
                sleep(pauses.next()).await;
            }
        }
    }
    None
}

/// How often a database that does not answer is asked after an error that the servers define as a rollback. More than once,
/// because the first connection of the pool can be as broken as the one of the COMMIT.
const CERTAIN_ASKS: u32 = 3;

/// Whether the servers define this error of a COMMIT as a rollback. Then a database that does not answer is not waited
/// for long. It is asked even so: a row that is committed is a decision.
fn is_certain(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::UniqueViolation
            | ErrorKind::ForeignKeyViolation
            | ErrorKind::NotNullViolation
            | ErrorKind::CheckViolation
            | ErrorKind::Serialization
            | ErrorKind::Deadlock
            | ErrorKind::Busy
            | ErrorKind::DiskFull
            | ErrorKind::Transaction
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use activerecord::ConnectionManager;
    use activerecord_core::{Result, connection};

    use super::super::store::{database_name, new_gid};
    use super::*;
    use crate::tables::insert;

    /// A free key means "abort" only for as long as no recovery can have deleted the row of a commit. That time begins
    /// before the COMMIT is sent: the deadline is not that of the first question.
    #[tokio::test]
    async fn a_free_key_means_abort_only_in_time() -> Result<()> {
        let folder = tempfile::tempdir().map_err(Error::custom)?;
        let url = format!("sqlite://{}?mode=rwc", folder.path().join("main.db").display());
        ConnectionManager::configure("decide", &*url)?;
        let point = connection("decide")?;
        let gid = new_gid(&database_name(&point).await?);
        let (late, soon) = (Instant::now(), Instant::now() + Duration::from_secs(600));
        let lost = Error::new(ErrorKind::CommitOutcomeUnknown, "the answer is lost");
        let refused = Error::new(ErrorKind::Serialization, "a conflict");
        assert_eq!(await_decision(&point, &gid, &lost, soon).await, Some(false));
        assert_eq!(await_decision(&point, &gid, &lost, late).await, None);
        assert_eq!(await_decision(&point, &gid, &refused, late).await, Some(false));
        insert(point.name(), &mut decision::row(&point, &gid, &[]).await?).await?;
        for error in [&lost, &refused] {
            assert_eq!(await_decision(&point, &gid, error, late).await, Some(true));
        }
        // The database is gone: what the server defines as a rollback is not waited for.
        ConnectionManager::remove("decide").await?;
        assert_eq!(await_decision(&point, &gid, &refused, soon).await, Some(false));
        Ok(())
    }
}
