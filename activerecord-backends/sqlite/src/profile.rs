//! What the backend knows of a statement: what it does, and whether it may run on the calling task.

use std::time::{Duration, Instant};

use crate::dialect::{Verb, Words};
use crate::statement::Uses;

/// How long one step of SQLite, or the rows of one slice, may occupy the calling task.
pub(crate) const BUDGET: Duration = Duration::from_millis(1);

/// How long a statement takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// It has not run yet.
    Unknown,
    /// A step fits the budget on the calling task.
    Quick,
    /// A step exceeds it.
    Slow,
}

/// How long a quick statement without bounds counts as quick.
const TRUST: Duration = Duration::from_secs(1);

/// How many runs of a quick statement are not timed between two that are.
const UNTIMED: u8 = 15;

/// What the backend knows of a statement.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Profile {
    pub(crate) placeholders: usize,
    /// Whether it does not change the database.
    pub(crate) readonly: bool,
    pub(crate) verb: Verb,
    /// Whether one step may take any time and cannot be interrupted.
    pub(crate) unbounded: bool,
    /// Whether a second run on the same data may return other rows.
    changing: bool,
    uses: Uses,
    pace: Pace,
    paced: Option<Instant>,
    /// The time of its last timed step.
    time: Duration,
    /// How many of the next runs are not timed.
    untimed: u8,
    /// Whether the table of an INSERT that generates keys was searched for negative ones.
    pub(crate) searched: bool,
}

impl Profile {
    pub(crate) fn new(text: &str, placeholders: usize, readonly: bool, uses: Uses) -> Self {
        let words = Words::of(text);
        let rewrites = !readonly && words.verb != Verb::Insert && !words.filters;
        Self {
            placeholders,
            readonly,
            verb: words.verb,
            unbounded: rewrites || uses.pragma(),
            changing: uses.changing_functions() || (uses.dates() && words.now),
            uses,
            pace: Pace::Unknown,
            paced: None,
            time: Duration::ZERO,
            untimed: 0,
            searched: false,
        }
    }

    /// Begins a step: the time now, if the step is timed. Most steps of quick statements are not, because reading the
    /// clock twice takes a large part of the time of a lookup.
    pub(crate) fn begin(&mut self) -> Option<Instant> {
        match self.untimed.checked_sub(1) {
            Some(left) => {
                self.untimed = left;
                None
            }
            None => Some(Instant::now()),
        }
    }

    /// Ends the step that [`begin`](Self::begin) began, and returns its time: for a step that was not timed, the time
    /// of the last one that was.
    pub(crate) fn end(&mut self, began: Option<Instant>) -> Duration {
        if let Some(began) = began {
            self.took(began.elapsed());
        }
        self.time
    }

    /// Records the time of a run.
    pub(crate) fn took(&mut self, time: Duration) {
        self.time = time;
        self.set_pace(if time > BUDGET { Pace::Slow } else { Pace::Quick });
    }

    /// Whether SQLite counts the rows that the statement changes.
    pub(crate) fn changes_rows(&self) -> bool {
        !self.readonly && matches!(self.verb, Verb::Insert | Verb::Change)
    }

    /// Whether one instruction may concern all rows of a table. The program of the statement shows whether it does.
    pub(crate) fn may_be_unbounded(&self) -> bool {
        !self.unbounded && self.uses.whole_tables()
    }

    /// Records whether one instruction concerns all rows of a table.
    pub(crate) fn set_unbounded(&mut self, unbounded: bool) {
        self.unbounded = unbounded;
    }

    /// Records that the user wrote the text. Nothing is known of it: any function in it may take any time, so its first
    /// run is on a thread. A bound value can be the argument that stands for the current time.
    pub(crate) fn mark_raw(&mut self) {
        self.changing |= self.uses.dates();
        if self.pace == Pace::Unknown {
            self.pace = Pace::Slow;
        }
    }

    /// Whether a second run on the same data may return other rows.
    #[cfg(test)]
    pub(crate) fn is_changing(&self) -> bool {
        self.changing
    }

    /// Whether its rows are read on a thread from the start. The statement is slow or may be, or a second run for the
    /// rest of its rows would return other rows.
    pub(crate) fn reads_on_thread(&self, one_row: bool) -> bool {
        let changes = self.changing && !one_row;
        changes || self.pace() == Pace::Slow || (self.unbounded && self.pace() == Pace::Unknown)
    }

    /// How long it takes, as far as known.
    pub(crate) fn pace(&self) -> Pace {
        match self.paced {
            Some(at) if at.elapsed() > TRUST => Pace::Unknown,
            _ => self.pace,
        }
    }

    /// Records the pace. For an unbounded statement it is valid for a while only: it takes longer with every row.
    pub(crate) fn set_pace(&mut self, pace: Pace) {
        self.pace = pace;
        self.paced = self.unbounded.then(Instant::now);
        self.untimed = if pace == Pace::Quick && !self.unbounded { UNTIMED } else { 0 };
    }
}
