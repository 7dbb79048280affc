//! Reading. Rows are handed over where they lie, on the calling task, a millisecond at a time. A single step that takes
//! longer (a count, a sort, a sparse scan) cannot be left and taken up again: it is interrupted, and the statement is run
//! anew on a blocking thread, past the rows that were already handed over, which then come in batches.
//!
//! For the rows to be the same ones, both runs must see the same state of the database. Inside a transaction they do.
//! Outside, SQLite gives up its view with the interrupted statement, unless another one is still open: so a second
//! statement, the anchor, is kept open on the connection from the first row on.

use std::time::{Duration, Instant};

use activerecord_core::{Error, Flow, Result, Sink};
use rusqlite::ffi;

use super::patience::Patience;
use super::session::Session;
use super::watch::{BUDGET, Scan, Turn};
use super::{SqliteConnection, pend_once};
use crate::cache::Slot;
use crate::error;
use crate::profile::Pace;
use crate::statement::{Row, Step};
use crate::value::Batch;

/// The most rows, bytes and time of one batch.
const BATCH_ROWS: usize = 1024;
const BATCH_BYTES: usize = 256 * 1024;
const BATCH_TIME: Duration = Duration::from_millis(10);

/// How much of a paused result is taken aside at once.
const ASIDE_BYTES: usize = 64 * 1024 * 1024;

impl SqliteConnection {
    /// Hands the rows of a statement that only reads to the sink.
    pub(super) async fn read(&mut self, slot: Slot, one_row: bool, sink: &mut Sink<'_>) -> Result<()> {
        let session = self.session()?;
        if session.database.cursor(slot).profile().reads_on_thread() {
            return Box::pin(self.read_on_thread(slot, 0, sink)).await;
        }
        let mut reading = Reading::new(session, slot, one_row);
        let mut patience = Patience::new();
        loop {
            match reading.slice(sink)? {
                Slice::Done => return Ok(()),
                Slice::Pause if reading.holds_up_writers() => match reading.finish_aside(sink).await? {
                    Slice::Slow => break,
                    _ => return Ok(()),
                },
                Slice::Pause => pend_once().await,
                Slice::Yield => reading.session.watch.rest().await,
                Slice::Busy => patience.wait_to_read(reading.session).await?,
                Slice::Slow => break,
            }
            patience.succeeded();
        }
        let rows = reading.leave();
        Box::pin(self.read_on_thread(slot, rows, sink)).await
    }

    /// Runs the statement from its start on a blocking thread, and hands over its rows but for the first `skip`.
    async fn read_on_thread(&mut self, slot: Slot, skip: usize, sink: &mut Sink<'_>) -> Result<()> {
        let mut progress = Progress { skip, longest: Duration::ZERO };
        let mut patience = Patience::new();
        loop {
            let (batch, end, after) = self.on_thread(move |session| session.read_batch(slot, progress)).await?;
            progress = after;
            let reading = Reading::new(self.session()?, slot, false);
            if hand_over(&batch, sink).await? == Flow::Stop {
                return Ok(());
            }
            match end {
                BatchEnd::Done => return Ok(()),
                BatchEnd::Failed(error) => return Err(error),
                BatchEnd::Busy => patience.wait_to_read(reading.session).await?,
                BatchEnd::Full => patience.succeeded(),
            }
            reading.leave();
        }
    }
}

/// A statement that is being read. Dropped at any point, it leaves the session ready for the next statement.
struct Reading<'s> {
    session: &'s mut Session,
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
    fn new(session: &'s mut Session, slot: Slot, one_row: bool) -> Self {
        Self { session, slot, one_row, rows: 0, scan: None, left: false }
    }

    /// Leaves the statement as it is, and tells how many rows it gave.
    fn leave(mut self) -> usize {
        self.left = true;
        self.rows
    }

    /// Reads rows until the turn is over, or the sink says so.
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
        let mut turn = Turn::new();
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
                Flow::More if turn.is_over() => {
                    self.scan.get_or_insert_with(Scan::begin);
                    return Ok(Slice::Yield);
                }
                Flow::More => {}
                Flow::Pause => return Ok(Slice::Pause),
                Flow::Stop => return Ok(Slice::Done),
            }
        }
    }

    /// Whether nobody can write before the read ends. In a file with a write-ahead log everybody can.
    fn holds_up_writers(&self) -> bool {
        self.session.file.is_in_memory() && self.session.transaction.is_none()
    }

    /// Takes the rest of a paused result aside, so that whoever asked for the pause can write meanwhile; then hands it
    /// over. A very large rest is taken in parts, and does hold up writers.
    async fn finish_aside(&mut self, sink: &mut Sink<'_>) -> Result<Slice> {
        loop {
            let mut rest = Batch::default();
            let end = loop {
                self.session.watch.arm(true);
                let slice = self.more_rows(|row| {
                    rest.push(row);
                    Ok(if rest.size() < ASIDE_BYTES { Flow::More } else { Flow::Pause })
                });
                self.session.watch.arm(false);
                match slice? {
                    Slice::Yield => self.session.watch.rest().await,
                    end => break end,
                }
            };
            if let Slice::Done = end {
                self.session.end_reading(self.slot);
            }
            pend_once().await;
            if hand_over(&rest, sink).await? == Flow::Stop {
                return Ok(Slice::Done);
            }
            if !matches!(end, Slice::Pause) {
                return Ok(end);
            }
        }
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
            _ => Err(self.session.failed(code, error)),
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

/// Hands copied rows to the sink; `Stop` when it wants no more.
pub(super) async fn hand_over(batch: &Batch, sink: &mut Sink<'_>) -> Result<Flow> {
    let mut turn = Turn::new();
    for index in 0..batch.len() {
        match sink(&batch.row(index))? {
            Flow::More if turn.is_over() => {
                tokio::task::yield_now().await;
                turn = Turn::new();
            }
            Flow::More => {}
            Flow::Pause => pend_once().await,
            Flow::Stop => return Ok(Flow::Stop),
        }
    }
    Ok(Flow::More)
}

/// How far a statement has come on a thread.
#[derive(Clone, Copy)]
struct Progress {
    /// How many rows still go by, because they were handed over before.
    skip: usize,
    /// The time of the longest step.
    longest: Duration,
}

/// Why a batch ended.
enum BatchEnd {
    Done,
    Full,
    Busy,
    Failed(Error),
}

impl Session {
    fn end_reading(&mut self, slot: Slot) {
        let mut cursor = self.database.cursor(slot);
        cursor.reset();
        cursor.clear_large_bindings();
        self.database.release_anchor();
    }

    fn read_batch(&mut self, slot: Slot, mut progress: Progress) -> (Batch, BatchEnd, Progress) {
        let started = Instant::now();
        let mut before = started;
        let mut batch = Batch::default();
        let end = loop {
            let step = self.read_into(slot, &mut batch, &mut progress.skip);
            let now = Instant::now();
            progress.longest = progress.longest.max(now - before);
            before = now;
            match step {
                Some(end) => break end,
                None if batch.len() >= BATCH_ROWS || batch.size() >= BATCH_BYTES => break BatchEnd::Full,
                None if batch.len() > 0 && now - started > BATCH_TIME => break BatchEnd::Full,
                None => {}
            }
        };
        // Remembers whether the statement needs the thread the next time.
        let pace = if progress.longest > BUDGET { Pace::Slow } else { Pace::Quick };
        self.database.cursor(slot).profile().set_pace(pace);
        (batch, end, progress)
    }

    fn read_into(&mut self, slot: Slot, batch: &mut Batch, skip: &mut usize) -> Option<BatchEnd> {
        let mut cursor = self.database.cursor(slot);
        match cursor.step() {
            Step::Row if *skip > 0 => {
                *skip -= 1;
                None
            }
            Step::Row => {
                batch.push(&cursor.row());
                None
            }
            Step::Done => Some(BatchEnd::Done),
            Step::Failed(code) if error::is_busy(code) && batch.len() == 0 => {
                cursor.reset();
                Some(BatchEnd::Busy)
            }
            Step::Failed(code) => {
                let error = cursor.error(code);
                Some(BatchEnd::Failed(self.failed(code, error)))
            }
        }
    }
}
