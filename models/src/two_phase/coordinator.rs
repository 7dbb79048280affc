//! The coordinator, as in `commit.rs`: it decides by the COMMIT of the decision row.

use super::database::{Ending, Row};
use super::{Fault, State, TWO, TwoPhase};
use crate::step::Steps;

/// What the coordinator does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Coordinator {
    /// It inserts the decision row.
    Begun,
    /// It sends PREPARE to every branch.
    Recorded,
    /// It waits for the votes.
    Preparing {
        /// The votes that have arrived. A timeout is a no.
        votes: [Option<bool>; TWO],
    },
    /// It has sent COMMIT, and waits for the answer.
    Deciding,
    /// It takes the key of the decision: the answer to its COMMIT is an error, or is lost.
    Asking,
    /// It rolls branches back.
    RollingBack(Ending),
    /// It commits branches.
    Completing(Ending),
    /// It deletes the decision.
    Forgetting,
    /// It deletes the marks.
    ForgettingMarks,
    /// It has ended.
    Ended(Report),
    /// It has died.
    Crashed {
        /// Whether it had sent PREPARE.
        had_sent: bool,
    },
}

/// What the coordinator reports to its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Report {
    /// Committed.
    Committed,
    /// Rolled back.
    RolledBack,
    /// The outcome is unknown.
    Unknown,
}

impl Coordinator {
    pub(super) fn has_sent_prepare(&self) -> bool {
        !matches!(self, Self::Begun | Self::Recorded | Self::Crashed { had_sent: false })
    }

    /// Whether it may still ask for the decision. The decision is kept until then: the coordinator asks for five minutes,
    /// and the row is kept for ten.
    pub(super) fn may_ask(&self) -> bool {
        matches!(self, Self::Deciding | Self::Asking)
    }

    /// Whether it reports a commit. None: it reports nothing, or that the outcome is unknown.
    pub(super) fn report(&self) -> Option<bool> {
        match self {
            Self::Completing(_) | Self::Forgetting | Self::ForgettingMarks | Self::Ended(Report::Committed) => {
                Some(true)
            }
            Self::Ended(Report::RolledBack) => Some(false),
            _ => None,
        }
    }
}

impl State {
    fn with(mut self, coordinator: Coordinator) -> Self {
        self.coordinator = coordinator;
        self
    }
}

pub(super) fn steps(model: &TwoPhase, state: &State, steps: &mut Steps<'_, State>) {
    if !matches!(state.coordinator, Coordinator::Ended(_) | Coordinator::Crashed { .. }) {
        let had_sent = state.coordinator.has_sent_prepare();
        steps.add("crashes", state.with(Coordinator::Crashed { had_sent }));
    }
    match state.coordinator {
        Coordinator::Begun => {
            steps.add("inserts the row", state.with_row(Row::Uncommitted).with(Coordinator::Recorded));
        }
        Coordinator::Recorded => {
            steps.add("sends PREPARE", state.with(Coordinator::Preparing { votes: [None; TWO] }));
        }
        Coordinator::Preparing { votes } => vote(state, votes, steps),
        Coordinator::Deciding => decide(model, state, steps),
        Coordinator::Asking => ask(state, steps),
        Coordinator::RollingBack(ending) => roll_back(state, ending, steps),
        Coordinator::Completing(ending) => complete(state, ending, steps),
        Coordinator::Forgetting => forget(model, state, steps),
        Coordinator::ForgettingMarks => {
            steps.add("deletes the marks", state.without_marks().with(Coordinator::Ended(Report::Committed)));
        }
        Coordinator::Ended(_) | Coordinator::Crashed { .. } => {}
    }
}

fn vote(state: &State, votes: [Option<bool>; TWO], steps: &mut Steps<'_, State>) {
    for branch in (0..TWO).filter(|&branch| votes[branch].is_none()) {
        let mut with = |what, vote| {
            let mut votes = votes;
            votes[branch] = Some(vote);
            steps.add(what, state.with(Coordinator::Preparing { votes }));
        };
        if state.is_prepared(branch) {
            with("receives a yes", true);
        }
        // A refusal, a timeout, or an answer that is lost.
        with("counts a no", false);
    }
    if votes == [Some(true); TWO] {
        // Without its transaction, COMMIT is an error.
        let row = if state.row == Row::Uncommitted { Row::Committing } else { state.row };
        steps.add("sends COMMIT", state.with_row(row).with(Coordinator::Deciding));
    } else if votes.iter().all(Option::is_some) {
        let row = if state.row == Row::Uncommitted { Row::Absent } else { state.row };
        steps.add("rolls the row back", state.with_row(row).with(Coordinator::RollingBack(Ending::all())));
    }
}

fn decide(model: &TwoPhase, state: &State, steps: &mut Steps<'_, State>) {
    if state.is_decided {
        steps.add("receives the answer to COMMIT", state.with(Coordinator::Completing(Ending::all())));
    }
    // From the server, or from a proxy. COMMIT may still be under way.
    let then = match model.fault {
        Some(Fault::ErrorMeansRollback) => Coordinator::RollingBack(Ending::all()),
        _ => Coordinator::Asking,
    };
    steps.add("receives an error for COMMIT", state.with(then));
}

fn ask(state: &State, steps: &mut Steps<'_, State>) {
    steps.add("has asked for too long", state.with(Coordinator::Ended(Report::Unknown)));
    let then = match state.row {
        Row::Uncommitted | Row::Committing | Row::Forcing { .. } => return,
        Row::Absent | Row::Forced { commits: false, .. } => Coordinator::RollingBack(Ending::all()),
        Row::Forced { commits: true, .. } => Coordinator::Ended(Report::Unknown),
        Row::Committed { .. } | Row::Against => Coordinator::Completing(Ending::all()),
    };
    steps.add("takes the key of the decision", state.with(then));
}

fn roll_back(state: &State, ending: Ending, steps: &mut Steps<'_, State>) {
    let attempts = ending.attempts(state, false);
    if attempts.is_empty() {
        steps.add("ends", state.with(Coordinator::Ended(Report::RolledBack)));
    }
    for (then, rest) in attempts {
        steps.add("rolls a branch back", then.with(Coordinator::RollingBack(rest)));
    }
}

fn complete(state: &State, ending: Ending, steps: &mut Steps<'_, State>) {
    let attempts = ending.attempts(state, true);
    if attempts.is_empty() {
        // The records of an outcome against the decision stay: a recovery reports it.
        let then = if ending.is_against { Coordinator::Ended(Report::Committed) } else { Coordinator::Forgetting };
        steps.add("ends", state.with(then));
    }
    for (then, rest) in attempts {
        steps.add("commits a branch", then.with(Coordinator::Completing(rest)));
    }
}

fn forget(model: &TwoPhase, state: &State, steps: &mut Steps<'_, State>) {
    if model.fault == Some(Fault::MarksFirst) && state.marks != [false; TWO] {
        steps.add("deletes the marks", state.without_marks());
        return;
    }
    let mut then = *state;
    let next = match then.forget_row() {
        true => Coordinator::ForgettingMarks,
        false => Coordinator::Ended(Report::Committed),
    };
    steps.add("deletes the decision", then.with(next));
}
