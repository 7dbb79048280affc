//! Prepared statements that can be kept: across an await, and on every thread that their connection moves to.
//!
//! `rusqlite::Statement` borrows its connection and cannot change its thread, so a future could not hold one. A
//! [`Database`] owns a connection together with its prepared statements: they move together, and the statements are
//! dropped before the connection. Only this file and its folder have unsafe code. It relies on these facts:
//!
//! - A [`Statement`] is private to this file and lives in the `Database` of its connection until it is finalized, so
//!   its pointer is valid whenever it is reachable, and the connection outlives it.
//! - An SQLite connection without its own mutex may be used by one thread at a time. Access to a statement needs
//!   `&mut Database`, so no other thread uses the connection at that time.
//! - A cell borrows from the [`Cursor`] that it was read with, and every call that would move the cell (step, reset,
//!   bind) takes the cursor by `&mut`.
#![allow(unsafe_code, reason = "the C interface of SQLite; each block states why it is sound")]

mod compile;
mod inserted;
mod key;
mod row;
#[cfg(test)]
mod tests;
mod uses;

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use activerecord_core::sql::ReturnedKey;
use activerecord_core::{Error, Result};
use rusqlite::ffi;

use self::inserted::Inserted;
pub(crate) use self::row::{Cell, Row};
use self::uses::Collector;
pub(crate) use self::uses::Uses;
use crate::cache::{Cache, Capacity, Slot};
use crate::error;
use crate::profile::Profile;

/// The statements that are kept, and the bytes that they need in SQLite.
const CAPACITY: Capacity = Capacity { entries: 512, bytes: 8 * 1024 * 1024, longest: 256 * 1024 };

/// A statement with more placeholders than this keeps none of its values after the run.
const MANY: usize = 128;

/// A bound text or blob of more bytes than this is removed from its statement after the run.
const LARGE: usize = 4096;

/// The encoding of bound text. The constant is a `c_int`, and the parameter a `c_uchar`.
const UTF8: u8 = 1;
const _: () = assert!(UTF8 as i32 == ffi::SQLITE_UTF8);

/// SQLite calls this after a commit.
unsafe extern "C" fn committed(counter: *mut c_void, _: *mut ffi::sqlite3, _: *const c_char, pages: c_int) -> c_int {
    // SAFETY: the counter that was registered with the hook, and outlives the connection.
    unsafe { (*counter.cast::<AtomicU32>()).store(u32::try_from(pages).unwrap_or_default(), Ordering::Relaxed) };
    ffi::SQLITE_OK
}

/// A connection and its prepared statements.
pub(crate) struct Database {
    // Declared, and so dropped, before the connection.
    statements: Cache<Statement>,
    anchor: Option<Statement>,
    connection: rusqlite::Connection,
    /// The pages in the write-ahead log after the last commit. The connection writes to it, so it is dropped after it.
    log_pages: Box<AtomicU32>,
    /// The rows that the connection inserts. SQLite writes to it, so it is dropped after the connection.
    inserted: Box<Inserted>,
    uses: Collector,
}

/// The result of preparing a text.
pub(crate) enum Prepared {
    /// One statement.
    One(Slot),
    /// No statement or several: a script.
    Script,
}

impl Database {
    pub(crate) fn new(connection: rusqlite::Connection) -> Self {
        let log_pages = Box::<AtomicU32>::default();
        // This replaces SQLite's own checkpoints, which would run inside a commit.
        // SAFETY: the handle is valid, and the counter stays where it is for as long as the connection is open.
        unsafe {
            ffi::sqlite3_wal_hook(connection.handle(), Some(committed), (&raw const *log_pages).cast_mut().cast())
        };
        let inserted = Inserted::install(&connection);
        let uses = Collector::install(&connection);
        Self { statements: Cache::new(CAPACITY), anchor: None, connection, log_pages, inserted, uses }
    }

    /// The pages in the write-ahead log after the last commit.
    pub(crate) fn log_pages(&self) -> u32 {
        self.log_pages.load(Ordering::Relaxed)
    }

    /// The pages in the write-ahead log after the last commit; the next call returns 0.
    pub(crate) fn take_log_pages(&self) -> u32 {
        self.log_pages.swap(0, Ordering::Relaxed)
    }

    /// The connection, for everything but statements.
    pub(crate) fn connection(&self) -> &rusqlite::Connection {
        &self.connection
    }

    /// Whether the file was moved or deleted since it was opened. Some file systems do not know.
    pub(crate) fn is_moved(&self) -> bool {
        let mut moved: c_int = 0;
        let place = (&raw mut moved).cast();
        // SAFETY: the handle is valid, and the control writes one int to the place.
        let code = unsafe {
            ffi::sqlite3_file_control(self.connection.handle(), ptr::null(), ffi::SQLITE_FCNTL_HAS_MOVED, place)
        };
        code == ffi::SQLITE_OK && moved != 0
    }

    /// Whether the statement of this text is prepared.
    pub(crate) fn has(&mut self, text: &str) -> bool {
        self.statements.find(text).is_some()
    }

    /// Finds the statement of this text, or prepares it. An INSERT that returns a key may return it by
    /// [`returned_key`](Self::returned_key) instead of a row.
    pub(crate) fn prepare(&mut self, text: &str, key: Option<&Arc<ReturnedKey>>) -> Result<Prepared> {
        if let Some(slot) = self.statements.find(text) {
            return Ok(Prepared::One(slot));
        }
        if let Some(key) = key
            && let Some(statement) = self.compile_for_key(text, key)?
        {
            return Ok(Prepared::One(self.keep(text, statement)));
        }
        Ok(match self.compile(text)? {
            Some(statement) => Prepared::One(self.keep(text, statement)),
            None => Prepared::Script,
        })
    }

    fn keep(&mut self, text: &str, statement: Statement) -> Slot {
        let bytes = statement.bytes();
        self.statements.insert(text, statement, bytes)
    }

    /// Compiles the text again when it is used next.
    pub(crate) fn forget(&mut self, text: &str) {
        self.statements.forget(text);
    }

    /// Prepares and runs the statements of a script one by one, and does not keep them.
    pub(crate) fn for_each(&mut self, mut script: &str, mut run: impl FnMut(Cursor<'_>) -> Result<()>) -> Result<()> {
        while !script.is_empty() {
            let (statement, tail) = self.compile_first(script)?;
            if let Some(mut statement) = statement {
                run(Cursor { statement: &mut statement })?;
            }
            script = if tail.len() < script.len() { tail } else { "" };
        }
        Ok(())
    }

    /// The statement in a slot.
    pub(crate) fn cursor(&mut self, slot: Slot) -> Cursor<'_> {
        Cursor { statement: self.statements.get_mut(slot) }
    }

    /// Keeps the connection's snapshot of the database after the end of the statement that is being read: by a second
    /// statement that reads very little and stays unfinished.
    pub(crate) fn anchor(&mut self) -> Result<()> {
        if self.anchor.is_none() {
            self.anchor = self.compile("PRAGMA schema_version")?;
        }
        let Some(anchor) = &mut self.anchor else { return Ok(()) };
        let mut cursor = Cursor { statement: anchor };
        match cursor.step() {
            Step::Row | Step::Done => Ok(()),
            Step::Failed(code) => Err(cursor.error(code)),
        }
    }

    /// Releases the snapshot of [`anchor`](Self::anchor).
    pub(crate) fn release_anchor(&mut self) {
        if let Some(anchor) = &mut self.anchor {
            Cursor { statement: anchor }.reset();
        }
    }

    /// Whether to collect the keys of the rows that the next statements insert.
    pub(crate) fn collect_keys(&self, collects: bool) {
        self.inserted.collect(collects);
    }

    /// The greatest key of each table that was collected since the last call.
    pub(crate) fn take_keys(&self) -> Vec<(String, i64)> {
        self.inserted.take()
    }

    /// The tables that got a negative key since the last call.
    pub(crate) fn take_negative(&self) -> Vec<String> {
        self.inserted.take_negative()
    }

    /// Resets the key of the last inserted row, so that [`last_insert_id`](Self::last_insert_id) concerns the next
    /// statement only.
    pub(crate) fn forget_last_insert_id(&mut self) {
        // SAFETY: the handle is the one of our own connection.
        unsafe { ffi::sqlite3_set_last_insert_rowid(self.connection.handle(), 0) }
    }

    /// The key of the row that was inserted last, since the last call of
    /// [`forget_last_insert_id`](Self::forget_last_insert_id).
    pub(crate) fn last_insert_id(&self) -> Option<i64> {
        Some(self.connection.last_insert_rowid()).filter(|id| *id != 0)
    }

    /// SQLite's message for the last failure.
    fn message(&self) -> String {
        // SAFETY: the handle is valid, and the text is copied before the next call.
        unsafe { last_message(self.connection.handle()) }
    }
}

/// A prepared statement. It never leaves its [`Database`].
struct Statement {
    raw: NonNull<ffi::sqlite3_stmt>,
    profile: Profile,
    /// Whether large values are bound, see [`LARGE`].
    large: bool,
    /// The key that it returns without a RETURNING clause.
    key: Option<key::Key>,
}

// SAFETY: a statement may be used on any thread if only one thread at a time uses its connection. It is reachable only
// through the `Database` that owns both, which is not Sync.
unsafe impl Send for Statement {}

impl Statement {
    /// # Safety
    /// `raw` is a statement without another owner.
    unsafe fn new(raw: NonNull<ffi::sqlite3_stmt>, text: &str, uses: Uses) -> Self {
        // SAFETY: the statement is valid.
        let (placeholders, readonly) =
            unsafe { (ffi::sqlite3_bind_parameter_count(raw.as_ptr()), ffi::sqlite3_stmt_readonly(raw.as_ptr()) != 0) };
        let placeholders = usize::try_from(placeholders).unwrap_or_default();
        Self { raw, profile: Profile::new(text, placeholders, readonly, uses), large: false, key: None }
    }

    /// The memory that SQLite needs for it.
    fn bytes(&self) -> usize {
        // SAFETY: the statement is valid.
        let bytes = unsafe { ffi::sqlite3_stmt_status(self.raw.as_ptr(), ffi::SQLITE_STMTSTATUS_MEMUSED, 0) };
        usize::try_from(bytes).unwrap_or_default()
    }
}

impl Drop for Statement {
    fn drop(&mut self) {
        // SAFETY: the statement is ours, and its connection is still open. The result repeats the last step's error.
        unsafe { ffi::sqlite3_finalize(self.raw.as_ptr()) };
    }
}

/// The result of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A row is ready.
    Row,
    /// The statement has ended.
    Done,
    /// It failed with this extended result code.
    Failed(c_int),
}

/// A statement in use.
pub(crate) struct Cursor<'d> {
    statement: &'d mut Statement,
}

impl Cursor<'_> {
    /// What the backend knows of the statement.
    pub(crate) fn profile(&mut self) -> &mut Profile {
        &mut self.statement.profile
    }

    /// Runs to the next row.
    #[inline]
    pub(crate) fn step(&mut self) -> Step {
        // SAFETY: the statement is valid, and no cell is borrowed, because `self` is not.
        match unsafe { ffi::sqlite3_step(self.raw()) } {
            ffi::SQLITE_ROW => Step::Row,
            ffi::SQLITE_DONE => Step::Done,
            code => Step::Failed(code),
        }
    }

    /// The row of the last step. If the step returned no row, it has no columns.
    #[inline]
    pub(crate) fn row(&self) -> Row<'_> {
        Row::new(self.statement)
    }

    /// Ends the run. A statement that writes must have ended before: a commit in here could fail unnoticed.
    #[inline]
    pub(crate) fn reset(&mut self) {
        // SAFETY: the statement is valid, and no cell is borrowed. The result repeats the last step's error.
        unsafe { ffi::sqlite3_reset(self.raw()) };
    }

    /// Removes large or many bound values: the statement stays prepared, and may not run again for a long time.
    #[inline]
    pub(crate) fn clear_large_bindings(&mut self) {
        if std::mem::take(&mut self.statement.large) || self.statement.profile.placeholders > MANY {
            // SAFETY: the statement is valid, and not running.
            unsafe { ffi::sqlite3_clear_bindings(self.raw()) };
        }
    }

    /// The error of a failed step.
    #[cold]
    pub(crate) fn error(&self, code: c_int) -> Error {
        // SAFETY: the statement is valid, so its connection is too; the text is copied before the next call.
        let message = unsafe { last_message(ffi::sqlite3_db_handle(self.raw())) };
        error::at_step(code, &message)
    }

    /// How many rows the last statement changed that changed any.
    pub(crate) fn changes(&self) -> u64 {
        // SAFETY: the statement is valid, so its connection is too.
        let changes = unsafe { ffi::sqlite3_changes64(ffi::sqlite3_db_handle(self.raw())) };
        u64::try_from(changes).unwrap_or_default()
    }

    /// Binds NULL at `index`, which starts at 1.
    #[inline]
    pub(crate) fn bind_null(&mut self, index: c_int) -> Result<()> {
        // SAFETY: the statement is valid; SQLite checks the index.
        self.bound(unsafe { ffi::sqlite3_bind_null(self.raw(), index) })
    }

    #[inline]
    pub(crate) fn bind_i64(&mut self, index: c_int, value: i64) -> Result<()> {
        // SAFETY: as for NULL.
        self.bound(unsafe { ffi::sqlite3_bind_int64(self.raw(), index, value) })
    }

    #[inline]
    pub(crate) fn bind_f64(&mut self, index: c_int, value: f64) -> Result<()> {
        // SAFETY: as for NULL.
        self.bound(unsafe { ffi::sqlite3_bind_double(self.raw(), index, value) })
    }

    #[inline]
    pub(crate) fn bind_text(&mut self, index: c_int, value: &str) -> Result<()> {
        let (data, length) = (value.as_ptr().cast::<c_char>(), value.len() as u64);
        self.statement.large |= value.len() > LARGE;
        // SAFETY: `length` readable bytes. With SQLITE_TRANSIENT SQLite copies them before it returns.
        self.bound(unsafe { ffi::sqlite3_bind_text64(self.raw(), index, data, length, ffi::SQLITE_TRANSIENT(), UTF8) })
    }

    #[inline]
    pub(crate) fn bind_bytes(&mut self, index: c_int, value: &[u8]) -> Result<()> {
        if value.is_empty() {
            // SAFETY: as for NULL. SQLite may bind a pointer to no bytes as NULL, but not an empty zeroblob.
            return self.bound(unsafe { ffi::sqlite3_bind_zeroblob(self.raw(), index, 0) });
        }
        self.statement.large |= value.len() > LARGE;
        let (data, length) = (value.as_ptr().cast(), value.len() as u64);
        // SAFETY: as for text.
        self.bound(unsafe { ffi::sqlite3_bind_blob64(self.raw(), index, data, length, ffi::SQLITE_TRANSIENT()) })
    }

    #[inline]
    fn bound(&self, code: c_int) -> Result<()> {
        if code == ffi::SQLITE_OK { Ok(()) } else { Err(self.error(code)) }
    }

    #[inline]
    fn raw(&self) -> *mut ffi::sqlite3_stmt {
        self.statement.raw.as_ptr()
    }
}

/// # Safety
/// `connection` is valid.
unsafe fn last_message(connection: *mut ffi::sqlite3) -> String {
    // SAFETY: the result is never null, and ends with a NUL.
    unsafe { CStr::from_ptr(ffi::sqlite3_errmsg(connection)).to_string_lossy().into_owned() }
}
