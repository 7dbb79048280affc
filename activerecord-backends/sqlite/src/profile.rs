//! What is known of a statement: what it does, and whether the calling task can wait for it.

use std::time::{Duration, Instant};

use crate::dialect::{Verb, Words};

/// How long the calling task may be kept: by one step of SQLite, and by the rows of one stint.
pub(crate) const BUDGET: Duration = Duration::from_millis(1);

/// What is known of the time that a statement takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// It has not been seen yet.
    Unknown,
    /// It fits the budget of one step on the calling task.
    Quick,
    /// It does not.
    Slow,
}

/// For how long a statement without bounds that was quick is expected to be so again.
const TRUST: Duration = Duration::from_secs(1);

/// How many runs of a quick statement go by between two that are timed.
const UNTIMED: u8 = 15;

/// What is known of a statement.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Profile {
    pub(crate) placeholders: usize,
    /// Whether it leaves the database as it is.
    pub(crate) readonly: bool,
    pub(crate) verb: Verb,
    /// Whether one step may take any time, and cannot be interrupted.
    pub(crate) unbounded: bool,
    random: bool,
    pace: Pace,
    paced: Option<Instant>,
    /// How long its last timed step took.
    time: Duration,
    /// How many runs are still to go by without a look at the clock.
    untimed: u8,
}

impl Profile {
    pub(crate) fn new(text: &str, placeholders: usize, readonly: bool) -> Self {
        let words = Words::of(text);
        Self {
            placeholders,
            readonly,
            verb: words.verb,
            unbounded: words.is_unbounded(readonly),
            random: words.random,
            pace: Pace::Unknown,
            paced: None,
            time: Duration::ZERO,
            untimed: 0,
        }
    }

    /// The time now, if a step that begins is to be timed. One that has been quick mostly is not: two looks at the clock
    /// take a good part of the time of a lookup.
    pub(crate) fn begin(&mut self) -> Option<Instant> {
        match self.untimed.checked_sub(1) {
            Some(left) => {
                self.untimed = left;
                None
            }
            None => Some(Instant::now()),
        }
    }

    /// Ends what [`begin`](Self::begin) began, and tells how long it took: of a step that was not timed, what the last one
    /// took that was.
    pub(crate) fn end(&mut self, began: Option<Instant>) -> Duration {
        if let Some(began) = began {
            self.took(began.elapsed());
        }
        self.time
    }

    /// Notes how long a run took.
    pub(crate) fn took(&mut self, time: Duration) {
        self.time = time;
        self.set_pace(if time > BUDGET { Pace::Slow } else { Pace::Quick });
    }

    /// Whether SQLite counts the rows that it changes.
    pub(crate) fn changes_rows(&self) -> bool {
        !self.readonly && matches!(self.verb, Verb::Insert | Verb::Change)
    }

    /// Whether it is read on a thread from its start: because it is slow, or may be; or because it could not be run again
    /// there for the rest of its rows, as these would be others.
    pub(crate) fn reads_on_thread(&self) -> bool {
        self.random || self.pace() == Pace::Slow || (self.unbounded && self.pace() == Pace::Unknown)
    }

    /// What is known of the time that it takes.
    pub(crate) fn pace(&self) -> Pace {
        match self.paced {
            Some(at) if at.elapsed() > TRUST => Pace::Unknown,
            _ => self.pace,
        }
    }

    /// Notes it. What takes longer with every row is trusted for a while only.
    pub(crate) fn set_pace(&mut self, pace: Pace) {
        self.pace = pace;
        self.paced = self.unbounded.then(Instant::now);
        self.untimed = if pace == Pace::Quick && !self.unbounded { UNTIMED } else { 0 };
    }
}
