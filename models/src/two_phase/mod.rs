//! One transaction across databases: a commit point, two branches, its coordinator, recoveries and operators.
//!
//! A step is one statement of a process or one event of a server. Every process can stop between two steps, and every
//! order of steps is explored. The steps are those of `activerecord-distributed/src/two_phase`.

mod coordinator;
mod database;
mod operator;
mod recoverer;

use stateright::{Model, Property};

pub use coordinator::{Coordinator, Report};
pub use database::{Branch, Ending, Row};
pub use operator::Operator;
pub use recoverer::Recoverer;

use crate::step::{Step, Steps};

/// The number of branches, and of the processes of each kind at most.
const TWO: usize = 2;

/// The model. Its bounds are the numbers of processes.
#[derive(Clone, Copy, Debug, Default)]
pub struct TwoPhase {
    /// How many processes recover.
    pub recoverers: usize,
    /// How many operators end the transaction by force.
    pub operators: usize,
    /// Whether they use `force_commit` beside `force_abort`.
    pub force_commit: bool,
    /// The rule that this variant breaks.
    pub fault: Option<Fault>,
}

/// A rule of the protocol that a variant breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// `force_abort` reads that nothing is decided, and ignores that its row violates the key.
    ForceIgnoresTheKey,
    /// An operator commits its row, then looks for prepared branches, and withdraws the row if it finds none.
    ForceCommitsBeforeItLooks,
    /// The recovery reads the decision row and does not take its key.
    RecoveryReadsTheRow,
    /// The coordinator takes an error of its COMMIT for a rollback.
    ErrorMeansRollback,
    /// A recovery deletes the decision while the coordinator can still ask for it.
    ForgetsAtOnce,
    /// The records of a completed transaction are deleted in the order marks, decision.
    MarksFirst,
}

/// The state of everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// The process that runs the transaction.
    pub coordinator: Coordinator,
    /// The decision row, in the commit point's database.
    pub row: Row,
    /// Whether the commit point's transaction was committed. The row can be deleted later.
    pub is_decided: bool,
    /// Whether an operator took the key in order to commit by force. That may break atomicity.
    pub is_forced: bool,
    /// The branches.
    pub branches: [Branch; TWO],
    /// The marks of committed branches.
    pub marks: [bool; TWO],
    /// The processes that recover.
    pub recoverers: [Recoverer; TWO],
    /// The operators.
    pub operators: [Operator; TWO],
}

/// The names of the properties.
pub mod property {
    /// No branch is committed when another one, or the commit point, is rolled back.
    pub const ATOMIC: &str = "all or none is committed";
    /// The coordinator reports what happened.
    pub const TRUE_REPORT: &str = "the reported outcome is true";
    /// No recovery reports that a branch ended against the decision.
    pub const NO_HEURISTIC: &str = "no branch ends against the decision";
}

impl State {
    fn new() -> Self {
        Self {
            coordinator: Coordinator::Begun,
            row: Row::Absent,
            is_decided: false,
            is_forced: false,
            branches: [Branch::Open; TWO],
            marks: [false; TWO],
            recoverers: [Recoverer::Idle; TWO],
            operators: [Operator::Idle; TWO],
        }
    }

    /// Whether the transaction has ended in every database and its records are deleted. The records of a heuristic
    /// outcome are kept for an operator.
    pub fn is_over(&self) -> bool {
        let is_row_over = matches!(self.row, Row::Absent | Row::Forced { .. } | Row::Against);
        let is_process_over = matches!(self.coordinator, Coordinator::Ended(_) | Coordinator::Crashed { .. });
        is_row_over && is_process_over && self.branches.iter().all(Branch::has_ended)
    }

    fn is_atomic(&self) -> bool {
        let is = |branch: Branch| self.branches.contains(&branch);
        let is_committed = is(Branch::Committed) || self.is_decided;
        let is_rolled_back = is(Branch::RolledBack) || (is(Branch::Committed) && !self.is_decided);
        self.is_forced || !(is_committed && is_rolled_back)
    }

    fn is_reported_truly(&self) -> bool {
        self.coordinator.report().is_none_or(|is_committed| is_committed == self.is_decided)
    }

    fn has_no_heuristic(&self) -> bool {
        self.row != Row::Against
    }
}

impl Model for TwoPhase {
    type State = State;
    type Action = Step<State>;

    fn init_states(&self) -> Vec<State> {
        vec![State::new()]
    }

    fn actions(&self, state: &State, steps: &mut Vec<Step<State>>) {
        // A counterexample ends where the property breaks.
        if !(state.is_atomic() && state.is_reported_truly() && state.has_no_heuristic()) {
            return;
        }
        database::steps(state, &mut Steps::of("server", 0, steps));
        coordinator::steps(self, state, &mut Steps::of("coordinator", 0, steps));
        for number in 0..self.recoverers {
            recoverer::steps(self, state, number, &mut Steps::of("recoverer", number, steps));
        }
        for number in 0..self.operators {
            operator::steps(self, state, number, &mut Steps::of("operator", number, steps));
        }
    }

    fn next_state(&self, _: &State, step: Step<State>) -> Option<State> {
        Some(step.then())
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(property::ATOMIC, |_, state: &State| state.is_atomic()),
            Property::always(property::TRUE_REPORT, |_, state: &State| state.is_reported_truly()),
            Property::always(property::NO_HEURISTIC, |_, state: &State| state.has_no_heuristic()),
        ]
    }
}
