//! Values as SQLite stores them: integers, floats, text and bytes. A value is bound as follows:
//!
//! | value | stored as |
//! |---|---|
//! | bool | 0 or 1 |
//! | integers | integer; a `u64` above `i64::MAX` is refused |
//! | floats | float; NaN, which SQLite would store as NULL, is refused |
//! | decimal | its exact text, with its scale |
//! | UUID | hyphenated lower-case text |
//! | dates and times | one canonical text, in UTC, in the order of time |
//! | JSON, arrays | JSON text |
//!
//! Reading returns NULL, integers, floats, text and bytes. Core converts them to the requested type.

use std::ffi::c_int;
use std::sync::Arc;

use activerecord_core::{Error, Result, RowRef, Value, ValueRef, format_date, format_datetime, format_time};

use crate::error;
use crate::statement::{Cell, Cursor, Row};

/// Binds the values to the statement's placeholders.
///
/// # Errors
/// `InvalidStatement` when there are not as many values as placeholders; `Conversion` when SQLite cannot hold a value.
pub(crate) fn bind(cursor: &mut Cursor<'_>, values: &[Value]) -> Result<()> {
    if values.len() != cursor.profile().placeholders {
        return Err(error::bind_count(cursor.profile().placeholders, values.len()));
    }
    for (index, value) in (1..).zip(values) {
        bind_one(cursor, index, value).map_err(|error| at(error, index))?;
    }
    Ok(())
}

fn bind_one(cursor: &mut Cursor<'_>, index: c_int, value: &Value) -> Result<()> {
    match value {
        Value::Null(_) => cursor.bind_null(index),
        Value::Bool(b) => cursor.bind_i64(index, i64::from(*b)),
        Value::I16(n) => cursor.bind_i64(index, i64::from(*n)),
        Value::I32(n) => cursor.bind_i64(index, i64::from(*n)),
        Value::I64(n) => cursor.bind_i64(index, *n),
        Value::U64(n) => cursor.bind_i64(index, i64::try_from(*n).map_err(|_| too_large())?),
        Value::F32(x) => bind_float(cursor, index, f64::from(*x)),
        Value::F64(x) => bind_float(cursor, index, *x),
        Value::Text(text) | Value::Json(text) => cursor.bind_text(index, text),
        Value::Bytes(bytes) => cursor.bind_bytes(index, bytes),
        Value::Decimal(decimal) => cursor.bind_text(index, &decimal.to_string()),
        Value::Uuid(uuid) => cursor.bind_text(index, &uuid.to_string()),
        Value::Date(date) => cursor.bind_text(index, &format_date(*date)?),
        Value::Time(time) => cursor.bind_text(index, &format_time(*time)),
        Value::DateTime(time) => cursor.bind_text(index, &format_datetime(*time)?),
        Value::Timestamp(time) => cursor.bind_text(index, &format_datetime(time.naive_utc())?),
        Value::Array(_, elements) => {
            elements.iter().try_for_each(finite)?;
            cursor.bind_text(index, &value.to_json().to_string())
        }
        other => Err(unknown(other)),
    }
}

fn bind_float(cursor: &mut Cursor<'_>, index: c_int, value: f64) -> Result<()> {
    if value.is_nan() {
        return Err(Error::conversion("SQLite has no NaN: it would store NULL"));
    }
    cursor.bind_f64(index, value)
}

/// Refuses NaN and infinities, which JSON would turn into NULL.
fn finite(element: &Value) -> Result<()> {
    match element {
        Value::F32(x) if !x.is_finite() => Err(not_finite()),
        Value::F64(x) if !x.is_finite() => Err(not_finite()),
        _ => Ok(()),
    }
}

#[cold]
fn not_finite() -> Error {
    Error::conversion("SQLite stores a list as JSON, which has no NaN and no infinity")
}

#[cold]
fn at(error: Error, index: c_int) -> Error {
    error.context(format_args!("the value of placeholder {index}"))
}

#[cold]
fn too_large() -> Error {
    Error::conversion("SQLite stores integers up to 9223372036854775807, and this one is greater")
}

#[cold]
fn unknown(value: &Value) -> Error {
    Error::conversion(format!("SQLite cannot store a {}", value.ty().name()))
}

impl<'c> Cell<'c> {
    /// The cell as a value.
    ///
    /// # Errors
    /// `Conversion` when a text is not UTF-8.
    #[inline]
    pub(crate) fn value(self) -> Result<ValueRef<'c>> {
        match self {
            Self::Null => Ok(ValueRef::Null),
            Self::I64(n) => Ok(ValueRef::I64(n)),
            Self::F64(x) => Ok(ValueRef::F64(x)),
            Self::Text(text) => std::str::from_utf8(text).map(ValueRef::Text).map_err(error::not_utf8),
            Self::Bytes(bytes) => Ok(ValueRef::Bytes(bytes)),
        }
    }
}

/// Rows copied out of SQLite, to be read later or on another thread. All rows together take three allocations.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    names: Arc<[Box<str>]>,
    cells: Vec<Kept>,
    bytes: Vec<u8>,
    rows: usize,
}

/// A cell of a batch. Text and bytes are ranges in the batch's bytes.
#[derive(Clone, Copy, Debug)]
enum Kept {
    Null,
    I64(i64),
    F64(f64),
    Text(usize, usize),
    Bytes(usize, usize),
}

impl Batch {
    /// One row of one integer.
    pub(crate) fn of_key(names: Arc<[Box<str>]>, key: i64) -> Self {
        Self { names, cells: vec![Kept::I64(key)], bytes: Vec::new(), rows: 1 }
    }

    /// Copies a row.
    pub(crate) fn push(&mut self, row: &Row<'_>) {
        if self.rows == 0 {
            self.names = (0..row.len()).map(|ordinal| row.column_name(ordinal).into()).collect();
        }
        for ordinal in 0..row.len() {
            let kept = match row.cell(ordinal) {
                Some(Cell::I64(n)) => Kept::I64(n),
                Some(Cell::F64(x)) => Kept::F64(x),
                Some(Cell::Text(text)) => self.keep(text, Kept::Text),
                Some(Cell::Bytes(bytes)) => self.keep(bytes, Kept::Bytes),
                Some(Cell::Null) | None => Kept::Null,
            };
            self.cells.push(kept);
        }
        self.rows += 1;
    }

    fn keep(&mut self, bytes: &[u8], kept: fn(usize, usize) -> Kept) -> Kept {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        kept(start, self.bytes.len())
    }

    /// The number of rows.
    pub(crate) fn len(&self) -> usize {
        self.rows
    }

    /// The memory of the rows, in bytes.
    pub(crate) fn size(&self) -> usize {
        self.bytes.len() + self.cells.len() * size_of::<Kept>()
    }

    /// The row at `index`.
    pub(crate) fn row(&self, index: usize) -> BatchRow<'_> {
        let width = self.names.len();
        BatchRow { batch: self, cells: self.cells.get(index * width..(index + 1) * width).unwrap_or_default() }
    }
}

/// A row of a [`Batch`].
#[derive(Debug)]
pub(crate) struct BatchRow<'b> {
    batch: &'b Batch,
    cells: &'b [Kept],
}

impl RowRef for BatchRow<'_> {
    fn len(&self) -> usize {
        self.cells.len()
    }

    fn value(&self, ordinal: usize) -> Result<ValueRef<'_>> {
        let bytes = |start, end| &self.batch.bytes[start..end];
        let cell = match *self.cells.get(ordinal).ok_or_else(|| error::no_cell(ordinal, self.cells.len()))? {
            Kept::Null => Cell::Null,
            Kept::I64(n) => Cell::I64(n),
            Kept::F64(x) => Cell::F64(x),
            Kept::Text(start, end) => Cell::Text(bytes(start, end)),
            Kept::Bytes(start, end) => Cell::Bytes(bytes(start, end)),
        };
        cell.value()
    }

    fn column_name(&self, ordinal: usize) -> &str {
        self.batch.names.get(ordinal).map_or("", |name| name)
    }
}
