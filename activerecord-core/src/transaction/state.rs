//! What is known of one level of a transaction.

use crate::error::Result;

#[derive(Debug, Default)]
pub(super) struct State {
    /// Why it can only be rolled back.
    pub(super) poison: Option<String>,
    /// How it ended.
    pub(super) ended: Option<&'static str>,
    /// A savepoint that was abandoned without a rollback.
    pub(super) abandoned: Option<String>,
    /// Whether a stream of rows holds the turn.
    pub(super) streaming: bool,
    /// Whether a savepoint holds the turn, or did so last.
    pub(super) lent: bool,
}

impl State {
    /// Whether a statement may run; else why not.
    pub(super) fn usable(&self) -> Result<(), String> {
        if let Some(why) = self.ended() {
            return Err(why);
        }
        match &self.poison {
            Some(why) => Err(format!(
                "it can only be rolled back, because of an earlier error in it: {why}. Put what may fail into a nested transaction"
            )),
            None => self.idle(),
        }
    }

    pub(super) fn ended(&self) -> Option<String> {
        self.ended.map(|how| format!("it was {how} already"))
    }

    /// Whether no stream has the connection.
    pub(super) fn idle(&self) -> Result<(), String> {
        let why = "a stream of rows is open on it; read it to its end or drop it first, or use batch()";
        if self.streaming { Err(why.into()) } else { Ok(()) }
    }

    /// Somebody has the turn again. Gives the savepoint that has to be undone first.
    pub(super) fn turn_begins(&mut self) -> Option<String> {
        self.lent = false;
        self.abandoned.take()
    }
}
