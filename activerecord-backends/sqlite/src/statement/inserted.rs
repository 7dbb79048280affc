//! The rows that a connection inserts, as SQLite reports them.

use std::cell::{Cell, RefCell};
use std::ffi::{CStr, c_char, c_int, c_void};
use std::mem;

use rusqlite::ffi;

/// The tables with inserted rows: SQLite's update hook fills it.
#[derive(Debug, Default)]
pub(super) struct Inserted {
    /// Whether the greatest keys are collected.
    collects: Cell<bool>,
    greatest: RefCell<Vec<Greatest>>,
    /// The tables with new negative keys.
    negative: RefCell<Vec<String>>,
}

#[derive(Debug)]
struct Greatest {
    schema: Box<CStr>,
    table: Box<CStr>,
    key: i64,
}

/// SQLite calls this for each row of a table with rowids that is inserted, updated or deleted.
unsafe extern "C" fn changed(
    inserted: *mut c_void,
    operation: c_int,
    schema: *const c_char,
    table: *const c_char,
    key: i64,
) {
    // SAFETY: it was registered with the hook, and outlives the connection.
    let inserted = unsafe { &*inserted.cast::<Inserted>() };
    let collects = inserted.collects.get() && operation == ffi::SQLITE_INSERT;
    if operation == ffi::SQLITE_DELETE || !(collects || key < 0) {
        return;
    }
    // SAFETY: the names are valid for the call, and end with a NUL.
    let (schema, table) = unsafe { (CStr::from_ptr(schema), CStr::from_ptr(table)) };
    if key < 0 {
        inserted.negative.borrow_mut().push(name(schema, table));
    } else {
        inserted.add(schema, table, key);
    }
}

impl Inserted {
    /// Makes SQLite report the changes of this connection.
    pub(super) fn install(connection: &rusqlite::Connection) -> Box<Self> {
        let inserted = Box::<Self>::default();
        // SAFETY: the handle is valid, and the box stays where it is for as long as the connection is open. SQLite calls
        // the hook only during a step, on the thread that makes it.
        unsafe {
            ffi::sqlite3_update_hook(connection.handle(), Some(changed), (&raw const *inserted).cast_mut().cast())
        };
        inserted
    }

    fn add(&self, schema: &CStr, table: &CStr, key: i64) {
        let mut greatest = self.greatest.borrow_mut();
        // The last one is the most frequent one.
        match greatest.iter_mut().rev().find(|entry| *entry.table == *table && *entry.schema == *schema) {
            Some(entry) => entry.key = entry.key.max(key),
            None => greatest.push(Greatest { schema: schema.into(), table: table.into(), key }),
        }
    }

    /// Whether to collect the keys of the next statements.
    pub(super) fn collect(&self, collects: bool) {
        self.collects.set(collects);
    }

    /// The greatest key of each table since the last call.
    pub(super) fn take(&self) -> Vec<(String, i64)> {
        let greatest = mem::take(&mut *self.greatest.borrow_mut());
        greatest.into_iter().map(|entry| (name(&entry.schema, &entry.table), entry.key)).collect()
    }

    /// The tables with new negative keys since the last call.
    pub(super) fn take_negative(&self) -> Vec<String> {
        mem::take(&mut *self.negative.borrow_mut())
    }
}

/// A table's name with its schema, as `floors::place` writes it.
fn name(schema: &CStr, table: &CStr) -> String {
    format!("{}.{}", schema.to_string_lossy(), table.to_string_lossy()).to_ascii_lowercase()
}
