//! What is known of a statement: what it does, and whether the calling task can wait for it.

use std::time::{Duration, Instant};

use crate::dialect::{Verb, is_random, is_unbounded, verb};

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
}

impl Profile {
    pub(crate) fn new(text: &str, placeholders: usize, readonly: bool) -> Self {
        Self {
            placeholders,
            readonly,
            verb: verb(text),
            unbounded: is_unbounded(text, readonly),
            random: is_random(text),
            pace: Pace::Unknown,
            paced: None,
        }
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
    }
}
