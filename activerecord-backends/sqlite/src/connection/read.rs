//! Reading: rows are handed over where they lie, on the calling task.

use activerecord_core::{Flow, Result, Sink};

use super::session::Session;
use super::watch::Turn;
use crate::error;
use crate::statement::{Slot, Step};

/// A statement that is being read. Dropped at any point, it leaves the session ready for the next statement.
pub(super) struct Reading<'s> {
    session: &'s mut Session,
    slot: Slot,
}

/// Why a slice of reading ended.
pub(super) enum Slice {
    /// There is no further row, or none is wanted.
    Done,
    /// The sink wants the future to return `Pending` once.
    Pause,
    /// Others should run.
    Yield,
    /// Somebody holds a lock.
    Busy,
}

impl<'s> Reading<'s> {
    pub(super) fn new(session: &'s mut Session, slot: Slot) -> Self {
        Self { session, slot }
    }

    /// Reads rows until the turn is over, or the sink says so.
    pub(super) fn slice(&mut self, sink: &mut Sink<'_>) -> Result<Slice> {
        let mut turn = Turn::new();
        let mut cursor = self.session.database.cursor(self.slot);
        loop {
            match cursor.step() {
                Step::Row => match sink(&cursor.row())? {
                    Flow::More if turn.is_over() => return Ok(Slice::Yield),
                    Flow::More => {}
                    Flow::Pause => return Ok(Slice::Pause),
                    Flow::Stop => return Ok(Slice::Done),
                },
                Step::Done => return Ok(Slice::Done),
                Step::Failed(code) if error::is_busy(code) => {
                    cursor.reset();
                    return Ok(Slice::Busy);
                }
                Step::Failed(code) => {
                    let error = cursor.error(code);
                    return Err(self.session.failed(code, error));
                }
            }
        }
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        self.session.database.cursor(self.slot).reset();
    }
}
