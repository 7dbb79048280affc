//! The log of the saga, and the barriers of its steps.

use super::{Fault, Saga, State};

/// The row of the saga.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Record {
    /// Its state.
    pub status: Status,
    /// Whether it is being compensated.
    pub is_unwinding: bool,
    /// The fencing token.
    pub token: u8,
    /// Whether the lease has not ended, by the clock of the log.
    pub is_leased: bool,
}

/// The state of the saga. A saga that is stuck needs an operator, and is not modelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Its steps run, or are compensated.
    Running,
    /// All steps completed.
    Done,
    /// All effects are undone.
    Compensated,
}

/// The row of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Row {
    /// None.
    Absent,
    /// Its action started. It may have taken effect.
    Started,
    /// Its action succeeded.
    Succeeded,
    /// Its action failed.
    Failed {
        /// Whether an attempt may have taken effect.
        is_doubtful: bool,
    },
    /// It is compensated, or had no effect.
    Undone,
}

/// The barrier of a step, in the database of its effect, and what happened to the effect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Barrier {
    /// The action's row: whether the action took effect. Else it is blocked.
    pub acted: Option<bool>,
    /// Whether the row of the compensating action is there.
    pub undone: bool,
    /// Whether the action took effect after the compensating one.
    pub is_late: bool,
    /// Whether the action took effect twice.
    pub is_double: bool,
}

/// The answer of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It succeeded, now or earlier.
    Succeeded,
    /// The step is already compensated.
    Blocked,
    /// It failed without an effect.
    Failed,
    /// The answer to its COMMIT is lost.
    Unknown,
}

impl Row {
    /// Whether an attempt may have taken effect.
    pub(super) fn is_doubtful(self) -> bool {
        matches!(self, Self::Started | Self::Failed { is_doubtful: true })
    }
}

impl Barrier {
    pub(super) fn has_effect(&self) -> bool {
        self.acted == Some(true) && !self.undone
    }

    /// Returns every possible answer of the action, and the barrier after it.
    pub(super) fn act(self, model: &Saga) -> Vec<(&'static str, Self, Outcome)> {
        let is_guarded = model.fault != Some(Fault::ActsWithoutBarrier);
        let mut all = vec![
            ("sees its action fail", self, Outcome::Failed),
            ("gets no answer from an action that is rolled back", self, Outcome::Unknown),
        ];
        match self.acted {
            Some(true) if is_guarded => all.push(("finds the row of the action", self, Outcome::Succeeded)),
            Some(false) if is_guarded => all.push(("finds the action blocked", self, Outcome::Blocked)),
            _ => {
                let is_double = self.is_double || self.acted == Some(true);
                let then = Self { acted: Some(true), is_late: self.is_late || self.undone, is_double, ..self };
                all.push(("lets the action take effect", then, Outcome::Succeeded));
                all.push(("lets the action take effect without an answer", then, Outcome::Unknown));
            }
        }
        all
    }

    /// Undoes the effect, or blocks the action that has not taken effect yet.
    pub(super) fn undo(self) -> Self {
        Self { undone: true, acted: self.acted.or(Some(false)), ..self }
    }
}

impl State {
    /// Whether a write of this executor finds the row of the saga. It then renews the lease. `is_forward`: it writes a
    /// forward step.
    pub(super) fn begin_write(&mut self, model: &Saga, token: u8, is_forward: bool) -> bool {
        let is_own = self.record.token == token && self.record.status == Status::Running;
        if !is_own && model.fault != Some(Fault::WritesWithoutToken) {
            return false;
        }
        self.is_written_late |= self.record.token != token;
        self.is_forward_again |= is_forward && self.record.is_unwinding;
        self.record.is_leased = true;
        true
    }
}
