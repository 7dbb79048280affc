//! Looks at the clock while SQLite works, and stops a step that exceeds its budget or that nobody waits for any more.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::profile::BUDGET;

/// After how many instructions of SQLite's machine the clock is read: some tens of microseconds.
const INSTRUCTIONS: i32 = 1000;

/// What that many instructions count for, in nanoseconds: a guess that needs no clock.
const WORK: u32 = 30_000;

/// The flags between a session and the handlers that SQLite calls during a step.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// Whether a step that exceeds the budget is interrupted.
    armed: AtomicBool,
    /// Whether a new step has begun, whose time has not been taken yet.
    fresh: AtomicBool,
    /// Whether nobody waits for the result any more.
    cancelled: AtomicBool,
    /// The work since the task has let others run, in about as many nanoseconds.
    work: AtomicU32,
}

impl Watch {
    /// Starts watching a connection.
    pub(super) fn install(connection: &mut rusqlite::Connection) -> rusqlite::Result<Arc<Self>> {
        let watch = Arc::new(Self::default());
        let (progress, commit) = (Arc::clone(&watch), Arc::clone(&watch));
        let mut started = Instant::now();
        connection.progress_handler(INSTRUCTIONS, Some(move || progress.is_over(&mut started)))?;
        // SQLite asks once more after a statement has committed, and an interrupt there would report as undone what is done.
        connection.commit_hook(Some(move || {
            commit.arm(false);
            false
        }))?;
        Ok(watch)
    }

    /// Arms the interrupt for the steps that follow, or not.
    pub(super) fn arm(&self, armed: bool) {
        self.armed.store(armed, Ordering::Relaxed);
    }

    /// Tells that a new step begins.
    #[inline]
    pub(super) fn step_begins(&self) {
        self.fresh.store(true, Ordering::Relaxed);
    }

    /// Stops whatever runs, for good: the connection is given up.
    pub(super) fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether nobody waits any more.
    pub(super) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// Adds work that was done on the calling task.
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

    /// Whether many statements, each of them short, have taken long together since then.
    pub(super) fn is_tired(&self) -> bool {
        u128::from(self.work.load(Ordering::Relaxed)) > BUDGET.as_nanos()
    }

    /// Whether the step is to be interrupted. The first call in a step takes its time, so that short ones, which are most,
    /// never look at the clock.
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

/// One of the results that are being read a stint at a time.
#[derive(Debug)]
pub(super) struct Scan(());

static SCANS: AtomicU32 = AtomicU32::new(0);

impl Scan {
    pub(super) fn begin() -> Self {
        SCANS.fetch_add(1, Ordering::Relaxed);
        Self(())
    }

    /// The time of one stint. Where several scans share a thread, others run after all of them have had theirs: so it
    /// becomes shorter.
    fn budget() -> Duration {
        BUDGET / SCANS.load(Ordering::Relaxed).clamp(1, 10)
    }
}

impl Drop for Scan {
    fn drop(&mut self) {
        SCANS.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The time between two occasions for others to run. Tells when it is over, with as few looks at the clock as will do.
#[derive(Debug)]
pub(super) struct Stint {
    looked: Option<Instant>,
    started: Option<Instant>,
    /// How many rows go by between two looks.
    stride: u32,
    rows: u32,
}

impl Stint {
    /// It begins. A first row is free: most results have no more.
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
            // About a tenth of the budget goes by between two looks.
            let per_row = ((now - looked) / self.stride).max(Duration::from_nanos(1));
            let rows = (BUDGET / 10).as_nanos() / per_row.as_nanos();
            self.stride = u32::try_from(rows).unwrap_or(u32::MAX).clamp(1, self.stride * 2).min(256);
        }
        self.rows = 0;
        self.looked = Some(now);
        now - *self.started.get_or_insert(now) > Scan::budget()
    }
}
