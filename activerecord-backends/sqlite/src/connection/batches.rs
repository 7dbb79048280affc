//! Reading on a blocking thread: the thread copies rows into batches, which the calling task passes to the sink.

use std::time::{Duration, Instant};

use activerecord_core::backend::pend_once;
use activerecord_core::{Error, Flow, Result, Sink};

use super::SqliteConnection;
use super::patience::Patience;
use super::read::Reading;
use super::session::Session;
use super::watch::Stint;
use crate::cache::Slot;
use crate::error;
use crate::profile::{BUDGET, Pace};
use crate::statement::Step;
use crate::value::Batch;

/// The rest of a result, which a thread reads. By default, all of it.
#[derive(Default)]
pub(super) struct Remainder {
    /// The next rows, already copied.
    pub(super) rows: Batch,
    /// How many rows to skip, because the statement runs again from its start.
    pub(super) skip: usize,
    /// Whether the sink wants the future to return `Pending` before the next row.
    pub(super) paused: bool,
    /// Whether there are no more rows.
    pub(super) ended: bool,
    /// Whether only one row is wanted.
    pub(super) one_row: bool,
}

/// The limits of one batch.
struct Limits {
    rows: usize,
    bytes: usize,
    time: Duration,
}

const BATCH: Limits = Limits { rows: 1024, bytes: 256 * 1024, time: Duration::from_millis(10) };

/// Where readers block writers, the lock is released before the sink gets the rows, unless there are very many.
const WHOLE: Limits = Limits { rows: usize::MAX, bytes: 64 * 1024 * 1024, time: Duration::MAX };

/// Why a batch ended.
enum End {
    Done,
    Full,
    Busy,
    Failed(Error),
}

impl SqliteConnection {
    /// Reads the remainder of a result on a blocking thread.
    pub(super) async fn read_on_thread(&mut self, slot: Slot, remainder: Remainder, sink: &mut Sink<'_>) -> Result<()> {
        let Remainder { mut rows, skip, mut paused, ended, one_row } = remainder;
        let mut progress = Progress { skip, longest: Duration::ZERO, one_row };
        let mut patience = Patience::new();
        loop {
            let (batch, end) = if ended {
                (rows, End::Done)
            } else {
                let read = self.on_thread(move |session| session.read_batch(slot, rows, progress)).await?;
                progress = read.2;
                (read.0, read.1)
            };
            let reading = Reading::new(self, slot, false);
            if std::mem::take(&mut paused) {
                pend_once().await;
            }
            let flow = hand_over(&batch, sink).await?;
            if flow == Flow::Stop || (one_row && batch.len() > 0) {
                return Ok(());
            }
            match end {
                End::Done => return Ok(()),
                End::Failed(error) => return Err(error),
                End::Busy => patience.wait_to_read(reading.connection.session()?).await?,
                End::Full => patience.succeeded(),
            }
            reading.leave();
            rows = Batch::default();
        }
    }
}

/// Passes copied rows to the sink; `Stop` when it wants no more.
pub(super) async fn hand_over(batch: &Batch, sink: &mut Sink<'_>) -> Result<Flow> {
    let mut stint = Stint::new();
    for index in 0..batch.len() {
        match sink(&batch.row(index))? {
            Flow::More if stint.is_over() => {
                tokio::task::yield_now().await;
                stint = Stint::new();
            }
            Flow::More => {}
            Flow::Pause => pend_once().await,
            Flow::Stop => return Ok(Flow::Stop),
        }
    }
    Ok(Flow::More)
}

/// The progress of a statement on a thread.
#[derive(Clone, Copy)]
struct Progress {
    skip: usize,
    /// The time of the longest step.
    longest: Duration,
    one_row: bool,
}

impl Session {
    /// Whether a reader blocks writers until it ends. In a file with a write-ahead log it does not.
    pub(super) fn readers_hold_up_writers(&self) -> bool {
        self.file.is_in_memory() && self.transaction.is_none()
    }

    fn read_batch(&mut self, slot: Slot, mut batch: Batch, mut progress: Progress) -> (Batch, End, Progress) {
        let limits = if self.readers_hold_up_writers() { WHOLE } else { BATCH };
        let started = Instant::now();
        let mut before = started;
        let end = loop {
            let step = self.read_into(slot, &mut batch, &mut progress.skip);
            let now = Instant::now();
            progress.longest = progress.longest.max(now - before);
            before = now;
            match step {
                Some(end) => break end,
                None if progress.one_row && batch.len() > 0 => break End::Full,
                None if batch.len() >= limits.rows || batch.size() >= limits.bytes => break End::Full,
                None if batch.len() > 0 && now - started > limits.time => break End::Full,
                None => {}
            }
        };
        // Whether the statement needs the thread the next time.
        let pace = if progress.longest > BUDGET { Pace::Slow } else { Pace::Quick };
        self.database.cursor(slot).profile().set_pace(pace);
        if let End::Done | End::Failed(_) = end {
            self.end_reading(slot);
        }
        (batch, end, progress)
    }

    fn read_into(&mut self, slot: Slot, batch: &mut Batch, skip: &mut usize) -> Option<End> {
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
            Step::Done => Some(End::Done),
            Step::Failed(code) if error::is_busy(code) && batch.len() == 0 => {
                cursor.reset();
                Some(End::Busy)
            }
            Step::Failed(code) => Some(End::Failed(cursor.error(code))),
        }
    }

    /// Leaves the session ready for the next statement.
    pub(super) fn end_reading(&mut self, slot: Slot) {
        let mut cursor = self.database.cursor(slot);
        cursor.reset();
        cursor.clear_large_bindings();
        self.database.release_anchor();
    }
}
