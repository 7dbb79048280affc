//! Transactions across databases that are in doubt.

use std::time::Duration;

use activerecord_core::{Error, Result};
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::TwoPhase;
use super::record::DecisionState;
use super::scan::{Found, Scan};

/// A transaction across databases that has not ended on every participant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct InDoubt {
    /// Its global id.
    pub gid: String,
    /// What is known about its outcome.
    pub state: InDoubtState,
    /// Its prepared branches: the name of a connection that can end the branch, and the branch's label.
    pub branches: Vec<(String, String)>,
    /// The time since its oldest branch was prepared or its decision was written. None: the databases do not record it.
    pub age: Option<Duration>,
    /// The reason of a forced decision, or what recovery found.
    pub note: Option<String>,
}

/// What is known about the outcome of a transaction across databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum InDoubtState {
    /// The decision is COMMIT. The next recovery commits the branches.
    Committed,
    /// Not decided. Its coordinator is running, or died; then the next recovery rolls the branches back.
    Undecided,
    /// A branch ended against the decision, or an operator forced the outcome.
    Heuristic,
    /// Its commit point is not a configured connection: it belongs to another program, or was prepared with
    /// [`Transaction::prepare`](activerecord_core::Transaction::prepare).
    Foreign,
}

/// The result of [`TwoPhase::survey`].
#[derive(Debug)]
#[non_exhaustive]
pub struct Survey {
    /// The transactions that have not ended on every participant.
    pub in_doubt: Vec<InDoubt>,
    /// The connections that did not answer, and why. More transactions may be in doubt on them.
    pub unreachable: Vec<(String, Error)>,
}

impl TwoPhase {
    /// Returns the transactions across databases that have not ended on every participant. This includes those that are
    /// being committed right now. It changes nothing.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # async fn example() -> Result<()> {
    /// for transaction in TwoPhase::in_doubt().await? {
    ///     println!("{} {:?} on {:?}", transaction.gid, transaction.state, transaction.branches);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The error of a connection that does not answer. [`survey`](Self::survey) returns what the others answered.
    pub async fn in_doubt() -> Result<Vec<InDoubt>> {
        let Survey { in_doubt, mut unreachable } = Self::survey().await?;
        match unreachable.pop() {
            Some((_, error)) => Err(error),
            None => Ok(in_doubt),
        }
    }

    /// As [`in_doubt`](Self::in_doubt), with the connections that do not answer in the result.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # async fn example() -> Result<()> {
    /// let survey = TwoPhase::survey().await?;
    /// for (connection, error) in &survey.unreachable {
    ///     eprintln!("{connection}: {error}");
    /// }
    /// println!("{} in doubt", survey.in_doubt.len());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The error of a connection that answered first and then failed.
    pub async fn survey() -> Result<Survey> {
        let scan = Scan::of_all().await;
        let mut in_doubt = Vec::new();
        // A committed transaction without prepared branches has ended; only its records are left.
        let has_ended = |found: &Found| found.branches.is_empty() && state(found, true) == InDoubtState::Committed;
        for (gid, found) in scan.transactions.iter().filter(|(_, found)| !has_ended(found)) {
            in_doubt.push(InDoubt {
                gid: gid.clone(),
                state: state(found, scan.commit_point(gid).is_some()),
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

fn state(found: &Found, is_ours: bool) -> InDoubtState {
    match (&found.decision, is_ours) {
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
    if let (Some(decision), Some(commit_point)) = (&found.decision, scan.commit_point(gid)) {
        oldest = oldest.max(Some(since(decision.created_at, commit_point.now().await?)));
    }
    Ok(oldest)
}
