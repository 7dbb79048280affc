//! What the connections of one database share in this process: the queue of writers, how long a write takes, and the
//! keys that must not be generated again.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use activerecord_core::Result;
use activerecord_core::backend::current_runtime;
use tokio::sync::OwnedMutexGuard;

use crate::error;
use crate::floors::Floors;
use crate::keeper::Keeper;

/// One database. Several backends and paths may use it.
#[derive(Debug)]
pub(crate) struct DatabaseFile {
    /// SQLite allows one writer at a time. Writers of this process wait here, first come, first served, instead of
    /// polling for SQLite's lock.
    writers: Arc<tokio::sync::Mutex<()>>,
    /// A moving average of the time that recent commits took, in microseconds.
    commit_time: AtomicU32,
    /// The length of the write-ahead log that causes a checkpoint, in pages.
    checkpoint_at: AtomicU32,
    in_memory: bool,
    keeper: Keeper,
    floors: Floors,
}

/// The right to write. It ends when this is dropped.
pub(crate) type Turn = OwnedMutexGuard<()>;

/// Commits that take longer than this, in microseconds, run on a blocking thread.
const QUICK_COMMIT: u32 = 300;

/// SQLite's own default.
const CHECKPOINT_PAGES: u32 = 1000;

static FILES: Mutex<BTreeMap<PathBuf, Weak<DatabaseFile>>> = Mutex::new(BTreeMap::new());

/// The files with keys that must not be generated again. They are known until the process ends, even if no connection
/// is open meanwhile.
static KEPT: Mutex<Vec<Arc<DatabaseFile>>> = Mutex::new(Vec::new());

impl DatabaseFile {
    /// The database at this path, which must be absolute and without links.
    pub(crate) fn at(path: PathBuf) -> Arc<Self> {
        let mut files = FILES.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = files.get(&path).and_then(Weak::upgrade) {
            return file;
        }
        files.retain(|_, file| file.strong_count() > 0);
        // The speed of the disk is unknown, so the first commit runs on a thread.
        let file = Arc::new(Self::new(QUICK_COMMIT, Some(path.clone())));
        files.insert(path, Arc::downgrade(&file));
        file
    }

    /// A database in memory.
    pub(crate) fn in_memory() -> Arc<Self> {
        Arc::new(Self::new(0, None))
    }

    fn new(commit_time: u32, path: Option<PathBuf>) -> Self {
        Self {
            writers: Arc::default(),
            commit_time: AtomicU32::new(commit_time),
            checkpoint_at: AtomicU32::new(CHECKPOINT_PAGES),
            in_memory: path.is_none(),
            keeper: Keeper::new(path),
            floors: Floors::default(),
        }
    }

    pub(crate) fn is_in_memory(&self) -> bool {
        self.in_memory
    }

    /// The keeper of the readers' lock.
    pub(crate) fn keeper(&self) -> &Keeper {
        &self.keeper
    }

    /// The keys that must not be generated again.
    pub(crate) fn floors(&self) -> &Floors {
        &self.floors
    }

    /// Records the greatest keys of a transaction that was rolled back, by table.
    pub(crate) fn use_up(self: &Arc<Self>, keys: Vec<(String, i64)>) {
        if keys.is_empty() {
            return;
        }
        keys.into_iter().for_each(|(table, key)| self.floors.raise(table, key));
        let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.in_memory && !kept.iter().any(|file| Arc::ptr_eq(file, self)) {
            kept.push(Arc::clone(self));
        }
    }

    /// Waits for the turn to write.
    ///
    /// # Errors
    /// `Busy` after `timeout`.
    pub(crate) async fn turn(&self, timeout: Duration) -> Result<Turn> {
        if let Some(turn) = self.turn_at_once() {
            return Ok(turn);
        }
        current_runtime()?;
        tokio::time::timeout(timeout, Arc::clone(&self.writers).lock_owned())
            .await
            .map_err(|_| error::busy("another writer of this process held the database lock", timeout))
    }

    /// The turn to write, if no writer has it or waits for it.
    pub(crate) fn turn_at_once(&self) -> Option<Turn> {
        Arc::clone(&self.writers).try_lock_owned().ok()
    }

    /// Whether commits are quick enough for the calling task.
    pub(crate) fn commits_quickly(&self) -> bool {
        self.commit_time.load(Ordering::Relaxed) < QUICK_COMMIT
    }

    /// Records the time of a commit.
    pub(crate) fn committed_in(&self, time: Duration) {
        let time = u32::try_from(time.as_micros()).unwrap_or(u32::MAX);
        // Of two commits at the same time one may be lost, which does no harm.
        let average = self.commit_time.load(Ordering::Relaxed);
        self.commit_time.store(average - average / 4 + time / 4, Ordering::Relaxed);
    }

    /// Whether a write-ahead log of this many pages is due for a checkpoint.
    pub(crate) fn wants_checkpoint(&self, pages: u32) -> bool {
        pages >= self.checkpoint_at.load(Ordering::Relaxed)
    }

    /// Records how many pages a checkpoint left in the log, because a reader still needs the pages that they replace.
    pub(crate) fn checkpointed(&self, left: u32) {
        self.checkpoint_at.store(left.saturating_add(CHECKPOINT_PAGES), Ordering::Relaxed);
    }
}
