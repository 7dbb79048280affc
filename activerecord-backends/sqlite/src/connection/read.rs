//! Reading. Rows are handed over where they lie, on the calling task, a millisecond at a time. A single step that takes
//! longer (a count, a sort, a sparse scan) cannot be left and taken up again: it is interrupted, and the statement is run
//! anew on a blocking thread, past the rows that were already handed over, which then come in batches.
//!
//! For the rows to be the same ones, both runs must see the same state of the database. Inside a transaction they do.
//! Outside, SQLite gives up its view with the interrupted statement, unless another one is still open: so a second
//! statement, the anchor, is kept open on the connection from the first row on.

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
    /// Whether a statement only reads, and its first row is looked for on the calling task.
    pub(super) fn reads_at_once(&mut self, slot: Slot) -> bool {
        let profile = self.session.as_mut().map(|session| *session.database.cursor(slot).profile());
        profile.is_some_and(|profile| profile.readonly && !profile.reads_on_thread())
    }

    /// Hands the rows of a statement that only reads to the sink.
    pub(super) async fn read(&mut self, slot: Slot, one_row: bool, sink: &mut Sink<'_>) -> Result<()> {
        if !self.reads_at_once(slot) {
            return Box::pin(self.read_on_thread(slot, Remainder::default(), sink)).await;
        }
        let mut reading = Reading::new(self, slot, one_row);
        let slice = reading.slice(sink)?;
        reading.go_on(slice, sink).await
    }
}

/// A statement that is being read. Dropped at any point, it leaves the session ready for the next statement.
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
    /// There is no further row, or none is wanted.
    Done,
    /// The sink wants the future to return `Pending` once.
    Pause,
    /// The same, where others cannot write before the read has ended: the rest was taken aside.
    Aside(Remainder),
    /// Others should run.
    Yield,
    /// Somebody holds a lock.
    Busy,
    /// A step exceeded the budget, and was undone.
    Slow,
}

impl<'c> Reading<'c> {
    pub(super) fn new(connection: &'c mut SqliteConnection, slot: Slot, one_row: bool) -> Self {
        Self { connection, slot, one_row, rows: 0, scan: None, left: false }
    }

    /// Goes on after a slice, to the end.
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
                    break Remainder { skip: self.rows, ..Remainder::default() };
                }
            }
            patience.succeeded();
            slice = self.slice(sink)?;
        };
        Box::pin(self.connection.read_on_thread(self.slot, remainder, sink)).await
    }

    /// Leaves the statement as it is.
    pub(super) fn leave(mut self) {
        self.left = true;
    }

    /// Reads rows until the stint is over, or the sink says so.
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

    /// Reads the first row, unless it has been read. None goes on.
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
        // A step that could not be interrupted does not keep the task a second time.
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
            // Now, and not when the rows have been handed over.
            self.connection.session()?.end_reading(self.slot);
        }
        self.left = true;
        let skip = if let Slice::Slow = slice { self.rows } else { 0 };
        Ok(Remainder { rows, skip, paused: true, ended })
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
