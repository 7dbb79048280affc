//! An executor, as in `executor.rs`: it runs the steps forward, or compensates them.

use super::log::{Outcome, Row, Status};
use super::{Fault, LAST_TOKEN, Saga, State, TWO};
use crate::step::Steps;

/// What an executor does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Executor {
    /// It lists the sagas whose lease has ended, again and again.
    Idle,
    /// It has read the record, and takes the saga over.
    Listed {
        /// The token of the record.
        token: u8,
        /// Whether the record says that the saga is being compensated.
        is_unwinding: bool,
    },
    /// It has taken the saga over, and reads the record again.
    Taken {
        /// Its token.
        token: u8,
        /// What the record said when it was listed.
        is_unwinding: bool,
    },
    /// It runs the saga.
    Running(Run),
}

/// One execution, with the rows of the steps as the executor knows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Run {
    /// Its token.
    pub token: u8,
    /// The rows.
    pub rows: [Row; TWO],
    /// What it does next.
    pub doing: Doing,
}

/// What an execution does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Doing {
    /// It writes the start of a step, with the end of the step before.
    Begin {
        /// The step.
        step: usize,
        /// Whether an earlier attempt may have taken effect.
        is_doubtful: bool,
    },
    /// It runs the action.
    Act {
        /// The step.
        step: usize,
        /// Whether an earlier attempt may have taken effect.
        is_doubtful: bool,
    },
    /// The action has failed: it retries, or begins to compensate.
    Failed {
        /// The step.
        step: usize,
        /// Whether an attempt may have taken effect.
        is_doubtful: bool,
    },
    /// It writes the end of the last step.
    WriteLast,
    /// It compensates the last step that is not compensated.
    Compensate,
    /// It writes that a step is compensated.
    WriteUndone(usize),
    /// It writes the end of the saga.
    End(Status),
}

impl Run {
    pub(super) fn first() -> Self {
        Self { token: 1, rows: [Row::Absent; TWO], doing: Doing::Begin { step: 0, is_doubtful: false } }
    }

    fn resumed(token: u8, rows: [Row; TWO], is_unwinding: bool) -> Self {
        let run = Self { token, rows, doing: Doing::Compensate };
        if is_unwinding { run } else { run.forward() }
    }

    /// Continues with the first step that has not succeeded.
    fn forward(mut self) -> Self {
        self.doing = match self.rows.iter().position(|row| *row != Row::Succeeded) {
            Some(step) => Doing::Begin { step, is_doubtful: self.rows[step].is_doubtful() },
            None => Doing::WriteLast,
        };
        self
    }

    fn doing(mut self, doing: Doing) -> Self {
        self.doing = doing;
        self
    }

    fn with_row(mut self, step: usize, row: Row) -> Self {
        self.rows[step] = row;
        self
    }
}

impl State {
    fn with_executor(mut self, number: usize, executor: Executor) -> Self {
        self.executors[number] = executor;
        self
    }
}

pub(super) fn steps(model: &Saga, state: &State, number: usize, steps: &mut Steps<'_, State>) {
    let to = |state: &State, executor| state.with_executor(number, executor);
    match state.executors[number] {
        Executor::Idle if state.is_over() || state.record.is_leased => {}
        Executor::Idle if model.fault == Some(Fault::NobodyResumes) => {}
        Executor::Idle => {
            let listed = Executor::Listed { token: state.record.token, is_unwinding: state.record.is_unwinding };
            steps.add("lists the saga", to(state, listed));
        }
        Executor::Listed { token, is_unwinding } => {
            steps.add("takes over", take_over(state, number, token, is_unwinding));
        }
        Executor::Taken { token, is_unwinding } => {
            let is_unwinding = match model.fault {
                Some(Fault::ActsOnTheListedRecord) => is_unwinding,
                _ => state.record.is_unwinding,
            };
            let run = Run::resumed(token, state.rows, is_unwinding);
            steps.add("reads the record and the steps", to(state, Executor::Running(run)));
        }
        Executor::Running(run) => self::run(model, state, number, run, steps),
    }
    // The executor with the last token goes on, because nobody takes over from it.
    let is_last = matches!(state.executors[number], Executor::Running(Run { token: LAST_TOKEN, .. }))
        || matches!(state.executors[number], Executor::Taken { token: LAST_TOKEN, .. });
    if state.executors[number] != Executor::Idle && !is_last {
        steps.add("crashes", to(state, Executor::Idle));
    }
}

/// An update on the condition that nobody else took the saga over, and that the lease has ended.
fn take_over(state: &State, number: usize, token: u8, is_unwinding: bool) -> State {
    let mut then = *state;
    let is_free = !state.record.is_leased && !state.is_over() && state.record.token == token && token < LAST_TOKEN;
    if !is_free {
        return then.with_executor(number, Executor::Idle);
    }
    (then.record.token, then.record.is_leased) = (token + 1, true);
    then.with_executor(number, Executor::Taken { token: token + 1, is_unwinding })
}

fn run(model: &Saga, state: &State, number: usize, run: Run, steps: &mut Steps<'_, State>) {
    let writer = Writer { model, state, number, run };
    if !state.record.is_leased {
        steps.add("renews its lease", writer.write(false, |_, run| run));
    }
    match run.doing {
        Doing::Begin { step, is_doubtful } => steps.add("writes the start of a step", writer.begin(step, is_doubtful)),
        Doing::Act { step, is_doubtful } => writer.act(step, is_doubtful, steps),
        Doing::Failed { step, is_doubtful } => writer.fail(step, is_doubtful, steps),
        Doing::WriteLast => steps.add("writes the end of the last step", writer.write_last()),
        Doing::Compensate => writer.compensate(steps),
        Doing::WriteUndone(step) => steps.add("writes a compensation", writer.write_undone(step)),
        Doing::End(status) => steps.add("writes the end of the saga", writer.end(status)),
    }
}

/// An execution of an executor in a state.
struct Writer<'m> {
    model: &'m Saga,
    state: &'m State,
    number: usize,
    run: Run,
}

impl Writer<'_> {
    /// Writes to the log under the lease. Without it, the executor stops.
    fn write(&self, is_forward: bool, write: impl FnOnce(&mut State, Run) -> Run) -> State {
        let mut then = *self.state;
        let next = match then.begin_write(self.model, self.run.token, is_forward) {
            true => Executor::Running(write(&mut then, self.run)),
            false => Executor::Idle,
        };
        then.with_executor(self.number, next)
    }

    /// Writes the end of the step before in the same transaction.
    fn begin(&self, step: usize, is_doubtful: bool) -> State {
        self.write(true, |state, run| {
            let run = run.with_row(step, Row::Started).doing(Doing::Act { step, is_doubtful });
            state.rows[..=step].copy_from_slice(&run.rows[..=step]);
            run
        })
    }

    fn write_last(&self) -> State {
        self.write(true, |state, run| {
            state.rows = run.rows;
            run.doing(Doing::End(Status::Done))
        })
    }

    fn write_undone(&self, step: usize) -> State {
        self.write(false, |state, run| {
            state.rows[step] = Row::Undone;
            run.with_row(step, Row::Undone).doing(Doing::Compensate)
        })
    }

    fn end(&self, status: Status) -> State {
        let ended = self.write(status == Status::Done, |state, run| {
            state.record.status = status;
            run
        });
        ended.with_executor(self.number, Executor::Idle)
    }

    fn act(&self, step: usize, is_doubtful: bool, steps: &mut Steps<'_, State>) {
        for (what, barrier, outcome) in self.state.barriers[step].act(self.model) {
            let mut then = *self.state;
            then.barriers[step] = barrier;
            let next = match outcome {
                Outcome::Succeeded => Executor::Running(self.run.with_row(step, Row::Succeeded).forward()),
                Outcome::Blocked => Executor::Idle,
                Outcome::Failed => Executor::Running(self.run.doing(Doing::Failed { step, is_doubtful })),
                Outcome::Unknown => {
                    let is_doubtful = is_doubtful || self.model.fault != Some(Fault::IgnoresDoubt);
                    Executor::Running(self.run.doing(Doing::Failed { step, is_doubtful }))
                }
            };
            steps.add(what, then.with_executor(self.number, next));
        }
    }

    fn fail(&self, step: usize, is_doubtful: bool, steps: &mut Steps<'_, State>) {
        let failed = |state: &mut State, run: Run| {
            state.rows[step] = Row::Failed { is_doubtful };
            run.with_row(step, Row::Failed { is_doubtful })
        };
        let retry = |state: &mut State, run| failed(state, run).doing(Doing::Begin { step, is_doubtful });
        steps.add("writes a failed attempt", self.write(true, retry));
        let turn = |state: &mut State, run| {
            state.record.is_unwinding = true;
            failed(state, run).doing(Doing::Compensate)
        };
        steps.add("writes that it unwinds", self.write(true, turn));
    }

    fn compensate(&self, steps: &mut Steps<'_, State>) {
        let is_open = |row: &Row| !matches!(row, Row::Absent | Row::Undone);
        let (mut then, run) = (*self.state, self.run);
        let Some(step) = run.rows.iter().rposition(is_open) else {
            let next = Executor::Running(run.doing(Doing::End(Status::Compensated)));
            steps.add("has compensated every step", then.with_executor(self.number, next));
            return;
        };
        if run.rows[step] != (Row::Failed { is_doubtful: false }) {
            then.barriers[step] = then.barriers[step].undo();
        }
        let next = Executor::Running(run.doing(Doing::WriteUndone(step)));
        steps.add("undoes a step", then.with_executor(self.number, next));
    }
}
