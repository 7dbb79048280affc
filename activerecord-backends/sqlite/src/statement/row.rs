//! A row and its cells in SQLite's memory.

use std::ffi::{CStr, c_int};
use std::marker::PhantomData;
use std::ptr::NonNull;

use activerecord_core::{Result, RowRef, ValueRef};
use rusqlite::ffi;

use super::Statement;
use crate::error;

/// A row in SQLite's memory. Its cells are integers, floats, text, bytes and NULL.
#[derive(Debug)]
pub(crate) struct Row<'c> {
    raw: NonNull<ffi::sqlite3_stmt>,
    columns: usize,
    /// Borrows the cursor, which cannot step as long as the row exists.
    statement: PhantomData<&'c Statement>,
}

/// A cell of SQLite. Text may not be UTF-8.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cell<'c> {
    Null,
    I64(i64),
    F64(f64),
    Text(&'c [u8]),
    Bytes(&'c [u8]),
}

impl<'c> Row<'c> {
    #[inline]
    pub(super) fn new(statement: &'c Statement) -> Self {
        // SAFETY: the statement is valid.
        let columns = unsafe { ffi::sqlite3_data_count(statement.raw.as_ptr()) };
        Self { raw: statement.raw, columns: usize::try_from(columns).unwrap_or_default(), statement: PhantomData }
    }

    /// The cell at `ordinal`. None when the column does not exist, or when memory to convert its text is missing.
    #[inline]
    pub(crate) fn cell(&self, ordinal: usize) -> Option<Cell<'_>> {
        let index = self.index(ordinal)?;
        // SAFETY: the statement is on a row that has this column. The value is "unprotected": only one thread may read
        // it, the one that holds the cursor. Text and bytes stay valid until the cursor steps, and reading one cell as
        // its own type does not move another.
        unsafe {
            let cell = ffi::sqlite3_column_value(self.raw.as_ptr(), index);
            match ffi::sqlite3_value_type(cell) {
                ffi::SQLITE_INTEGER => Some(Cell::I64(ffi::sqlite3_value_int64(cell))),
                ffi::SQLITE_FLOAT => Some(Cell::F64(ffi::sqlite3_value_double(cell))),
                ffi::SQLITE_TEXT => {
                    let data = ffi::sqlite3_value_text(cell);
                    slice(data, ffi::sqlite3_value_bytes(cell)).map(Cell::Text)
                }
                ffi::SQLITE_BLOB => {
                    let data = ffi::sqlite3_value_blob(cell).cast();
                    // An empty blob has no address.
                    Some(Cell::Bytes(slice(data, ffi::sqlite3_value_bytes(cell)).unwrap_or_default()))
                }
                _ => Some(Cell::Null),
            }
        }
    }

    #[inline]
    fn index(&self, ordinal: usize) -> Option<c_int> {
        if ordinal < self.columns { c_int::try_from(ordinal).ok() } else { None }
    }
}

impl RowRef for Row<'_> {
    #[inline]
    fn len(&self) -> usize {
        self.columns
    }

    #[inline]
    fn value(&self, ordinal: usize) -> Result<ValueRef<'_>> {
        self.cell(ordinal).ok_or_else(|| error::no_cell(ordinal, self.columns))?.value()
    }

    fn column_name(&self, ordinal: usize) -> &str {
        let Some(index) = self.index(ordinal) else { return "" };
        // SAFETY: the statement has this column. The name stays valid until the statement is prepared again, which
        // happens in a step only, or until a call asks for the name in another encoding, which no code does. The name
        // comes from the SQL, which is UTF-8, or from the schema, which may not be.
        unsafe {
            let name = ffi::sqlite3_column_name(self.raw.as_ptr(), index);
            if name.is_null() { "" } else { CStr::from_ptr(name).to_str().unwrap_or_default() }
        }
    }
}

/// # Safety
/// `data` is null, or points to `length` readable bytes that are valid for `'a`.
#[inline]
unsafe fn slice<'a>(data: *const u8, length: c_int) -> Option<&'a [u8]> {
    let length = usize::try_from(length).ok()?;
    // SAFETY: the caller's promise.
    if data.is_null() { None } else { Some(unsafe { std::slice::from_raw_parts(data, length) }) }
}
