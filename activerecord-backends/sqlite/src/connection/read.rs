//! Reading. Rows are handed over where they lie, on the calling task, a millisecond at a time. A single step that takes
//! longer (a count, a sort, a sparse scan) cannot be left and taken up again: it is interrupted, and the statement is run
//! anew on a blocking thread, past the rows that were already handed over, which then come in batches.
//!
//! For the rows to be the same ones, both runs must see the same state of the database. Inside a transaction they do.
//! Outside, SQLite gives up its view with the interrupted statement, unless another one is still open: so a second
//! statement, the anchor, is kept open on the connection from the first row on.

use std::time::Instant;

use activerecord_core::backend::pend_once;
use activerecord_core::{Flow, Result, Sink};
use rusqlite::ffi;

use super::SqliteConnection;
use super::batches::Remainder;
use super::patience::Patience;
use super::session::Session;
use super::watch::{BUDGET, Scan, Stint};
use crate::cache::Slot;
use crate::error;
use crate::profile::Pace;
use crate::statement::{Row, Step};
use crate::value::Batch;

impl SqliteConnection {
    /// Hands the rows of a statement that only reads to the sink.
    pub(super) async fn read(&mut self, slot: Slot, one_row: bool, sink: &mut Sink<'_>) -> Result<()> {
        let session = self.session()?;
        if session.database.cursor(slot).profile().reads_on_thread() {
            return Box::pin(self.read_on_thread(slot, Remainder::default(), sink)).await;
        }
        let mut reading = Reading::new(session, slot, one_row);
        let mut patience = Patience::new();
        let remainder = loop {
            match reading.slice(sink)? {
                Slice::Done => return Ok(()),
                Slice::Pause if reading.session.readers_hold_up_writers() => break reading.set_aside()?,
                Slice::Pause => pend_once().await,
                Slice::Yield => reading.session.watch.give_way().await,
                Slice::Busy => patience.wait_to_read(reading.session).await?,
                Slice::Slow => break Remainder { skip: reading.leave(), ..Remainder::default() },
            }
            patience.succeeded();
        };
        Box::pin(self.read_on_thread(slot, remainder, sink)).await
    }
}

/// A statement that is being read. Dropped at any point, it leaves the session ready for the next statement.
pub(super) struct Reading<'s> {
    pub(super) session: &'s mut Session,
    slot: Slot,
    one_row: bool,
    rows: usize,
    scan: Option<Scan>,
    left: bool,
}

/// Why a slice of reading ended.
enum Slice {
    /// There is no further row, or none is wanted.
    Done,
    /// The sink wants the future to return `Pending` once.
    Pause,
    /// Others should run.
    Yield,
    /// Somebody holds a lock.
    Busy,
    /// A step exceeded the budget, and was undone.
    Slow,
}

impl<'s> Reading<'s> {
    pub(super) fn new(session: &'s mut Session, slot: Slot, one_row: bool) -> Self {
        Self { session, slot, one_row, rows: 0, scan: None, left: false }
    }

    /// Leaves the statement as it is, and tells how many rows it gave.
    pub(super) fn leave(mut self) -> usize {
        self.left = true;
        self.rows
    }

    /// Reads rows until the stint is over, or the sink says so.
    fn slice(&mut self, sink: &mut Sink<'_>) -> Result<Slice> {
        self.session.watch.arm(true);
        let slice = self.first_row(sink).and_then(|slice| match slice {
            None => self.more_rows(|row| sink(row)),
            Some(slice) => Ok(slice),
        });
        self.session.watch.arm(false);
        slice
    }

    /// Reads the first row, unless it has been read. None goes on.
    fn first_row(&mut self, sink: &mut Sink<'_>) -> Result<Option<Slice>> {
        if self.rows > 0 {
            return Ok(None);
        }
        let started = Instant::now();
        self.session.watch.step_begins();
        let mut cursor = self.session.database.cursor(self.slot);
        let step = cursor.step();
        let time = started.elapsed();
        self.session.watch.worked(time);
        if time > BUDGET || cursor.profile().unbounded {
            // A step that could not be interrupted does not keep the task a second time.
            cursor.profile().set_pace(if time > BUDGET { Pace::Slow } else { Pace::Quick });
        }
        let flow = match step {
            Step::Row => sink(&cursor.row())?,
            Step::Done => return Ok(Some(Slice::Done)),
            Step::Failed(code) => return self.failed(code).map(Some),
        };
        self.rows = 1;
        if self.one_row || flow == Flow::Stop {
            return Ok(Some(Slice::Done));
        }
        if self.session.transaction.is_none() {
            self.session.watch.step_begins();
            self.session.database.anchor()?;
        }
        Ok(if flow == Flow::Pause { Some(Slice::Pause) } else { None })
    }

    fn more_rows(&mut self, mut take: impl FnMut(&Row<'_>) -> Result<Flow>) -> Result<Slice> {
        let mut stint = Stint::new();
        let mut cursor = self.session.database.cursor(self.slot);
        loop {
            self.session.watch.step_begins();
            match cursor.step() {
                Step::Row => {}
                Step::Done => return Ok(Slice::Done),
                Step::Failed(code) => return self.failed(code),
            }
            // Counted before it is handed over: a sink that fails has seen it.
            self.rows += 1;
            match take(&cursor.row())? {
                Flow::More if stint.is_over() => {
                    self.scan.get_or_insert_with(Scan::begin);
                    return Ok(Slice::Yield);
                }
                Flow::More => {}
                Flow::Pause => {
                    self.scan = None;
                    return Ok(Slice::Pause);
                }
                Flow::Stop => return Ok(Slice::Done),
            }
        }
    }

    /// Takes a paused result aside as far as the time of one stint allows, so that whoever asked for the pause can write
    /// meanwhile. The rest is done on a thread, which goes on by itself during the pause.
    fn set_aside(mut self) -> Result<Remainder> {
        let mut rows = Batch::default();
        self.session.watch.arm(true);
        let slice = self.more_rows(|row| {
            rows.push(row);
            Ok(Flow::More)
        });
        self.session.watch.arm(false);
        let slice = slice?;
        self.left = !matches!(slice, Slice::Done);
        let skip = if let Slice::Slow = slice { self.rows } else { 0 };
        Ok(Remainder { rows, skip, paused: true, ended: !self.left })
    }

    #[cold]
    fn failed(&mut self, code: i32) -> Result<Slice> {
        let mut cursor = self.session.database.cursor(self.slot);
        let error = cursor.error(code);
        match code {
            _ if error::is_busy(code) && self.rows == 0 => {
                cursor.reset();
                Ok(Slice::Busy)
            }
            ffi::SQLITE_INTERRUPT => {
                cursor.reset();
                cursor.profile().set_pace(Pace::Slow);
                Ok(Slice::Slow)
            }
            _ => Err(error),
        }
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        if !self.left {
            self.session.end_reading(self.slot);
        }
    }
}
