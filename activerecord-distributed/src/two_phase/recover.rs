//! Recovery: ends the branches that a crashed coordinator left behind.

use std::time::Duration;

use activerecord_core::{ActiveRecord, Branch, ConnectionHandle, Error, Result, Scalar, connection};
use tokio::time::sleep;

use super::branch_end::{BranchEnd, End};
use super::decision::{self, Decided};
use super::record::{Decision, DecisionState, RETENTION};
use super::scan::{Found, Scan};
use super::{TwoPhase, forget, former_names};
use crate::clock::{about_now, later};
use crate::failpoint;
use crate::meters::number;

/// How long a decision without prepared branches is left to its coordinator.
const COORDINATOR_TIME: Duration = Duration::from_secs(5);

/// The pause between two recoveries of [`TwoPhase::recover_until`].
const INTERVAL: Duration = Duration::from_secs(10);

/// The result of [`TwoPhase::recover`], by the global ids of the transactions.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Recovered {
    /// All their branches are now committed.
    pub committed: Vec<String>,
    /// All their branches are now rolled back.
    pub aborted: Vec<String>,
    /// Their coordinator is still running, or a database that they need does not answer. Recover again later.
    pub waiting: Vec<String>,
    /// Their commit point is not a configured connection. They were not changed.
    pub foreign: Vec<String>,
    /// A branch ended against the decision, or an operator forced the outcome. They stay in this list until an operator
    /// deletes their row in `ar_2pc`.
    pub heuristic: Vec<String>,
    /// The connections that did not answer, and why.
    pub unreachable: Vec<(String, Error)>,
}

impl TwoPhase {
    /// Ends every transaction across databases whose coordinator has died: commits the branches of a decided one, and
    /// rolls back an undecided one (Presumed Abort). It scans all configured connections.
    ///
    /// Any number of processes can recover concurrently, also while coordinators are running: a running coordinator is
    /// left to finish. A transaction whose commit point is not a configured connection is reported and not changed.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # async fn example() -> Result<()> {
    /// let recovered = TwoPhase::recover().await?;
    /// println!("{} committed, {} rolled back", recovered.committed.len(), recovered.aborted.len());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Currently none: what failed is in the result.
    pub async fn recover() -> Result<Recovered> {
        let scan = Scan::of_all().await;
        let mut recovered = Recovered::default();
        for (gid, found) in &scan.transactions {
            match scan.commit_point(gid) {
                None => recovered.foreign.push(gid.clone()),
                Some(commit_point) => match end(commit_point, gid, found).await {
                    Ok(Some(list)) => list(&mut recovered).push(gid.clone()),
                    Ok(None) => {}
                    Err(error) => {
                        tracing::warn!(target: "activerecord", gid, %error, "a transaction across databases is not recovered yet");
                        recovered.waiting.push(gid.clone());
                    }
                },
            }
            failpoint::reach("2pc.recovered")?;
        }
        recovered.unreachable = scan.unreachable;
        for handle in &scan.named {
            // A failure is left to the next recovery.
            let _ = former_names::delete_old_names(handle).await;
        }
        let in_doubt = recovered.waiting.len() + recovered.heuristic.len();
        metrics::gauge!("activerecord_two_phase_in_doubt").set(number(in_doubt as u64));
        Ok(recovered)
    }

    /// Runs [`recover`](Self::recover) now and every 10 s, until `shutdown` completes. Problems are logged as warnings.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # async fn example(shutdown: impl Future<Output = ()> + Send + 'static) {
    /// tokio::spawn(TwoPhase::recover_until(shutdown));
    /// # }
    /// ```
    pub async fn recover_until(shutdown: impl Future<Output = ()>) {
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            match Self::recover().await {
                Ok(recovered) if recovered.heuristic.is_empty() && recovered.unreachable.is_empty() => {}
                recovered => {
                    tracing::warn!(target: "activerecord", ?recovered, "not every transaction across databases is recovered");
                }
            }
            tokio::select! {
                () = &mut shutdown => return,
                () = sleep(INTERVAL) => {}
            }
        }
    }
}

type List = fn(&mut Recovered) -> &mut Vec<String>;

/// Ends one transaction, and returns the list that it belongs to.
async fn end(commit_point: &ConnectionHandle, gid: &str, found: &Found) -> Result<Option<List>> {
    match decision::ask(commit_point, gid).await? {
        Decided::Commit(decision) => commit(commit_point, &decision, found).await,
        Decided::Abort => abort(found).await,
        Decided::Heuristic(_) => Ok(Some(|recovered| &mut recovered.heuristic)),
        Decided::Undecided => Ok(Some(|recovered| &mut recovered.waiting)),
    }
}

async fn commit(commit_point: &ConnectionHandle, decision: &Decision, found: &Found) -> Result<Option<List>> {
    // Without prepared branches, its coordinator is probably about to delete the records.
    let is_young = about_now(commit_point).await? < later(decision.created_at, COORDINATOR_TIME);
    if found.branches.is_empty() && is_young {
        return Ok(None);
    }
    let participants = decision.participants()?;
    let mut ends = Vec::new();
    for participant in &participants {
        let branch = Branch::new(&*decision.gid, &*participant.label)?;
        let end = BranchEnd::new(connection(&participant.connection)?, branch, true).attempt().await?;
        ends.push((participant, end));
    }
    let against: Vec<_> =
        ends.iter().filter(|(_, end)| *end == End::Heuristic).map(|(participant, _)| &participant.connection).collect();
    if !against.is_empty() {
        let note = format!("the decision is to commit, but the branches on {against:?} were rolled back");
        let row = Decision::using(commit_point.name()).filter(Decision::GID.eq(&decision.gid));
        let set = (Decision::STATE.set(DecisionState::Heuristic), Decision::NOTE.set(&note));
        // Without a row, it was completed and deleted concurrently, and its marks with it.
        if row.update(set).await? == 1 {
            tracing::error!(target: "activerecord", gid = decision.gid, note, "a transaction across databases lost its atomicity");
            return Ok(Some(|recovered| &mut recovered.heuristic));
        }
    }
    if ends.iter().any(|(_, end)| *end == End::Waiting) {
        return Ok(Some(|recovered| &mut recovered.waiting));
    }
    if later(decision.created_at, RETENTION) < commit_point.now().await? {
        forget::now(commit_point, std::slice::from_ref(&decision.gid), &participants).await;
    }
    // Without prepared branches, it had ended before this recovery.
    Ok((!found.branches.is_empty()).then_some(|recovered| &mut recovered.committed))
}

async fn abort(found: &Found) -> Result<Option<List>> {
    let mut is_waiting = false;
    for branch in &found.branches {
        let end = BranchEnd::new(branch.handle.clone(), branch.branch.clone(), false).attempt().await?;
        is_waiting |= end == End::Waiting;
    }
    Ok(match (found.branches.is_empty(), is_waiting) {
        // Completed and deleted since the scan.
        (true, _) => None,
        (false, true) => Some(|recovered| &mut recovered.waiting),
        (false, false) => Some(|recovered| &mut recovered.aborted),
    })
}
