//! Ending what a coordinator has left.

use std::time::Duration;

use activerecord_core::{ActiveRecord, Branch, ConnectionHandle, Error, Result, Scalar, connection};
use tokio::time::sleep;

use super::decision::{self, Verdict};
use super::finish::{End, Finish};
use super::record::{Decision, DecisionState, KEPT};
use super::scan::{Found, Scan};
use super::{TwoPhase, forget, hand};
use crate::clock::{about_now, later};
use crate::failpoint;
use crate::meters::number;

/// How long a decision of whose branches none is prepared is left to its coordinator.
const YOUNG: Duration = Duration::from_secs(5);

/// How often [`TwoPhase::recover_until`] looks.
const INTERVAL: Duration = Duration::from_secs(10);

/// What [`TwoPhase::recover`] has done, by the ids of the transactions.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Recovered {
    /// All their branches are committed now.
    pub committed: Vec<String>,
    /// Their branches are rolled back now.
    pub aborted: Vec<String>,
    /// Their coordinator is alive, or a database that they need does not answer: again later.
    pub waiting: Vec<String>,
    /// Another program's: not touched.
    pub foreign: Vec<String>,
    /// Somebody has ended a branch against the decision, or decided by force. They stay in this list until their row in
    /// `ar_2pc` is deleted.
    pub heuristic: Vec<String>,
    /// The connections that could not be asked, and why.
    pub unreachable: Vec<(String, Error)>,
}

impl TwoPhase {
    /// Ends every transaction across databases whose coordinator has died, as it was decided; one that was not decided is
    /// rolled back. It looks at all configured connections. Any number of processes may do so at the same time, also while
    /// coordinators are at work: they are waited for, not disturbed.
    ///
    /// A transaction of a database that is none of the configured connections is not touched, but reported.
    ///
    /// # Errors
    /// None now: what could not be done is in the answer.
    pub async fn recover() -> Result<Recovered> {
        let scan = Scan::of_all().await;
        let mut recovered = Recovered::default();
        for (gid, found) in &scan.transactions {
            match scan.store(gid) {
                None => recovered.foreign.push(gid.clone()),
                Some(store) => match end(store, gid, found).await {
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
            // What is left over is left for the next time.
            let _ = hand::forget(handle).await;
        }
        let in_doubt = recovered.waiting.len() + recovered.heuristic.len();
        metrics::gauge!("activerecord_two_phase_in_doubt").set(number(in_doubt as u64));
        Ok(recovered)
    }

    /// [`recover`](Self::recover) now and every 10 seconds, until `shutdown` is done.
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

/// Ends one, and says which list it belongs to.
async fn end(store: &ConnectionHandle, gid: &str, found: &Found) -> Result<Option<List>> {
    match decision::ask(store, gid).await? {
        Verdict::Commit(decision) => commit(store, &decision, found).await,
        Verdict::Abort => abort(found).await,
        Verdict::Heuristic(_) => Ok(Some(|recovered| &mut recovered.heuristic)),
        Verdict::Open => Ok(Some(|recovered| &mut recovered.waiting)),
    }
}

async fn commit(store: &ConnectionHandle, decision: &Decision, found: &Found) -> Result<Option<List>> {
    // All of them may have ended, and its coordinator be about to forget it.
    let is_young = about_now(store).await? < later(decision.created_at, YOUNG);
    if found.branches.is_empty() && is_young {
        return Ok(None);
    }
    let participants = decision.participants()?;
    let mut ends = Vec::new();
    for participant in &participants {
        let branch = Branch::new(&*decision.gid, &*participant.label)?;
        let end = Finish::new(connection(&participant.connection)?, branch, true).once().await?;
        ends.push((participant, end));
    }
    let against: Vec<_> =
        ends.iter().filter(|(_, end)| *end == End::Heuristic).map(|(who, _)| &who.connection).collect();
    if !against.is_empty() {
        let note = format!("decided to commit, and rolled back by somebody else on {against:?}");
        let here = Decision::using(store.name()).filter(Decision::GID.eq(&decision.gid));
        let set = (Decision::STATE.set(DecisionState::Heuristic), Decision::NOTE.set(&note));
        // When its row is gone, it was finished and forgotten meanwhile.
        if here.update(set).await? == 1 {
            tracing::error!(target: "activerecord", gid = decision.gid, note, "a transaction across databases is broken");
            return Ok(Some(|recovered| &mut recovered.heuristic));
        }
    }
    if ends.iter().any(|(_, end)| *end == End::Waiting) {
        return Ok(Some(|recovered| &mut recovered.waiting));
    }
    if later(decision.created_at, KEPT) < store.now().await? {
        forget::now(store, std::slice::from_ref(&decision.gid), &participants).await;
    }
    // Without any, it had ended before.
    Ok((!found.branches.is_empty()).then_some(|recovered| &mut recovered.committed))
}

async fn abort(found: &Found) -> Result<Option<List>> {
    let mut waits = false;
    for branch in &found.branches {
        waits |= Finish::new(branch.handle.clone(), branch.branch.clone(), false).once().await? == End::Waiting;
    }
    Ok(match (found.branches.is_empty(), waits) {
        // Finished and forgotten since it was found.
        (true, _) => None,
        (false, true) => Some(|recovered| &mut recovered.waiting),
        (false, false) => Some(|recovered| &mut recovered.aborted),
    })
}
