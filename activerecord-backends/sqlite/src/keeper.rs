//! Keeps the lock that readers of a file share for as long as they come one after the other.
//!
//! In a file with a write-ahead log every read takes a lock on its place in the log and gives it back: two system calls, which
//! take longer than a lookup. SQLite makes them only for the first connection of the process that holds such a lock, and
//! for the last. So one more connection that is in the midst of a read spares them to all the others. These look for the
//! newest commit themselves, in memory that all processes share: what they see does not depend on the keeper.
//!
//! A reader in the midst of a read keeps the log from being started anew. So this one reads for a tick at a time, only
//! while many others read, and not for a while after somebody has written.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::OpenFlags;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::Notify;

use crate::file::DatabaseFile;

/// For how long the lock is kept without a look at whether it is of use.
const TICK: Duration = Duration::from_millis(2);

/// For how long it is not kept when somebody has written.
const REST: Duration = Duration::from_millis(50);

/// After how much time without reads the connection is closed.
const IDLE: Duration = Duration::from_secs(1);

/// When to look again at a file that has no write-ahead log, or could not be opened.
const RETRY: Duration = Duration::from_secs(10);

/// The keeper of one file.
#[derive(Debug, Default)]
pub(crate) struct Keeper {
    /// None for a database in memory, which has no such lock.
    path: Option<PathBuf>,
    /// How many sessions the file has. With the last one the keeper closes, so that nobody has the file open after it.
    sessions: AtomicUsize,
    /// Whether many reads were made since the last tick.
    wanted: AtomicBool,
    /// Wakes who looks after the ticks, when the lock was given up for want of reads.
    woken: Notify,
    /// Whether somebody looks after the ticks.
    running: AtomicBool,
    /// Whether the lock is kept.
    holding: AtomicBool,
    connection: Mutex<Option<rusqlite::Connection>>,
}

impl Keeper {
    pub(crate) fn new(path: Option<PathBuf>) -> Self {
        Self { path, ..Self::default() }
    }

    /// Many reads were made. Only where threads of the runtime see to it that the lock is given up again.
    pub(crate) fn want(&self, file: &Arc<DatabaseFile>) {
        self.wanted.store(true, Ordering::Relaxed);
        let Some(path) = &self.path else { return };
        if self.running.load(Ordering::Relaxed) || self.running.swap(true, Ordering::Relaxed) {
            if !self.holding.load(Ordering::Relaxed) {
                self.woken.notify_one();
            }
            return;
        }
        match Handle::try_current() {
            Ok(runtime) if runtime.runtime_flavor() == RuntimeFlavor::MultiThread => {
                runtime.spawn(keep(Running(Arc::clone(file)), path.clone()));
            }
            _ => self.running.store(false, Ordering::Relaxed),
        }
    }

    /// Gives up the lock, before somebody of this process writes.
    pub(crate) fn let_go(&self) {
        if self.holding.load(Ordering::Relaxed)
            && let Some(connection) = &*self.connection()
        {
            self.release(connection);
        }
    }

    pub(crate) fn opened(&self) {
        self.sessions.fetch_add(1, Ordering::Relaxed);
    }

    /// A session was closed, on a thread that may wait.
    pub(crate) fn closed(&self) {
        if self.sessions.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.close();
        }
    }

    fn close(&self) {
        let connection = self.connection().take();
        self.holding.store(false, Ordering::Relaxed);
        drop(connection);
    }

    /// Opens a connection for the ticks that follow. False when there is nothing to keep: the file has no write-ahead log,
    /// or no session any more.
    fn open(&self, path: &Path) -> rusqlite::Result<bool> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = rusqlite::Connection::open_with_flags(path, flags)?;
        let journal: String = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
        let mut kept = self.connection();
        let is_of_use = journal == "wal" && self.sessions.load(Ordering::Acquire) > 0;
        *kept = is_of_use.then_some(connection);
        Ok(is_of_use)
    }

    /// Takes the lock anew, and tells the version of the data. None when there is nothing to be done any more.
    fn renew(&self) -> Option<i64> {
        let kept = self.connection();
        let connection = kept.as_ref()?;
        self.release(connection);
        connection.execute_batch("BEGIN").ok()?;
        self.holding.store(true, Ordering::Relaxed);
        connection.query_row("PRAGMA data_version", [], |row| row.get(0)).ok()
    }

    fn release(&self, connection: &rusqlite::Connection) {
        if self.holding.swap(false, Ordering::Relaxed) {
            // What fails here fails for want of an open transaction.
            drop(connection.execute_batch("ROLLBACK"));
        }
    }

    fn connection(&self) -> MutexGuard<'_, Option<rusqlite::Connection>> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The file of a keeper that runs. Dropped, it gives up the lock.
struct Running(Arc<DatabaseFile>);

impl Drop for Running {
    fn drop(&mut self) {
        let keeper = self.0.keeper();
        keeper.let_go();
        keeper.running.store(false, Ordering::Relaxed);
    }
}

/// Keeps the lock, a tick at a time, until nobody has read for a while.
async fn keep(running: Running, path: PathBuf) {
    let keeper = running.0.keeper();
    let file = Arc::clone(&running.0);
    let opened = tokio::task::spawn_blocking(move || file.keeper().open(&path)).await;
    if !matches!(opened, Ok(Ok(true))) {
        tokio::time::sleep(RETRY).await;
        return;
    }
    let mut seen = None;
    loop {
        if !keeper.wanted.swap(false, Ordering::Relaxed) {
            keeper.let_go();
            if tokio::time::timeout(IDLE, keeper.woken.notified()).await.is_err() {
                break;
            }
            continue;
        }
        let version = keeper.renew();
        let written = version.is_none() || seen.is_some_and(|seen| Some(seen) != version);
        seen = version.or(seen);
        if written {
            keeper.let_go();
        }
        tokio::time::sleep(if written { REST } else { TICK }).await;
    }
    // To close a file may take a while.
    let file = Arc::clone(&running.0);
    drop(tokio::task::spawn_blocking(move || file.keeper().close()).await);
}
