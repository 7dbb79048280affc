//! What goes to a blocking thread and comes back: the SQLite connection with its statements, its transaction, and its turn
//! in the writers' queue. All of it is synchronous.

use std::sync::Arc;
use std::time::{Duration, Instant};

use activerecord_core::backend::Outcome;
use activerecord_core::{Error, ErrorKind, Result, Value};
use rusqlite::ffi;

use super::watch::{BUDGET, Watch};
use crate::config::Settings;
use crate::dialect::Verb;
use crate::error;
use crate::file::{DatabaseFile, Turn};
use crate::statement::{Database, Pace, Prepared, Slot, Step};
use crate::value::{self, Batch};

/// One SQLite session. Dropping it rolls back and closes, and only then gives up the turn to write.
pub(super) struct Session {
    pub(super) database: Database,
    pub(super) transaction: Option<Open>,
    /// The turn to write: held by a transaction that may write, and by a statement outside one.
    pub(super) turn: Option<Turn>,
    pub(super) watch: Arc<Watch>,
    pub(super) file: Arc<DatabaseFile>,
    pub(super) busy_timeout: Duration,
    /// Whether the file or the connection has failed in a way that the next user would meet again.
    pub(super) broken: bool,
}

/// An open transaction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    pub(super) read_only: bool,
    /// The connection's count of changes at its begin.
    pub(super) changes: u64,
}

/// How an attempt went.
pub(super) enum Attempt<T> {
    Done(T),
    /// Somebody else holds a lock: try again later.
    Busy,
    /// It exceeded the budget, was undone, and can be made again on a thread.
    Slow,
}

/// What a statement that writes gave.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) outcome: Outcome,
    pub(super) rows: Batch,
}

/// A transaction with more changes than this is finished on a thread: the time that it takes grows with them.
const MANY_CHANGES: u64 = 1000;

impl Session {
    pub(super) fn new(
        mut connection: rusqlite::Connection,
        file: Arc<DatabaseFile>,
        settings: &Settings,
    ) -> Result<Self> {
        let watch = Watch::install(&mut connection).map_err(error::from_driver)?;
        Ok(Self {
            database: Database::new(connection),
            transaction: None,
            turn: None,
            watch,
            file,
            busy_timeout: settings.busy_timeout,
            broken: false,
        })
    }

    /// Whether the next user finds nothing of the last one.
    pub(super) fn is_reusable(&self) -> bool {
        !self.broken && self.transaction.is_none() && self.database.connection().is_autocommit()
    }

    /// The statement of a text, with its values bound.
    ///
    /// # Errors
    /// `InvalidStatement`, `Conversion`; `Transaction` when the database has ended the transaction on its own.
    pub(super) fn prepare(&mut self, text: &str, binds: &[Value]) -> Result<Prepared> {
        if self.transaction.is_some() && self.database.connection().is_autocommit() {
            return Err(ended());
        }
        let prepared = self.database.prepare(text)?;
        if let Prepared::One(slot) = prepared {
            let mut cursor = self.database.cursor(slot);
            if cursor.verb() == Verb::Transaction {
                return Err(transaction_control());
            }
            value::bind(&mut cursor, binds)?;
        }
        Ok(prepared)
    }

    /// Whether the statement may write now.
    ///
    /// # Errors
    /// `ReadOnly` in a transaction that only reads.
    pub(super) fn check_write(&self) -> Result<()> {
        match self.transaction {
            Some(Open { read_only: true, .. }) => {
                Err(Error::new(ErrorKind::ReadOnly, "the transaction is read-only, and the statement writes"))
            }
            _ => Ok(()),
        }
    }

    /// Runs a statement that writes to its end. Its rows are copied: they are handed out when it cannot fail any more.
    /// Inside a transaction it is never interrupted, because SQLite would roll back the whole transaction.
    pub(super) fn write(&mut self, slot: Slot, armed: bool) -> Result<Attempt<Written>> {
        let started = Instant::now();
        self.watch.arm(armed && self.transaction.is_none());
        self.watch.step_begins();
        self.database.forget_last_insert_id();
        let mut written = Written::default();
        let mut cursor = self.database.cursor(slot);
        let mut end = loop {
            match cursor.step() {
                Step::Row => written.rows.push(&cursor.row())?,
                Step::Done => break Ok(()),
                Step::Failed(code) => break Err((code, cursor.error(code))),
            }
        };
        if let (Step::Failed(code), Ok(())) = (cursor.reset(), &end) {
            end = Err((code, cursor.error(code)));
        }
        self.watch.arm(false);
        self.settle(slot, started.elapsed(), end.map(|()| written))
    }

    /// What the end of a writing statement means.
    fn settle(&mut self, slot: Slot, time: Duration, end: Result<Written, (i32, Error)>) -> Result<Attempt<Written>> {
        let mut cursor = self.database.cursor(slot);
        let pace = if time > BUDGET { Pace::Slow } else { Pace::Quick };
        match end {
            Ok(mut written) => {
                // The time of a statement of long standing says nothing about the disk.
                if self.transaction.is_none() && cursor.pace() != Pace::Slow {
                    self.file.committed_in(time);
                }
                cursor.set_pace(pace);
                if cursor.verb() == Verb::Change {
                    written.outcome = self.outcome();
                }
                Ok(Attempt::Done(written))
            }
            Err((code, _)) if error::is_busy(code) => Ok(Attempt::Busy),
            Err((ffi::SQLITE_INTERRUPT, _)) if pace == Pace::Slow => {
                cursor.set_pace(Pace::Slow);
                Ok(Attempt::Slow)
            }
            Err((code, error)) => Err(self.failed(code, error)),
        }
    }

    fn outcome(&self) -> Outcome {
        let rows = self.database.connection().changes();
        // SQLite tells the key of the last row only.
        let last_insert_id = if rows == 1 { self.database.last_insert_id() } else { None };
        Outcome { rows, last_insert_id }
    }

    /// Notes what an error means for the session.
    pub(super) fn failed(&mut self, code: i32, error: Error) -> Error {
        self.broken |= matches!(
            code & 0xff,
            ffi::SQLITE_IOERR | ffi::SQLITE_CORRUPT | ffi::SQLITE_NOTADB | ffi::SQLITE_CANTOPEN | ffi::SQLITE_NOMEM
        );
        error
    }

    /// Runs a statement of this library's own that gives no rows.
    pub(super) fn run(&mut self, text: &str) -> Result<Attempt<()>> {
        let Prepared::One(slot) = self.database.prepare(text)? else { return Ok(Attempt::Done(())) };
        let mut cursor = self.database.cursor(slot);
        let step = loop {
            match cursor.step() {
                Step::Row => {}
                Step::Done => break None,
                Step::Failed(code) => break Some((code, cursor.error(code))),
            }
        };
        cursor.reset();
        match step {
            None => Ok(Attempt::Done(())),
            Some((code, _)) if error::is_busy(code) => Ok(Attempt::Busy),
            Some((code, error)) => Err(self.failed(code, error)),
        }
    }

    /// Whether the open transaction has changed much.
    pub(super) fn has_many_changes(&self) -> bool {
        let changes = self.database.connection().total_changes();
        self.transaction.is_some_and(|open| changes - open.changes > MANY_CHANGES)
    }

    /// Whether the write-ahead log has become long.
    pub(super) fn wants_checkpoint(&self) -> bool {
        self.transaction.is_none() && self.file.wants_checkpoint(self.watch.log_pages())
    }

    /// Copies the write-ahead log into the database, as far as no reader needs what is there. It is a matter of space:
    /// an error does not concern who has just committed.
    pub(super) fn checkpoint(&mut self) {
        self.watch.clear_log_pages();
        let sizes = self
            .database
            .connection()
            .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| Ok((row.get::<_, u32>(1)?, row.get::<_, u32>(2)?)));
        if let Ok((pages, copied)) = sizes {
            self.file.checkpointed(pages.saturating_sub(copied));
        }
    }

    /// Rolls back, unless the database has done so. Then the turn to write can go.
    pub(super) fn roll_back(&mut self) -> Result<Attempt<()>> {
        if !self.database.connection().is_autocommit() {
            if let Attempt::Busy = self.run("ROLLBACK")? {
                return Ok(Attempt::Busy);
            }
        }
        self.leave();
        Ok(Attempt::Done(()))
    }

    /// Forgets the transaction, which has ended.
    pub(super) fn leave(&mut self) {
        if self.transaction.take().is_some_and(|open| open.read_only) && self.run("PRAGMA query_only = 0").is_err() {
            self.broken = true;
        }
        self.turn = None;
    }
}

/// The error of a statement in a transaction that is no more.
#[cold]
pub(super) fn ended() -> Error {
    Error::new(
        ErrorKind::Transaction,
        "the database has rolled the transaction back after an earlier error; roll it back here too, and begin a new one",
    )
}

#[cold]
fn transaction_control() -> Error {
    error::invalid_statement(
        "BEGIN, COMMIT, ROLLBACK and savepoints are not sent as SQL: use a transaction of this library, which knows when it ends",
    )
}
