//! Heuristic decisions by an operator, for when the commit point's database is lost.

use activerecord_core::{ActiveRecord, Error, ErrorKind, Result, Scalar};

use super::TwoPhase;
use super::branch_end::{BranchEnd, End};
use super::decision;
use super::record::{Decision, DecisionState};
use super::scan::Scan;
use crate::tables::insert;

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
    /// `NotFound` when no branch of it is prepared; `InDoubt` when the connection that prepared a branch is still open;
    /// otherwise the database's own.
    pub async fn force_commit(gid: &str, reason: &str) -> Result<()> {
        force(gid, reason, true).await
    }

    /// Rolls back every visible prepared branch of a transaction: a heuristic abort. **It can break atomicity.** It
    /// refuses a transaction that is known to be decided to commit; [`recover`](Self::recover) commits that.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # async fn example(gid: &str) -> Result<()> {
    /// TwoPhase::force_abort(gid, "the orders database is lost; its backup does not contain the order").await
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`force_commit`](Self::force_commit); `Unsupported` when the decision is to commit.
    pub async fn force_abort(gid: &str, reason: &str) -> Result<()> {
        force(gid, reason, false).await
    }
}

async fn force(gid: &str, reason: &str, commits: bool) -> Result<()> {
    let scan = Scan::of_all().await;
    let found = scan.transactions.get(gid).filter(|found| !found.branches.is_empty());
    let Some(found) = found else {
        return Err(Error::new(ErrorKind::NotFound, format!("no branch of the transaction `{gid}` is prepared")));
    };
    let decided = found.decision.as_ref().is_some_and(|decision| decision.state == DecisionState::Commit);
    if decided && !commits {
        return Err(Error::unsupported(format!("the transaction `{gid}` is decided to commit; run TwoPhase::recover")));
    }
    if let Some(commit_point) = scan.commit_point(gid).filter(|_| !decided) {
        let note = format!("{} by force: {reason}", if commits { "committed" } else { "rolled back" });
        let mut row = decision::row(commit_point, gid, &[]).await?;
        (row.state, row.note) = (DecisionState::Heuristic, Some(note.clone()));
        match insert(commit_point.name(), &mut row).await {
            Err(error) if error.is_unique_violation() => {
                let here = Decision::using(commit_point.name()).filter(Decision::GID.eq(gid));
                here.update((Decision::NOTE.set(note),)).await?;
            }
            written => written?,
        }
    }
    tracing::warn!(target: "activerecord", gid, reason, commits, "a transaction across databases is ended by force");
    for branch in &found.branches {
        // The mark cannot tell whether it was committed: this connection may be to another database of the same server.
        match BranchEnd::new(branch.handle.clone(), branch.branch.clone(), commits).attempt().await? {
            End::Done | End::Heuristic => {}
            End::Waiting => {
                let message = format!("the connection that prepared branch `{}` is still open", branch.branch);
                return Err(Error::new(ErrorKind::InDoubt, message));
            }
        }
    }
    Ok(())
}
