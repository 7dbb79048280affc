//! An operator, as in `force.rs`: takes the key of the decision, keeps it, and ends the branches.

use super::database::{Ending, Row};
use super::{Fault, State, TWO, TwoPhase};
use crate::step::Steps;

/// What an operator does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operator {
    /// It begins `force_commit` or `force_abort`, as often as it likes.
    Idle,
    /// It has listed the first branch, and lists the second one.
    Scanning {
        /// `force_commit`.
        commits: bool,
        /// Whether the first branch is prepared.
        first: bool,
    },
    /// It has found these branches, and inserts its row.
    Scanned {
        /// `force_commit`.
        commits: bool,
        /// The prepared branches.
        found: [bool; TWO],
    },
    /// The key is taken, so it reads the row.
    Reading {
        /// `force_commit`.
        commits: bool,
        /// The prepared branches.
        found: [bool; TWO],
    },
    /// It has inserted its row, and looks whether a branch is still prepared.
    Checking {
        /// `force_commit`.
        commits: bool,
        /// The prepared branches.
        found: [bool; TWO],
    },
    /// It ends the branches.
    Ending {
        /// `force_commit`.
        commits: bool,
        /// The branches.
        ending: Ending,
    },
}

impl State {
    fn with_operator(mut self, number: usize, operator: Operator) -> Self {
        self.operators[number] = operator;
        self
    }

    /// Rolls back the row that this operator has not committed.
    fn without_key(self, number: usize) -> Self {
        if self.row == (Row::Forcing { by: number }) { self.with_row(Row::Absent) } else { self }
    }
}

pub(super) fn steps(model: &TwoPhase, state: &State, number: usize, steps: &mut Steps<'_, State>) {
    let to = |state: &State, operator| state.with_operator(number, operator);
    match state.operators[number] {
        Operator::Idle => {
            let first = state.is_prepared(0);
            if model.force_commit {
                steps.add("begins force_commit", to(state, Operator::Scanning { commits: true, first }));
            }
            steps.add("begins force_abort", to(state, Operator::Scanning { commits: false, first }));
        }
        Operator::Scanning { commits, first } => {
            let found = [first, state.is_prepared(1)];
            // An early answer only. The key protects the decision.
            let is_refused = matches!(state.row, Row::Committed { .. }) && !commits;
            let is_nothing = found == [false; TWO];
            let then = if is_nothing || is_refused { Operator::Idle } else { Operator::Scanned { commits, found } };
            steps.add("lists branch 1 and the decisions", to(state, then));
        }
        Operator::Scanned { commits, found } => take_key(model, state, number, (commits, found), steps),
        Operator::Reading { commits, found } => {
            steps.add("reads the row", to(state, read(state, commits, found)));
        }
        Operator::Checking { commits, found } => check(model, state, number, (commits, found), steps),
        Operator::Ending { commits, ending } => {
            for (then, ending) in ending.attempts(state, commits) {
                let is_over = ending.left == [false; TWO];
                let next = if is_over { Operator::Idle } else { Operator::Ending { commits, ending } };
                steps.add("ends a branch", to(&then, next));
            }
        }
    }
    if state.operators[number] != Operator::Idle {
        steps.add("crashes", to(&state.without_key(number), Operator::Idle));
    }
}

type Order = (bool, [bool; TWO]);

/// Inserts the row of the forced outcome. Its transaction stays open while the operator looks for the branches.
fn take_key(model: &TwoPhase, state: &State, number: usize, (commits, found): Order, steps: &mut Steps<'_, State>) {
    if state.is_key_held() {
        // It waits for the coordinator's transaction, for two seconds at most.
        steps.add("does not get the key in time", state.with_operator(number, Operator::Idle));
    } else if state.row == Row::Absent {
        let is_early = model.fault == Some(Fault::ForceCommitsBeforeItLooks);
        let row = if is_early { Row::Forced { commits, by: number } } else { Row::Forcing { by: number } };
        let mut then = state.with_row(row);
        then.is_forced |= commits && is_early;
        steps.add("takes the key", then.with_operator(number, Operator::Checking { commits, found }));
    } else {
        let next = match model.fault {
            Some(Fault::ForceIgnoresTheKey) => Operator::Ending { commits, ending: Ending::of(found) },
            _ => Operator::Reading { commits, found },
        };
        steps.add("finds the key taken", state.with_operator(number, next));
    }
}

/// An outcome is not reversed, neither the coordinator's nor that of another operator.
fn read(state: &State, commits: bool, found: [bool; TWO]) -> Operator {
    let decided = match state.row {
        Row::Committed { .. } | Row::Against => Some(true),
        Row::Forced { commits, .. } => Some(commits),
        Row::Absent | Row::Uncommitted | Row::Committing | Row::Forcing { .. } => None,
    };
    match decided == Some(commits) {
        true => Operator::Ending { commits, ending: Ending::of(found) },
        false => Operator::Idle,
    }
}

/// If no branch is prepared any more, the transaction was completed and its decision deleted: the row is not committed.
fn check(model: &TwoPhase, state: &State, number: usize, (commits, found): Order, steps: &mut Steps<'_, State>) {
    let row = Row::Forced { commits, by: number };
    if (0..TWO).any(|branch| found[branch] && state.is_prepared(branch)) {
        let mut then = state.with_row(row);
        then.is_forced |= commits;
        let next = Operator::Ending { commits, ending: Ending::of(found) };
        steps.add("finds a branch and keeps the key", then.with_operator(number, next));
        return;
    }
    let mut then = state.without_key(number);
    if model.fault == Some(Fault::ForceCommitsBeforeItLooks) && state.row == row {
        then = state.with_row(Row::Absent);
        then.is_forced = false;
    }
    steps.add("withdraws its row", then.with_operator(number, Operator::Idle));
}
