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
    let sent = Instant::now();
    let Enlisted { handle, transaction, .. } = point;
    let hooks = transaction.hooks();
    let committed = within(super::grace(), handle.name(), transaction.commit_first()).await;
    let Err(error) = committed else { return Answer::Commit(hooks) };
    let is_committed = match failpoint::is_broken("2pc.certain") && !error.is_connection_lost() {
        true => Some(false),
        false => await_decision(&handle, gid, &error, sent).await,
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
async fn await_decision(commit_point: &ConnectionHandle, gid: &str, error: &Error, sent: Instant) -> Option<bool> {
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
            _ if sent.elapsed() > RETENTION / 2 => return None,
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
