//! What moves to a blocking thread and back: the SQLite connection with its statements, its transaction, and its turn
//! to write. All of it is synchronous.

use std::sync::Arc;
use std::time::{Duration, Instant};

use activerecord_core::backend::Outcome;
use activerecord_core::sql::{Access, GeneratedKey, Sql};
use activerecord_core::{Error, ErrorKind, Result};
use rusqlite::ffi;

use super::watch::Watch;
use crate::cache::Slot;
use crate::config::Settings;
use crate::dialect::Verb;
use crate::error;
use crate::file::{DatabaseFile, Turn};
use crate::floors::place;
use crate::profile::{BUDGET, Pace};
use crate::statement::{Database, Prepared, Step};
use crate::value::{self, Batch};

/// One SQLite session. Dropping it rolls back, closes, and then releases the turn to write.
pub(super) struct Session {
    /// Dropped, and so no longer counted, before the connection is closed.
    _kept: Kept,
    /// The number of reads.
    reads: u32,
    pub(super) database: Database,
    pub(super) transaction: Option<Open>,
    /// The turn to write. A transaction that may write holds it, and a statement outside a transaction that writes.
    pub(super) turn: Option<Turn>,
    pub(super) watch: Arc<Watch>,
    pub(super) file: Arc<DatabaseFile>,
    pub(super) busy_timeout: Duration,
    /// Whether the connection keeps the database locked.
    exclusive: bool,
    /// Whether the file or the connection failed in a way that would affect the next user.
    pub(super) broken: bool,
}

/// An open transaction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    pub(super) read_only: bool,
    /// The connection's count of changes when the transaction began.
    pub(super) changes: u64,
}

/// The result of an attempt.
pub(super) enum Attempt<T> {
    Done(T),
    /// Another connection holds a lock: try again later.
    Busy,
    /// It exceeded the budget and was undone. It can run again on a thread.
    Slow,
}

/// The result of a statement that writes.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) outcome: Outcome,
    pub(super) rows: Batch,
}

/// The end of a run of a statement, with SQLite's code after a failure.
type End<T> = Result<T, (i32, Error)>;

/// A statement that writes more values than this runs on a thread until it is known to be quick.
const MANY_VALUES: usize = 2000;

/// A session reports this many reads to the keeper at once.
const MANY_READS: u32 = 64;

/// Counts a session of its file.
struct Kept(Arc<DatabaseFile>);

impl Kept {
    fn new(file: &Arc<DatabaseFile>) -> Self {
        file.keeper().opened();
        Self(Arc::clone(file))
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.0.keeper().closed();
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if self.transaction.is_some() {
            self.use_up_keys();
        }
    }
}

impl Session {
    pub(super) fn new(
        mut connection: rusqlite::Connection,
        file: Arc<DatabaseFile>,
        settings: &Settings,
    ) -> Result<Self> {
        let watch = Watch::install(&mut connection).map_err(error::from_driver)?;
        Ok(Self {
            _kept: Kept::new(&file),
            reads: 0,
            database: Database::new(connection),
            transaction: None,
            turn: None,
            watch,
            file,
            busy_timeout: settings.busy_timeout,
            exclusive: settings.exclusive,
            broken: false,
        })
    }

    /// Counts a read. After many reads the keeper should hold their lock.
    pub(super) fn read_begins(&mut self) {
        self.reads = self.reads.wrapping_add(1);
        if self.reads.is_multiple_of(MANY_READS) && !self.exclusive && !self.file.is_in_memory() {
            self.file.keeper().want(&self.file);
        }
    }

    /// Whether the session has no trace of its last user.
    pub(super) fn is_reusable(&self) -> bool {
        !self.broken && self.transaction.is_none() && self.is_autocommit()
    }

    /// Whether SQLite has no transaction open.
    pub(super) fn is_autocommit(&self) -> bool {
        self.database.connection().is_autocommit()
    }

    /// Lets other tasks run when this connection has occupied the calling task for long.
    pub(super) async fn give_way_if_tired(&mut self) {
        if self.watch.is_tired() {
            self.watch.give_way().await;
        }
    }

    /// Checks that the file was not moved or deleted.
    ///
    /// # Errors
    /// `ConnectionLost` when it was: new connections would open another file.
    pub(super) fn ping(&mut self) -> Result<()> {
        if self.database.is_moved() {
            self.broken = true;
            return Err(Error::new(ErrorKind::ConnectionLost, "the file of the database was moved or deleted"));
        }
        self.run("SELECT 1").map(drop)
    }

    /// Prepares a statement and binds its values.
    ///
    /// # Errors
    /// `InvalidStatement`, `Conversion`; `Transaction` when the database has ended the transaction on its own.
    pub(super) fn prepare(&mut self, sql: &Sql) -> Result<Prepared> {
        self.check_transaction()?;
        let prepared = self.database.prepare(sql.text(), sql.returned_key())?;
        if let Prepared::One(slot) = prepared {
            let mut cursor = self.database.cursor(slot);
            if cursor.profile().verb == Verb::Transaction {
                return Err(error::transaction_control());
            }
            if sql.access() == Access::Unknown {
                cursor.profile().mark_raw();
            }
            value::bind(&mut cursor, sql.binds())?;
            if let Some(key) = sql.generated_key()
                && !cursor.profile().searched
            {
                self.search(key)?;
                self.database.cursor(slot).profile().searched = true;
            }
        }
        Ok(prepared)
    }

    /// Searches a table for negative keys, once in this process. Their table needs a floor, see [`crate::floors`].
    #[cold]
    fn search(&mut self, key: &GeneratedKey) -> Result<()> {
        let table = place(&key.table);
        if !self.file.floors().is_searched(&table) {
            if self.database.has_negative_key(key)? {
                self.file.floors().has_negative(table.clone());
            }
            self.file.floors().searched(table);
        }
        Ok(())
    }

    /// Whether the keys that a statement generates may have to be set.
    pub(super) fn has_floor(&self, sql: &Sql) -> bool {
        let floors = self.file.floors();
        floors.any() && sql.generated_key().is_some_and(|key| floors.of(&place(&key.table)).is_some())
    }

    /// The first key of an INSERT when SQLite would generate one that must not be generated again.
    pub(super) fn first_key(&mut self, key: &GeneratedKey) -> Result<Option<i64>> {
        let table = place(&key.table);
        let Some(floor) = self.file.floors().of(&table) else { return Ok(None) };
        let Some(greatest) = self.database.greatest_key(key)? else { return Ok(None) };
        if greatest < floor {
            return Ok(floor.checked_add(1));
        }
        if self.transaction.is_none() {
            self.file.floors().settle(&table);
        }
        Ok(None)
    }

    /// Gives up the keys that the open transaction has used.
    pub(super) fn use_up_keys(&mut self) {
        self.file.use_up(self.database.take_keys());
    }

    /// Refuses to continue a transaction that the database has ended: the next statement would commit by itself.
    ///
    /// # Errors
    /// `Transaction`.
    pub(super) fn check_transaction(&self) -> Result<()> {
        if self.transaction.is_some() && self.is_autocommit() { Err(error::transaction_ended()) } else { Ok(()) }
    }

    /// Refuses to write in a transaction that only reads.
    ///
    /// # Errors
    /// `ReadOnly`.
    pub(super) fn check_write(&self) -> Result<()> {
        match self.transaction {
            Some(Open { read_only: true, .. }) => {
                Err(Error::new(ErrorKind::ReadOnly, "the transaction is read-only, but the statement writes"))
            }
            _ => Ok(()),
        }
    }

    /// Whether a statement that writes may run on the calling task. Outside a transaction it can be interrupted and run
    /// again. Inside, an interrupt would roll back the whole transaction: so the statement must be known to be quick,
    /// or be an INSERT that lists its rows.
    pub(super) fn writes_in_place(&mut self, slot: Slot) -> bool {
        let profile = *self.database.cursor(slot).profile();
        match (profile.pace(), self.transaction) {
            _ if profile.unbounded => false,
            (Pace::Slow, _) => false,
            (Pace::Unknown, _) if profile.placeholders > MANY_VALUES => false,
            (_, None) => self.file.commits_quickly(),
            (Pace::Quick, Some(_)) => true,
            (Pace::Unknown, Some(_)) => profile.verb == Verb::Insert,
        }
    }

    /// Runs a statement that writes to its end. It copies the rows, which are passed on when the statement can no
    /// longer fail. `generates`: it may generate keys.
    pub(super) fn write(&mut self, slot: Slot, in_place: bool, generates: bool) -> Result<Attempt<Written>> {
        // Writes to a disk are always timed, because the disk may become slow from one write to the next.
        let sampled = in_place && self.transaction.is_none() && self.file.is_in_memory();
        let began = if sampled { self.database.cursor(slot).profile().begin() } else { Some(Instant::now()) };
        self.watch.arm(in_place && self.transaction.is_none());
        self.watch.step_begins();
        self.database.forget_last_insert_id();
        self.file.keeper().let_go();
        self.database.collect_keys(generates && self.transaction.is_some());
        let end = self.run_to_end(slot);
        self.database.take_negative().into_iter().for_each(|table| self.file.floors().has_negative(table));
        let end = end.and_then(|rows| match self.database.returned_key(slot) {
            Ok(key) => Ok(key.unwrap_or(rows)),
            Err(error) => Err((ffi::SQLITE_OK, error)),
        });
        self.watch.arm(false);
        let time = began.map(|began| began.elapsed());
        if in_place {
            self.watch.worked(time.unwrap_or_else(|| self.database.cursor(slot).profile().end(None)));
        }
        self.settle(slot, time, end)
    }

    fn run_to_end(&mut self, slot: Slot) -> End<Batch> {
        let mut rows = Batch::default();
        let mut cursor = self.database.cursor(slot);
        let end = loop {
            match cursor.step() {
                Step::Row => rows.push(&cursor.row()),
                Step::Done => break Ok(()),
                Step::Failed(code) => break Err((code, cursor.error(code))),
            }
        };
        cursor.reset();
        end.map(|()| rows)
    }

    /// Evaluates the end of a statement that writes. The time is None when the statement is known to be quick.
    fn settle(&mut self, slot: Slot, time: Option<Duration>, end: End<Batch>) -> Result<Attempt<Written>> {
        let mut cursor = self.database.cursor(slot);
        match end {
            // The values stay bound for the next attempt.
            Err((code, _)) if error::is_busy(code) => return Ok(Attempt::Busy),
            Err((ffi::SQLITE_INTERRUPT, _)) if time.is_none_or(|time| time > BUDGET) => {
                cursor.profile().set_pace(Pace::Slow);
                return Ok(Attempt::Slow);
            }
            _ => cursor.clear_large_bindings(),
        }
        let before = *cursor.profile();
        let rows = end.map_err(|(_, error)| error)?;
        if let Some(time) = time {
            cursor.profile().took(time);
            // The time of a slow statement says nothing about the disk.
            if self.transaction.is_none() && before.pace() != Pace::Slow {
                self.file.committed_in(time);
            }
        }
        let outcome = if before.changes_rows() { self.outcome() } else { Outcome::default() };
        Ok(Attempt::Done(Written { outcome, rows }))
    }

    fn outcome(&self) -> Outcome {
        let rows = self.database.connection().changes();
        // For several rows SQLite reports the key of the last one, which is not the requested one.
        let last_insert_id = if rows == 1 { self.database.last_insert_id() } else { None };
        Outcome::new(rows, last_insert_id)
    }

    /// Runs a statement of this library and ignores its rows.
    pub(super) fn run(&mut self, text: &str) -> Result<Attempt<()>> {
        let Prepared::One(slot) = self.database.prepare(text, None)? else { return Ok(Attempt::Done(())) };
        match self.run_to_end(slot) {
            Ok(_) => Ok(Attempt::Done(())),
            Err((code, _)) if error::is_busy(code) => Ok(Attempt::Busy),
            Err((_, error)) => Err(error),
        }
    }

    /// Whether the write-ahead log is due for a checkpoint.
    pub(super) fn checkpoint_is_due(&self) -> bool {
        self.transaction.is_none() && self.file.wants_checkpoint(self.database.log_pages())
    }

    /// Makes a checkpoint: copies the write-ahead log into the database, as far as readers allow it. It only saves
    /// space, so an error does not concern the commit before it.
    pub(super) fn checkpoint(&mut self) {
        self.file.keeper().let_go();
        let pages = self.database.take_log_pages();
        let sizes = self
            .database
            .connection()
            .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| Ok((row.get::<_, u32>(1)?, row.get::<_, u32>(2)?)));
        // When another connection makes a checkpoint, this one waits for a longer log too.
        let left = sizes.map_or(pages, |(pages, copied)| pages.saturating_sub(copied));
        self.file.checkpointed(left);
    }
}
