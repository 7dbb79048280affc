//! Reads the clock while SQLite works, and interrupts a step that exceeds its budget or whose future was dropped.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::profile::BUDGET;

/// After how many instructions of SQLite's virtual machine the clock is read: some tens of microseconds.
const INSTRUCTIONS: i32 = 1000;

/// The estimated time of that many instructions, in nanoseconds: an estimate needs no clock.
const WORK: u32 = 30_000;

/// Flags that a session shares with the handlers that SQLite calls during a step.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// Whether a step that exceeds the budget is interrupted.
    armed: AtomicBool,
    /// Whether a new step has begun, and its start time is not taken yet.
    fresh: AtomicBool,
    /// Whether the future that waits for the result was dropped.
    cancelled: AtomicBool,
    /// The estimated work since the task last yielded, in nanoseconds.
    work: AtomicU32,
}

impl Watch {
    /// Installs the handlers on a connection.
    pub(super) fn install(connection: &mut rusqlite::Connection) -> rusqlite::Result<Arc<Self>> {
        let watch = Arc::new(Self::default());
        let (progress, commit) = (Arc::clone(&watch), Arc::clone(&watch));
        let mut started = Instant::now();
        connection.progress_handler(INSTRUCTIONS, Some(move || progress.is_over(&mut started)))?;
        // SQLite calls the progress handler once more after a commit. An interrupt there would report a failure of work
        // that is committed.
        connection.commit_hook(Some(move || {
            commit.arm(false);
            false
        }))?;
        Ok(watch)
    }

    /// Arms or disarms the interrupt for the next steps.
    pub(super) fn arm(&self, armed: bool) {
        self.armed.store(armed, Ordering::Relaxed);
    }

    /// Begins a new step.
    #[inline]
    pub(super) fn step_begins(&self) {
        self.fresh.store(true, Ordering::Relaxed);
    }

    /// Stops this and every later step: the connection is not used again.
    pub(super) fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether [`cancel`](Self::cancel) was called.
    pub(super) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// Adds work of the calling task.
    pub(super) fn worked(&self, time: Duration) {
        self.add_work(u32::try_from(time.as_nanos()).unwrap_or(u32::MAX));
    }

    fn add_work(&self, nanos: u32) {
        self.work.store(self.work.load(Ordering::Relaxed).saturating_add(nanos), Ordering::Relaxed);
    }

    /// Lets other tasks run.
    pub(super) async fn give_way(&self) {
        self.work.store(0, Ordering::Relaxed);
        tokio::task::yield_now().await;
    }

    /// Whether the statements since the last yield have together taken longer than the budget.
    pub(super) fn is_tired(&self) -> bool {
        u128::from(self.work.load(Ordering::Relaxed)) > BUDGET.as_nanos()
    }

    /// Whether to interrupt the step. The first call in a step takes its start time, so that short steps, the most
    /// frequent ones, never read the clock.
    fn is_over(&self, started: &mut Instant) -> bool {
        if self.cancelled.load(Ordering::Relaxed) {
            return true;
        }
        if !self.armed.load(Ordering::Relaxed) {
            return false;
        }
        self.add_work(WORK);
        if self.fresh.swap(false, Ordering::Relaxed) {
            *started = Instant::now();
            return false;
        }
        started.elapsed() > BUDGET
    }
}

/// A result that is read in slices. Their number is counted.
#[derive(Debug)]
pub(super) struct Scan(());

static SCANS: AtomicU32 = AtomicU32::new(0);

impl Scan {
    pub(super) fn begin() -> Self {
        SCANS.fetch_add(1, Ordering::Relaxed);
        Self(())
    }

    /// The time of one slice. Several scans may share a thread, and other tasks run after a slice of each: so the more
    /// scans, the shorter the slice.
    fn budget() -> Duration {
        BUDGET / SCANS.load(Ordering::Relaxed).clamp(1, 10)
    }
}

impl Drop for Scan {
    fn drop(&mut self) {
        SCANS.fetch_sub(1, Ordering::Relaxed);
    }
}

/// One slice: the time between two yields. It reads the clock as rarely as possible.
#[derive(Debug)]
pub(super) struct Stint {
    looked: Option<Instant>,
    started: Option<Instant>,
    /// How many rows come between two readings of the clock.
    stride: u32,
    rows: u32,
}

impl Stint {
    /// Begins a slice. The first row reads no clock: most results have one row.
    pub(super) fn new() -> Self {
        Self { looked: None, started: None, stride: 2, rows: 0 }
    }

    /// Counts a row; true when the task should let others run.
    #[inline]
    pub(super) fn is_over(&mut self) -> bool {
        self.rows += 1;
        self.rows >= self.stride && self.look()
    }

    fn look(&mut self) -> bool {
        let now = Instant::now();
        if let Some(looked) = self.looked {
            // Reads the clock about ten times per budget.
            let per_row = ((now - looked) / self.stride).max(Duration::from_nanos(1));
            let rows = (BUDGET / 10).as_nanos() / per_row.as_nanos();
            self.stride = u32::try_from(rows).unwrap_or(u32::MAX).clamp(1, self.stride * 2).min(256);
        }
        self.rows = 0;
        self.looked = Some(now);
        now - *self.started.get_or_insert(now) > Scan::budget()
    }
}
