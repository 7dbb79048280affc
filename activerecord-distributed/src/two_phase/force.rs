//! Deciding by hand, when the database that decides is lost.

use activerecord_core::{ActiveRecord, Error, ErrorKind, Result, Scalar};

use super::TwoPhase;
use super::decision;
use super::finish::{End, Finish};
use super::record::{Decision, DecisionState};
use super::scan::Scan;
use crate::store::insert;

impl TwoPhase {
    /// Commits every prepared branch of a transaction that can be seen, whatever its own decision may be: for a transaction
    /// whose deciding database is lost. **This can break its atomicity.** The reason is kept, where the deciding database can be
    /// reached.
    ///
    /// # Errors
    /// `NotFound` when nothing of it is prepared; `InDoubt` when a branch cannot be ended now; an error of a database.
    pub async fn force_commit(gid: &str, reason: &str) -> Result<()> {
        force(gid, reason, true).await
    }

    /// Rolls back every prepared branch of a transaction that can be seen. It is refused for one that is decided: the
    /// recovery commits that.
    ///
    /// # Errors
    /// As [`force_commit`](Self::force_commit); `Unsupported` when it is decided to commit.
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
        return Err(Error::unsupported(format!("the transaction `{gid}` is decided to commit: recover it instead")));
    }
    if let Some(store) = scan.store(gid).filter(|_| !decided) {
        let note = format!("{} by force: {reason}", if commits { "committed" } else { "rolled back" });
        let mut row = decision::row(store, gid, &[]).await?;
        (row.state, row.note) = (DecisionState::Heuristic, Some(note.clone()));
        match insert(store.name(), &mut row).await {
            Err(error) if error.is_unique_violation() => {
                let here = Decision::using(store.name()).filter(Decision::GID.eq(gid));
                here.update((Decision::NOTE.set(note),)).await?;
            }
            written => written?,
        }
    }
    tracing::warn!(target: "activerecord", gid, reason, commits, "a transaction across databases is ended by force");
    for branch in &found.branches {
        // Its own mark cannot tell: the connection may be another one to the same server.
        match Finish::new(branch.handle.clone(), branch.branch.clone(), commits).once().await? {
            End::Done | End::Heuristic => {}
            End::Waiting => {
                let message = format!("branch `{}` belongs to a connection that is open", branch.branch);
                return Err(Error::new(ErrorKind::InDoubt, message));
            }
        }
    }
    Ok(())
}
