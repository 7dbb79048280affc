//! The keeper of a file holds the lock of its readers while many reads follow each other.
//!
//! In a file with a write-ahead log every read takes a lock on its position in the log and releases it: two system calls,
//! which take longer than a lookup. SQLite makes them only for the first and the last connection of a process that holds
//! such a lock. So the keeper, one more connection in the middle of a read, saves them for all others. Each of these finds
//! the newest commit by itself, in shared memory: what it sees does not depend on the keeper.
//!
//! SQLite cannot restart the log while a read is open. So the keeper reads for one tick at a time, only while there are
//! many reads, and pauses after a write.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::OpenFlags;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::Notify;

use crate::file::DatabaseFile;

/// How long the keeper holds the lock before it checks that the lock is still useful.
const TICK: Duration = Duration::from_millis(2);

/// How long the keeper pauses after a write.
const REST: Duration = Duration::from_millis(50);

/// The keeper closes its connection after this time without reads.
const IDLE: Duration = Duration::from_secs(1);

/// The time until the next attempt with a file that has no write-ahead log or cannot be opened.
const RETRY: Duration = Duration::from_secs(10);

/// The keeper of one file.
#[derive(Debug, Default)]
pub(crate) struct Keeper {
    /// None: the database is in memory, and has no such lock.
    path: Option<PathBuf>,
    /// The number of sessions of the file. The keeper closes with the last one, so that the file is closed after it.
    sessions: AtomicUsize,
    /// Whether there were many reads since the last tick.
    wanted: AtomicBool,
    /// Wakes the task of the keeper, after a time without reads.
    woken: Notify,
    /// Whether the task of the keeper runs.
    running: AtomicBool,
    /// Whether the keeper holds the lock.
    holding: AtomicBool,
    connection: Mutex<Option<rusqlite::Connection>>,
}

impl Keeper {
    pub(crate) fn new(path: Option<PathBuf>) -> Self {
        Self { path, ..Self::default() }
    }

    /// Reports many reads. The keeper needs a runtime with several threads: a single-threaded one could stop while the lock
    /// is held.
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

    /// Releases the lock, before this process writes.
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

    /// Reports a closed session. The thread may block.
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

    /// Opens the connection. False when it is useless, because the file has no write-ahead log or no session.
    fn open(&self, path: &Path) -> rusqlite::Result<bool> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = rusqlite::Connection::open_with_flags(path, flags)?;
        let journal: String = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
        let mut kept = self.connection();
        let is_of_use = journal == "wal" && self.sessions.load(Ordering::Acquire) > 0;
        *kept = is_of_use.then_some(connection);
        Ok(is_of_use)
    }

    /// Takes the lock again, and returns the version of the data. None when the connection failed, or was closed with the
    /// last session of the file.
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
            // This fails only without an open transaction.
            drop(connection.execute_batch("ROLLBACK"));
        }
    }

    fn connection(&self) -> MutexGuard<'_, Option<rusqlite::Connection>> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The file of a running keeper. When dropped, it releases the lock.
struct Running(Arc<DatabaseFile>);

impl Drop for Running {
    fn drop(&mut self) {
        let keeper = self.0.keeper();
        keeper.let_go();
        keeper.running.store(false, Ordering::Relaxed);
    }
}

/// Holds the lock, one tick at a time, until there are no reads for a while.
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
        let Some(version) = keeper.renew() else {
            // Sessions that were opened since then start another keeper.
            keeper.let_go();
            tokio::time::sleep(REST).await;
            break;
        };
        let written = seen.replace(version).is_some_and(|seen| seen != version);
        if written {
            keeper.let_go();
        }
        tokio::time::sleep(if written { REST } else { TICK }).await;
    }
    // Closing a file may take a while.
    let file = Arc::clone(&running.0);
    drop(tokio::task::spawn_blocking(move || file.keeper().close()).await);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reports reads until the keeper holds the lock.
    async fn read_until_held(file: &Arc<DatabaseFile>) {
        let held = async {
            while !file.keeper().holding.load(Ordering::Relaxed) {
                file.keeper().want(file);
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), held).await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_keeper_starts_again_after_the_last_session() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("test.db");
        let database = rusqlite::Connection::open(&path).unwrap();
        database.pragma_update(None, "journal_mode", "wal").unwrap();
        let file = DatabaseFile::at(path);
        file.keeper().opened();
        read_until_held(&file).await;
        file.keeper().closed();
        assert!(!file.keeper().holding.load(Ordering::Relaxed));
        file.keeper().opened();
        read_until_held(&file).await;
    }
}
