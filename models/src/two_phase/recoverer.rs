//! A recovery, as in `recover.rs`: it scans the branches, takes the key of the decision, and ends the branches.

use super::database::{Ending, Row};
use super::{Fault, State, TWO, TwoPhase};
use crate::step::Steps;

/// What a recovery does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Recoverer {
    /// It begins, again and again.
    Idle,
    /// It has listed the first branch, and lists the second one.
    Scanning(bool),
    /// It has found these branches, and takes the key.
    Scanned([bool; TWO]),
    /// The key is taken, so it reads the row.
    Reading,
    /// It rolls back the branches that it found.
    RollingBack(Ending),
    /// It commits every branch of the decision.
    Completing {
        /// The branches.
        ending: Ending,
        /// Whether the row that it read has the time of the end.
        is_finished: bool,
    },
    /// It deletes the decision.
    Forgetting,
    /// It deletes the marks.
    ForgettingMarks,
}

impl State {
    fn with_recoverer(mut self, number: usize, recoverer: Recoverer) -> Self {
        self.recoverers[number] = recoverer;
        self
    }
}

pub(super) fn steps(model: &TwoPhase, state: &State, number: usize, steps: &mut Steps<'_, State>) {
    let to = |state: &State, recoverer| state.with_recoverer(number, recoverer);
    match state.recoverers[number] {
        Recoverer::Idle => steps.add("lists branch 0", to(state, Recoverer::Scanning(state.is_prepared(0)))),
        Recoverer::Scanning(first) => {
            let found = [first, state.is_prepared(1)];
            // Other processes see the row only when it is committed.
            let is_anything = found.contains(&true) || !(state.row == Row::Absent || state.is_key_held());
            let then = if is_anything { Recoverer::Scanned(found) } else { Recoverer::Idle };
            steps.add("lists branch 1 and the decisions", to(state, then));
        }
        Recoverer::Scanned(found) => ask(model, state, found, |what, then| steps.add(what, to(state, then))),
        Recoverer::Reading => steps.add("reads the row", to(state, read(state))),
        Recoverer::RollingBack(ending) => {
            for (then, rest) in ending.attempts(state, false) {
                let next = if rest.left == [false; TWO] { Recoverer::Idle } else { Recoverer::RollingBack(rest) };
                steps.add("rolls a branch back", to(&then, next));
            }
        }
        Recoverer::Completing { ending, is_finished } => complete(state, number, ending, is_finished, steps),
        Recoverer::Forgetting => forget(model, state, number, steps),
        Recoverer::ForgettingMarks => steps.add("deletes the marks", to(&state.without_marks(), Recoverer::Idle)),
    }
}

/// The insert of the key is rolled back at once, so it is one step.
fn ask(model: &TwoPhase, state: &State, found: [bool; TWO], mut add: impl FnMut(&'static str, Recoverer)) {
    let sees_no_row = state.row == Row::Absent || state.is_key_held();
    if state.is_key_held() && model.fault != Some(Fault::RecoveryReadsTheRow) {
        add("does not get the key in time", Recoverer::Idle);
    } else if !sees_no_row {
        add("finds the key taken", Recoverer::Reading);
    } else {
        let is_nothing = found == [false; TWO];
        add("takes the key", if is_nothing { Recoverer::Idle } else { Recoverer::RollingBack(Ending::of(found)) });
    }
}

fn read(state: &State) -> Recoverer {
    match state.row {
        Row::Committed { is_finished } => Recoverer::Completing { ending: Ending::all(), is_finished },
        // It has a heuristic outcome, or was completed and deleted since the insert failed.
        _ => Recoverer::Idle,
    }
}

fn complete(state: &State, number: usize, ending: Ending, is_finished: bool, steps: &mut Steps<'_, State>) {
    let attempts = ending.attempts(state, true);
    for (then, ending) in &attempts {
        let next = Recoverer::Completing { ending: *ending, is_finished };
        steps.add("commits a branch", then.with_recoverer(number, next));
    }
    if !attempts.is_empty() {
        return;
    }
    let is_commit = matches!(state.row, Row::Committed { .. });
    if ending.is_against && state.row != Row::Absent {
        let row = if is_commit { Row::Against } else { state.row };
        steps.add("records a heuristic outcome", state.with_row(row).with_recoverer(number, Recoverer::Idle));
    } else if is_finished {
        steps.add("finds the end recorded", state.with_recoverer(number, Recoverer::Forgetting));
    } else {
        let row = if is_commit { Row::Committed { is_finished: true } } else { state.row };
        steps.add("records the end", state.with_row(row).with_recoverer(number, Recoverer::Idle));
    }
}

/// The decision is kept for the longest time that a coordinator asks for it.
fn forget(model: &TwoPhase, state: &State, number: usize, steps: &mut Steps<'_, State>) {
    if state.coordinator.may_ask() && model.fault != Some(Fault::ForgetsAtOnce) {
        steps.add("leaves a young decision", state.with_recoverer(number, Recoverer::Idle));
        return;
    }
    let mut then = *state;
    let next = if then.forget_row() { Recoverer::ForgettingMarks } else { Recoverer::Idle };
    steps.add("deletes the decision", then.with_recoverer(number, next));
}
