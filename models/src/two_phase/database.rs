//! The databases: the decision row, the branches and their marks.

use super::coordinator::Coordinator;
use super::{State, TWO};
use crate::step::Steps;

/// The decision row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Row {
    /// No row has the key.
    Absent,
    /// The coordinator has inserted it. Its transaction is open: an insert of the same key waits.
    Uncommitted,
    /// The server executes the coordinator's COMMIT.
    Committing,
    /// The decision to commit.
    Committed {
        /// Whether a recovery recorded that all branches have ended.
        is_finished: bool,
    },
    /// An operator has inserted it. Its transaction is open.
    Forcing {
        /// The operator.
        by: usize,
    },
    /// The outcome that an operator forced.
    Forced {
        /// Commit or roll back.
        commits: bool,
        /// The operator.
        by: usize,
    },
    /// A branch ended against the decision.
    Against,
}

/// A branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Branch {
    /// Not prepared.
    Open,
    /// Prepared.
    Prepared,
    /// Committed.
    Committed,
    /// Rolled back, by the library or by the server.
    RolledBack,
}

impl Branch {
    pub(super) fn has_ended(&self) -> bool {
        matches!(self, Self::Committed | Self::RolledBack)
    }
}

/// Branches that are still to be ended, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ending {
    pub(super) left: [bool; TWO],
    /// Whether a branch was found rolled back although it had to be committed.
    pub(super) is_against: bool,
}

impl Ending {
    pub(super) fn of(left: [bool; TWO]) -> Self {
        Self { left, is_against: false }
    }

    pub(super) fn all() -> Self {
        Self::of([true; TWO])
    }

    /// Returns each next attempt: the state after it, and the rest. Empty: no branch is left.
    pub(super) fn attempts(self, state: &State, commits: bool) -> Vec<(State, Self)> {
        let left = (0..TWO).filter(|&branch| self.left[branch]);
        left.map(|branch| {
            let (mut then, mut rest) = (*state, self);
            rest.left[branch] = false;
            rest.is_against |= !then.end(branch, commits);
            (then, rest)
        })
        .collect()
    }
}

impl State {
    /// Ends a prepared branch. One that is not prepared is left as it is. Returns false when it should be committed but
    /// has no mark.
    fn end(&mut self, branch: usize, commits: bool) -> bool {
        if self.branches[branch] == Branch::Prepared {
            self.branches[branch] = if commits { Branch::Committed } else { Branch::RolledBack };
            self.marks[branch] = commits;
        }
        !commits || self.marks[branch]
    }

    pub(super) fn is_prepared(&self, branch: usize) -> bool {
        self.branches[branch] == Branch::Prepared
    }

    /// Whether an insert with the key of the decision waits.
    pub(super) fn is_key_held(&self) -> bool {
        matches!(self.row, Row::Uncommitted | Row::Committing | Row::Forcing { .. })
    }

    pub(super) fn with_row(mut self, row: Row) -> Self {
        self.row = row;
        self
    }

    fn with_branch(mut self, branch: usize, to: Branch) -> Self {
        self.branches[branch] = to;
        self
    }

    /// Deletes the decision row, unless it has a heuristic outcome. Returns whether the marks can be deleted too.
    pub(super) fn forget_row(&mut self) -> bool {
        if matches!(self.row, Row::Committed { .. }) {
            self.row = Row::Absent;
        }
        self.row == Row::Absent
    }

    pub(super) fn without_marks(mut self) -> Self {
        self.marks = [false; TWO];
        self
    }
}

/// What the servers do by themselves.
pub(super) fn steps(state: &State, steps: &mut Steps<'_, State>) {
    match state.row {
        // The coordinator has died, or its session was idle for too long.
        Row::Uncommitted => steps.add("ends the idle deciding transaction", state.with_row(Row::Absent)),
        Row::Committing => {
            let committed = State { is_decided: true, ..state.with_row(Row::Committed { is_finished: false }) };
            steps.add("executes COMMIT", committed);
            steps.add("rolls COMMIT back", state.with_row(Row::Absent));
        }
        _ => {}
    }
    for branch in (0..TWO).filter(|&branch| state.branches[branch] == Branch::Open) {
        // Also after its coordinator has died or given up: PREPARE may be under way.
        if state.coordinator.has_sent_prepare() {
            steps.add("executes PREPARE", state.with_branch(branch, Branch::Prepared));
        }
        if state.coordinator.has_sent_prepare() || matches!(state.coordinator, Coordinator::Crashed { .. }) {
            steps.add("rolls an open branch back", state.with_branch(branch, Branch::RolledBack));
        }
    }
}
