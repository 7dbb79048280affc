//! Transactions across databases that are in doubt.

use std::time::Duration;

use activerecord_core::{ConnectionHandle, Error, Result};
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
    /// [`Transaction::prepare`](activerecord_core::Transaction::prepare). Or a connection has a copy of its commit point;
    /// then the note names the connection.
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
    /// Currently none: a connection that fails or does not answer within 10 s is in the result.
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
                age: age(found),
                note: note(found, &scan, gid),
            });
        }
        let oldest = in_doubt.iter().filter_map(|one| one.age).max().unwrap_or_default();
        metrics::gauge!("activerecord_two_phase_oldest_seconds").set(oldest.as_secs_f64());
        Ok(Survey { in_doubt, unreachable: scan.unreachable })
    }
}

fn state(found: &Found, is_ours: bool) -> InDoubtState {
    match (&found.decision, is_ours) {
        (Some(found), _) if found.decision.state == DecisionState::Commit => InDoubtState::Committed,
        (Some(_), _) => InDoubtState::Heuristic,
        (None, true) => InDoubtState::Undecided,
        (None, false) => InDoubtState::Foreign,
    }
}

fn names(found: &Found) -> Vec<(String, String)> {
    found.branches.iter().map(|found| (found.handle.name().to_owned(), found.branch.label().to_owned())).collect()
}

fn note(found: &Found, scan: &Scan, gid: &str) -> Option<String> {
    let recorded = found.decision.as_ref().and_then(|found| found.decision.note.clone());
    recorded.or_else(|| scan.commit_point(gid).is_none().then(|| scan.copies(gid).next()).flatten().map(copied))
}

/// The note of a transaction whose commit point has only a copy among the connections.
pub(super) fn copied(copy: &ConnectionHandle) -> String {
    let name = copy.name();
    format!(
        "the database of `{name}` is a copy of its commit point, or has been moved; if it has been moved, set `identity` to \
         NULL in `ar_2pc_store`"
    )
}

fn age(found: &Found) -> Option<Duration> {
    let branches = found.branches.iter().filter_map(|branch| branch.age);
    branches.chain(found.decision.as_ref().map(|found| found.age)).max()
}
