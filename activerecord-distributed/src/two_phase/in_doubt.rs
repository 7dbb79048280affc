//! What waits for its end.

use std::time::Duration;

use activerecord_core::{Error, Result};
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::TwoPhase;
use super::record::DecisionState;
use super::scan::{Found, Scan};

/// A transaction across databases that has not ended everywhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct InDoubt {
    /// Its id.
    pub gid: String,
    /// What is known of its end.
    pub state: InDoubtState,
    /// Its prepared branches: each by a connection that it can be ended on, and its label.
    pub branches: Vec<(String, String)>,
    /// How long its oldest branch has been prepared, or how long ago it was decided, as far as the databases know.
    pub age: Option<Duration>,
    /// What somebody who decided by force said, or what the recoverer found.
    pub note: Option<String>,
}

/// What is known of the end of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum InDoubtState {
    /// It is to be committed: the next recovery does so.
    Committed,
    /// Its coordinator is at work, or has died before it decided: then the next recovery rolls it back.
    Undecided,
    /// A branch has ended in another way than was decided, or somebody has decided by force.
    Heuristic,
    /// No configured connection decides about it: it is another program's, or was prepared by hand.
    Foreign,
}

/// What was found on all configured connections.
#[derive(Debug)]
#[non_exhaustive]
pub struct Survey {
    /// The transactions across databases that have not ended everywhere.
    pub in_doubt: Vec<InDoubt>,
    /// The connections that could not be asked, and why: there may be more.
    pub unreachable: Vec<(String, Error)>,
}

impl TwoPhase {
    /// The transactions across databases that have not ended everywhere, also those that are just being committed. Nothing is
    /// changed.
    ///
    /// # Errors
    /// The error of a connection that cannot be asked: [`survey`](Self::survey) tells of the others.
    pub async fn in_doubt() -> Result<Vec<InDoubt>> {
        let Survey { in_doubt, mut unreachable } = Self::survey().await?;
        match unreachable.pop() {
            Some((_, error)) => Err(error),
            None => Ok(in_doubt),
        }
    }

    /// [`in_doubt`](Self::in_doubt), as far as connections answer.
    ///
    /// # Errors
    /// The error of a connection that has answered, and then does not any more.
    pub async fn survey() -> Result<Survey> {
        let scan = Scan::of_all().await;
        let mut in_doubt = Vec::new();
        // One that is decided, and of which nothing is prepared any more, has ended.
        let has_ended = |found: &Found| found.branches.is_empty() && state(found, true) == InDoubtState::Committed;
        for (gid, found) in scan.transactions.iter().filter(|(_, found)| !has_ended(found)) {
            in_doubt.push(InDoubt {
                gid: gid.clone(),
                state: state(found, scan.store(gid).is_some()),
                branches: names(found),
                age: age(found, &scan, gid).await?,
                note: found.decision.as_ref().and_then(|decision| decision.note.clone()),
            });
        }
        let oldest = in_doubt.iter().filter_map(|one| one.age).max().unwrap_or_default();
        metrics::gauge!("activerecord_two_phase_oldest_seconds").set(oldest.as_secs_f64());
        Ok(Survey { in_doubt, unreachable: scan.unreachable })
    }
}

fn state(found: &Found, ours: bool) -> InDoubtState {
    match (&found.decision, ours) {
        (Some(decision), _) if decision.state == DecisionState::Commit => InDoubtState::Committed,
        (Some(_), _) => InDoubtState::Heuristic,
        (None, true) => InDoubtState::Undecided,
        (None, false) => InDoubtState::Foreign,
    }
}

fn names(found: &Found) -> Vec<(String, String)> {
    found.branches.iter().map(|found| (found.handle.name().to_owned(), found.branch.label().to_owned())).collect()
}

async fn age(found: &Found, scan: &Scan, gid: &str) -> Result<Option<Duration>> {
    let since = |then: DateTime<Utc>, now: DateTime<Utc>| (now - then).to_std().unwrap_or_default();
    let mut oldest = None;
    for branch in &found.branches {
        if let Some(prepared_at) = branch.prepared_at {
            oldest = oldest.max(Some(since(prepared_at, branch.handle.now().await?)));
        }
    }
    if let (Some(decision), Some(store)) = (&found.decision, scan.store(gid)) {
        oldest = oldest.max(Some(since(decision.created_at, store.now().await?)));
    }
    Ok(oldest)
}
