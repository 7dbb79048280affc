//! One saga of two steps, its log, the barriers of its steps, and two executors that take it over from each other.
//!
//! A step is one transaction on the log, or one transaction of an action or a compensating action. The steps are those
//! of `activerecord-distributed/src/saga`. An executor can pause between any two of them: so an action can be late, and
//! a lease can end at any time.

mod executor;
mod log;

use stateright::{Model, Property};

pub use executor::{Doing, Executor, Run};
pub use log::{Barrier, Outcome, Record, Row, Status};

use crate::step::{Step, Steps};

/// The number of steps of the saga, and of its executors.
const TWO: usize = 2;

/// The greatest token. Its executor does not crash, because nobody takes over from it.
const LAST_TOKEN: u8 = 4;

/// The model.
#[derive(Clone, Copy, Debug, Default)]
pub struct Saga {
    /// The rule that this variant breaks.
    pub fault: Option<Fault>,
}

/// A rule of the protocol that a variant breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// An executor acts on the record that it listed before it took the saga over.
    ActsOnTheListedRecord,
    /// A write does not depend on the token.
    WritesWithoutToken,
    /// An action does not insert a row of its own.
    ActsWithoutBarrier,
    /// An action whose COMMIT has no answer counts as one without an effect.
    IgnoresDoubt,
    /// Nobody resumes a saga.
    NobodyResumes,
}

/// The state of everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// The row of the saga.
    pub record: Record,
    /// The rows of its steps.
    pub rows: [Row; TWO],
    /// The barriers of its steps, and their effects.
    pub barriers: [Barrier; TWO],
    /// The executors.
    pub executors: [Executor; TWO],
    /// Whether a forward step was written after the saga had begun to unwind.
    pub is_forward_again: bool,
    /// Whether a write with an older token succeeded.
    pub is_written_late: bool,
}

/// The names of the properties.
pub mod property {
    /// A compensation is final.
    pub const FINAL: &str = "no action takes effect after its compensation";
    /// An action happens once.
    pub const ONCE: &str = "no action takes effect twice";
    /// The direction changes once.
    pub const ONE_TURN: &str = "no forward step is written after unwinding has begun";
    /// The token fences.
    pub const FENCED: &str = "every write has the latest token";
    /// The end is true.
    pub const CONSISTENT: &str = "a saga that has ended has all of its effects or none";
}

impl State {
    fn new() -> Self {
        Self {
            record: Record { status: Status::Running, is_unwinding: false, token: 1, is_leased: true },
            rows: [Row::Absent; TWO],
            barriers: [Barrier::default(); TWO],
            executors: [Executor::Running(Run::first()), Executor::Idle],
            is_forward_again: false,
            is_written_late: false,
        }
    }

    /// Whether the saga has ended.
    pub fn is_over(&self) -> bool {
        self.record.status != Status::Running
    }

    fn is_final(&self) -> bool {
        self.barriers.iter().all(|barrier| !barrier.is_late)
    }

    fn is_once(&self) -> bool {
        self.barriers.iter().all(|barrier| !barrier.is_double)
    }

    fn is_consistent(&self) -> bool {
        self.barriers.iter().all(|barrier| match self.record.status {
            Status::Running => true,
            Status::Done => barrier.has_effect(),
            Status::Compensated => !barrier.has_effect(),
        })
    }

    fn holds(&self) -> bool {
        let is_true = self.is_final() && self.is_once() && self.is_consistent();
        is_true && !self.is_forward_again && !self.is_written_late
    }
}

impl Model for Saga {
    type State = State;
    type Action = Step<State>;

    fn init_states(&self) -> Vec<State> {
        vec![State::new()]
    }

    fn actions(&self, state: &State, steps: &mut Vec<Step<State>>) {
        // A counterexample ends where the property breaks.
        if !state.holds() {
            return;
        }
        if state.record.is_leased && !state.is_over() {
            let record = Record { is_leased: false, ..state.record };
            Steps::of("clock", 0, steps).add("ends the lease", State { record, ..*state });
        }
        for number in 0..TWO {
            executor::steps(self, state, number, &mut Steps::of("executor", number, steps));
        }
    }

    fn next_state(&self, _: &State, step: Step<State>) -> Option<State> {
        Some(step.then())
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(property::FINAL, |_, state: &State| state.is_final()),
            Property::always(property::ONCE, |_, state: &State| state.is_once()),
            Property::always(property::ONE_TURN, |_, state: &State| !state.is_forward_again),
            Property::always(property::FENCED, |_, state: &State| !state.is_written_late),
            Property::always(property::CONSISTENT, |_, state: &State| state.is_consistent()),
        ]
    }
}
