//! Recovery: ends the branches that a crashed coordinator left behind.

use std::time::Duration;

use activerecord_core::{Branch, ConnectionHandle, Error, Result, connection};
use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt as _};
use tokio::time::sleep;

use super::branch_end::{BranchEnd, End};
use super::decision::{self, Decided};
use super::in_doubt::copied;
use super::limit::{ANSWER_TIMEOUT, within};
use super::record::{Decision, DecisionState, Participant, RETENTION};
use super::scan::{Found, FoundBranch, Scan};
use super::store::install_tables;
use super::{TwoPhase, forget, former_names};
use crate::clock::{about_now, later};
use crate::failpoint;
use crate::meters::number;

/// How long a decision without prepared branches is left to its coordinator.
const COORDINATOR_TIME: Duration = Duration::from_secs(5);

/// How many transactions are recovered at the same time.
const CONCURRENT: usize = 8;

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
    /// Their commit point is not a configured connection, or a connection has a copy of it. They were not changed.
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
        failpoint::reach("2pc.scanned")?;
        let mut recovered = Recovered::default();
        // Several at a time: one whose coordinator is still deciding takes seconds.
        let ends: Vec<_> = scan.transactions.iter().map(|(gid, found)| end(&scan, gid, found)).collect();
        let mut ends = stream::iter(ends).buffer_unordered(CONCURRENT);
        while let Some((gid, ended)) = ends.next().await {
            match ended {
                Ok(Some(list)) => list(&mut recovered).push(gid.clone()),
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(target: "activerecord", gid, %error, "a transaction across databases is not recovered yet");
                    recovered.waiting.push(gid.clone());
                }
            }
            failpoint::reach("2pc.recovered")?;
        }
        drop(ends);
        recovered.sort();
        recovered.unreachable = scan.unreachable;
        for handle in &scan.named {
            // A failure is left to the next recovery.
            let _ = within(ANSWER_TIMEOUT, handle.name(), former_names::delete_old_names(handle)).await;
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

impl Recovered {
    fn sort(&mut self) {
        for list in [&mut self.committed, &mut self.aborted, &mut self.waiting, &mut self.foreign, &mut self.heuristic]
        {
            list.sort_unstable();
        }
    }
}

type List = fn(&mut Recovered) -> &mut Vec<String>;

/// Ends one transaction. Returns its id, and the list that it belongs to.
async fn end<'s>(scan: &Scan, gid: &'s String, found: &Found) -> (&'s String, Result<Option<List>>) {
    (gid, end_by_decision(scan, gid, found).await)
}

async fn end_by_decision(scan: &Scan, gid: &str, found: &Found) -> Result<Option<List>> {
    let Some(commit_point) = scan.commit_point(gid) else { return end_by_copies(scan, gid, found).await };
    within(ANSWER_TIMEOUT, commit_point.name(), install_tables(commit_point)).await?;
    match decision::ask(commit_point, gid).await? {
        Decided::Commit(decision) => {
            let completed = complete(scan, commit_point, &decision, found);
            within(ANSWER_TIMEOUT * 2, commit_point.name(), completed).await
        }
        Decided::Abort => abort(found).await,
        Decided::Heuristic(_) => Ok(Some(|recovered| &mut recovered.heuristic)),
        Decided::Undecided => Ok(Some(|recovered| &mut recovered.waiting)),
        Decided::Copy => end_by_copies(scan, gid, found).await,
    }
}

/// Ends a transaction whose commit point is not a configured connection. If a copy of it has a decision to commit, the
/// decision was made before the copy, and is final. A copy without a decision tells nothing.
async fn end_by_copies(scan: &Scan, gid: &str, found: &Found) -> Result<Option<List>> {
    for copy in scan.copies(gid) {
        tracing::warn!(target: "activerecord", gid, note = copied(copy), "a transaction is not rolled back");
        let decision = decision::find(copy, gid).await?;
        if decision.is_some_and(|decision| decision.state == DecisionState::Commit) && !found.branches.is_empty() {
            return end_all(found, true).await;
        }
    }
    Ok(Some(|recovered| &mut recovered.foreign))
}

/// Completes a transaction that is decided to commit.
async fn complete(
    scan: &Scan,
    commit_point: &ConnectionHandle,
    decision: &Decision,
    found: &Found,
) -> Result<Option<List>> {
    // Without prepared branches, its coordinator is probably about to delete the records. A time in the future is wrong.
    let age = about_now(commit_point).await? - decision.created_at;
    let is_young = age.to_std().is_ok_and(|age| age < COORDINATOR_TIME) && !failpoint::is_broken("2pc.young");
    if found.branches.is_empty() && is_young {
        return Ok(None);
    }
    let participants = decision.participants()?;
    let ends = join_all(participants.iter().map(|participant| commit(scan, found, decision, participant))).await;
    let ends = participants.iter().zip(ends).map(|(participant, end)| Ok((participant, end?)));
    let ends = ends.collect::<Result<Vec<_>>>()?;
    let against: Vec<_> =
        ends.iter().filter(|(_, end)| *end == End::Heuristic).map(|(participant, _)| &participant.connection).collect();
    if !against.is_empty() && is_heuristic(commit_point, &decision.gid, &against).await? {
        return Ok(Some(|recovered| &mut recovered.heuristic));
    }
    if ends.iter().any(|(_, end)| *end == End::Waiting) {
        return Ok(Some(|recovered| &mut recovered.waiting));
    }
    finish(commit_point, decision, &participants).await?;
    // Without prepared branches, it had ended before this recovery.
    Ok((!found.branches.is_empty()).then_some(|recovered| &mut recovered.committed))
}

/// Records that the branches on these connections ended against the decision. Returns false when there is no row: then the
/// transaction was completed and deleted concurrently, and its marks with it.
async fn is_heuristic(commit_point: &ConnectionHandle, gid: &str, against: &[&String]) -> Result<bool> {
    let note = format!("the decision is to commit, but the branches on {against:?} were rolled back");
    if decision::record_heuristic(commit_point, gid, &note).await? {
        tracing::error!(target: "activerecord", gid, note, "a transaction across databases lost its atomicity");
        return Ok(true);
    }
    Ok(decision::find(commit_point, gid).await?.is_some())
}

/// Records when all branches have ended, or deletes the records some time after that. All times are those of the database.
async fn finish(commit_point: &ConnectionHandle, decision: &Decision, participants: &[Participant]) -> Result<()> {
    let now = commit_point.now().await?;
    let created_at = Some(decision.created_at).filter(|_| failpoint::is_broken("2pc.finished"));
    // A time in the future is that of a wrong clock, and is replaced.
    match created_at.or(decision.finished_at).filter(|finished_at| *finished_at <= now) {
        None => decision::record_end(commit_point, decision, now).await,
        Some(finished_at) if later(finished_at, RETENTION) < now => {
            forget::now(commit_point, std::slice::from_ref(&decision.gid), participants).await;
            Ok(())
        }
        Some(_) => Ok(()),
    }
}

/// Commits the branch of a participant. One that does not answer is not tried: each try would take as long as the limit.
///
/// # Errors
/// `Configuration` when no connection is to its database. Only that database can tell that the branch was rolled back.
async fn commit(scan: &Scan, found: &Found, decision: &Decision, participant: &Participant) -> Result<End> {
    let branch = Branch::new(&*decision.gid, &*participant.label)?;
    if scan.is_unreachable(&participant.connection) {
        return Ok(End::Waiting);
    }
    let recorded = participant.database.as_ref().filter(|_| !failpoint::is_broken("2pc.identity"));
    let known = recorded.and_then(|identity| scan.by_identity(identity, &participant.connection));
    let is_sure = known.is_some() || recorded.is_none();
    let prepared = || found.branches.iter().find(|found| found.branch == branch).map(|found| &found.handle);
    let handle = match known.or_else(|| prepared().filter(|_| !is_sure)) {
        Some(handle) => handle.clone(),
        None => connection(&participant.connection)?,
    };
    match BranchEnd::new(handle, branch, true).attempt().await? {
        End::Heuristic if !is_sure => Err(moved(participant)),
        end => Ok(end),
    }
}

async fn abort(found: &Found) -> Result<Option<List>> {
    if found.branches.is_empty() {
        // Completed and deleted since the scan.
        return Ok(None);
    }
    end_all(found, false).await
}

/// Ends the prepared branches.
async fn end_all(found: &Found, commits: bool) -> Result<Option<List>> {
    let ends = join_all(found.branches.iter().map(|FoundBranch { handle, branch, .. }| async move {
        BranchEnd::new(handle.clone(), branch.clone(), commits).attempt().await
    }));
    let ends = ends.await.into_iter().collect::<Result<Vec<_>>>()?;
    Ok(match (ends.contains(&End::Waiting), commits) {
        (true, _) => Some(|recovered| &mut recovered.waiting),
        (false, true) => Some(|recovered| &mut recovered.committed),
        // Completed and deleted since the scan: it may have been committed.
        (false, false) if ends.iter().all(|end| *end == End::Gone) => None,
        (false, false) => Some(|recovered| &mut recovered.aborted),
    })
}

#[cold]
fn moved(participant: &Participant) -> Error {
    Error::configuration(format!(
        "the connection `{}` is to another database than the participant, and so is every other one",
        participant.connection
    ))
}
