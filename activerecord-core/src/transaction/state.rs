//! The state of one level of a transaction.

use crate::error::Result;

#[derive(Debug, Default)]
pub(super) struct State {
    /// The error because of which the level can only be rolled back.
    pub(super) poison: Option<String>,
    /// How the level ended, such as "committed".
    pub(super) ended: Option<&'static str>,
    /// A savepoint that was dropped without a rollback.
    pub(super) abandoned: Option<String>,
    /// Whether a stream of rows holds the turn.
    pub(super) streaming: bool,
    /// Whether a savepoint holds the turn, or was the last to hold it.
    pub(super) lent: bool,
}

impl State {
    /// Checks that a statement can run. The error is the reason why not.
    pub(super) fn usable(&self) -> Result<(), String> {
        if let Some(why) = self.ended() {
            return Err(why);
        }
        match &self.poison {
            Some(why) => Err(format!(
                "can only be rolled back because of an earlier error in it: {why}. Put statements that may fail into a nested transaction"
            )),
            None => self.idle(),
        }
    }

    pub(super) fn ended(&self) -> Option<String> {
        self.ended.map(already)
    }

    /// Checks that no stream holds the connection.
    pub(super) fn idle(&self) -> Result<(), String> {
        let why = "has an open stream of rows; first read it until it returns None, or drop it; to write while reading, use batch()";
        if self.streaming { Err(why.into()) } else { Ok(()) }
    }

    /// Begins a turn. Returns the abandoned savepoint that must be undone first.
    pub(super) fn turn_begins(&mut self) -> Option<String> {
        self.lent = false;
        self.abandoned.take()
    }
}

/// The error of a level that has ended.
pub(super) fn already(how: &str) -> String {
    format!("is already {how}; begin a new one for this statement")
}
