//! Reading. The calling task passes rows to the sink without a copy, in slices of a millisecond. A single step that
//! takes longer (a count, a sort, a sparse scan) cannot be paused: it is interrupted, and the statement runs again on a
//! blocking thread, which skips the rows that the sink already has, and returns the others in batches.
//!
//! Both runs must see the same state of the database. Inside a transaction they do. Outside, SQLite releases its
//! snapshot with the interrupted statement, unless another statement is open: so from the first row on, a second
//! statement, the anchor, stays open on the connection.

use activerecord_core::backend::pend_once;
use activerecord_core::{Flow, Result, Sink};
use rusqlite::ffi;

use super::SqliteConnection;
use super::batches::Remainder;
use super::patience::Patience;
use super::watch::{Scan, Stint};
use crate::cache::Slot;
use crate::error;
use crate::profile::Pace;
use crate::statement::{Row, Step};
use crate::value::Batch;

impl SqliteConnection {
    /// Whether a statement only reads, and starts on the calling task.
    pub(super) fn reads_at_once(&mut self, slot: Slot, one_row: bool) -> bool {
        let profile = self.session.as_mut().map(|session| *session.database.cursor(slot).profile());
        profile.is_some_and(|profile| profile.readonly && !profile.reads_on_thread(one_row))
    }

    /// Passes the rows of a statement that only reads to the sink.
    pub(super) async fn read(&mut self, slot: Slot, one_row: bool, sink: &mut Sink<'_>) -> Result<()> {
        if !self.reads_at_once(slot, one_row) {
            return Box::pin(self.read_on_thread(slot, Remainder { one_row, ..Remainder::default() }, sink)).await;
        }
        let mut reading = Reading::new(self, slot, one_row);
        let slice = reading.slice(sink)?;
        reading.go_on(slice, sink).await
    }
}

/// A statement that is being read. When dropped, it makes the session ready for the next statement.
pub(super) struct Reading<'c> {
    pub(super) connection: &'c mut SqliteConnection,
    slot: Slot,
    one_row: bool,
    rows: usize,
    scan: Option<Scan>,
    left: bool,
}

/// Why a slice of reading ended.
pub(super) enum Slice {
    /// There are no more rows, or the sink wants no more.
    Done,
    /// The sink wants the future to return `Pending` once.
    Pause,
    /// The same, where a reader blocks writers: the rest was copied.
    Aside(Remainder),
    /// Other tasks should run.
    Yield,
    /// Another connection holds a lock.
    Busy,
    /// A step exceeded the budget, and was undone.
    Slow,
}

impl<'c> Reading<'c> {
    pub(super) fn new(connection: &'c mut SqliteConnection, slot: Slot, one_row: bool) -> Self {
        Self { connection, slot, one_row, rows: 0, scan: None, left: false }
    }

    /// Continues after a slice, to the end.
    pub(super) async fn go_on(&mut self, mut slice: Slice, sink: &mut Sink<'_>) -> Result<()> {
        let mut patience = Patience::new();
        let remainder = loop {
            let session = self.connection.session()?;
            match slice {
                Slice::Done => return Ok(()),
                Slice::Aside(remainder) => break remainder,
                Slice::Pause => pend_once().await,
                Slice::Yield => session.watch.give_way().await,
                Slice::Busy => patience.wait_to_read(session).await?,
                Slice::Slow => {
                    self.left = true;
                    break Remainder { skip: self.rows, one_row: self.one_row, ..Remainder::default() };
                }
            }
            patience.succeeded();
            slice = self.slice(sink)?;
        };
        Box::pin(self.connection.read_on_thread(self.slot, remainder, sink)).await
    }

    /// Ends this without a change of the statement.
    pub(super) fn leave(mut self) {
        self.left = true;
    }

    /// Reads rows until the slice is over, or the sink stops it.
    pub(super) fn slice(&mut self, sink: &mut Sink<'_>) -> Result<Slice> {
        self.connection.session()?.watch.arm(true);
        let slice = self.first_row(sink).and_then(|slice| match slice {
            None => self.more_rows(|row| sink(row)),
            Some(slice) => Ok(slice),
        });
        let session = self.connection.session()?;
        session.watch.arm(false);
        match slice? {
            Slice::Pause if session.readers_hold_up_writers() => self.set_aside().map(Slice::Aside),
            slice => Ok(slice),
        }
    }

    /// Reads the first row, unless it was read before. None: the slice continues.
    fn first_row(&mut self, sink: &mut Sink<'_>) -> Result<Option<Slice>> {
        if self.rows > 0 {
            return Ok(None);
        }
        let session = self.connection.session()?;
        session.read_begins();
        session.watch.step_begins();
        let mut cursor = session.database.cursor(self.slot);
        let began = cursor.profile().begin();
        let step = cursor.step();
        // Counts a step that could not be interrupted, so that the task yields before the next one.
        session.watch.worked(cursor.profile().end(began));
        let flow = match step {
            Step::Row => sink(&cursor.row())?,
            Step::Done => return Ok(Some(Slice::Done)),
            Step::Failed(code) => return self.failed(code).map(Some),
        };
        self.rows = 1;
        if self.one_row || flow == Flow::Stop {
            return Ok(Some(Slice::Done));
        }
        if session.transaction.is_none() {
            session.watch.step_begins();
            session.database.anchor()?;
        }
        Ok(if flow == Flow::Pause { Some(Slice::Pause) } else { None })
    }

    fn more_rows(&mut self, mut take: impl FnMut(&Row<'_>) -> Result<Flow>) -> Result<Slice> {
        let mut stint = Stint::new();
        let session = self.connection.session()?;
        let mut cursor = session.database.cursor(self.slot);
        loop {
            session.watch.step_begins();
            match cursor.step() {
                Step::Row => {}
                Step::Done => return Ok(Slice::Done),
                Step::Failed(code) => return self.failed(code),
            }
            // Counted before the call: a sink that fails has seen the row.
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

    /// Copies the rows of a paused result for the time of one slice, so that the program can write during the pause. A
    /// thread reads the rest, also during the pause.
    fn set_aside(&mut self) -> Result<Remainder> {
        let mut rows = Batch::default();
        self.connection.session()?.watch.arm(true);
        let slice = self.more_rows(|row| {
            rows.push(row);
            Ok(Flow::More)
        });
        self.connection.session()?.watch.arm(false);
        let slice = slice?;
        let ended = matches!(slice, Slice::Done);
        if ended {
            // Now, before the sink gets the rows.
            self.connection.session()?.end_reading(self.slot);
        }
        self.left = true;
        let skip = if let Slice::Slow = slice { self.rows } else { 0 };
        Ok(Remainder { rows, skip, paused: true, ended, one_row: false })
    }

    #[cold]
    fn failed(&mut self, code: i32) -> Result<Slice> {
        let mut cursor = self.connection.session()?.database.cursor(self.slot);
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
        if let Some(session) = &mut self.connection.session
            && !self.left
        {
            session.end_reading(self.slot);
        }
    }
}
