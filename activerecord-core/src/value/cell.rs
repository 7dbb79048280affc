//! One cell of a row, and how a backend passes rows on.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::{Value, ValueType};
use crate::error::Result;

/// One cell, borrowed from the driver's row.
///
/// A backend uses the variant closest to the driver's type. For example, the SQLite backend uses only integers, floats,
/// text and bytes. [`FromValue`](super::FromValue) converts them to the type of the field.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ValueRef<'r> {
    /// NULL.
    Null,
    /// A boolean.
    Bool(bool),
    /// A signed integer of any width.
    I64(i64),
    /// An unsigned integer.
    U64(u64),
    /// A single-precision or double-precision float.
    F64(f64),
    /// Text.
    Text(&'r str),
    /// Bytes.
    Bytes(&'r [u8]),
    /// An exact decimal number.
    Decimal(Decimal),
    /// A UUID.
    Uuid(Uuid),
    /// A calendar date.
    Date(NaiveDate),
    /// A time of day.
    Time(NaiveTime),
    /// A date and time without a time zone.
    DateTime(NaiveDateTime),
    /// An instant, in UTC.
    Timestamp(DateTime<Utc>),
    /// JSON, as text.
    Json(&'r str),
    /// A native array.
    Array(Vec<Value>),
}

impl ValueRef<'_> {
    /// Returns the name of the cell's type for messages, such as "an integer". It does not contain the value.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "NULL",
            Self::Bool(_) => "a boolean",
            Self::I64(_) => "an integer",
            Self::U64(_) => "an unsigned integer",
            Self::F64(_) => "a float",
            Self::Text(_) => "text",
            Self::Bytes(_) => "bytes",
            Self::Decimal(_) => "a decimal",
            Self::Uuid(_) => "a UUID",
            Self::Date(_) => "a date",
            Self::Time(_) => "a time",
            Self::DateTime(_) => "a date and time",
            Self::Timestamp(_) => "a timestamp",
            Self::Json(_) => "JSON",
            Self::Array(_) => "an array",
        }
    }

    /// Returns an owned copy. The type of a NULL is not known here; the copy is a NULL of type text.
    pub fn to_owned(&self) -> Value {
        match self {
            Self::Null => Value::Null(ValueType::Text),
            Self::Bool(b) => Value::Bool(*b),
            Self::I64(n) => Value::I64(*n),
            Self::U64(n) => Value::U64(*n),
            Self::F64(x) => Value::F64(*x),
            Self::Text(text) => Value::Text((*text).into()),
            Self::Bytes(bytes) => Value::Bytes((*bytes).into()),
            Self::Decimal(decimal) => Value::Decimal(*decimal),
            Self::Uuid(uuid) => Value::Uuid(*uuid),
            Self::Date(date) => Value::Date(*date),
            Self::Time(time) => Value::Time(*time),
            Self::DateTime(time) => Value::DateTime(*time),
            Self::Timestamp(time) => Value::Timestamp(*time),
            Self::Json(json) => Value::Json((*json).into()),
            Self::Array(values) => {
                let element = values.first().and_then(|value| value.ty().as_static());
                Value::Array(element.unwrap_or(&ValueType::Text), values.clone())
            }
        }
    }
}

/// One row in the driver's memory. Cells are read by ordinal.
pub trait RowRef {
    /// Returns the number of columns.
    fn len(&self) -> usize;

    /// Returns true when the row has no columns.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the cell at `ordinal`.
    ///
    /// # Errors
    /// `Conversion` when the row has no such column, or the driver cannot read the cell, such as text that is not
    /// UTF-8.
    fn value(&self, ordinal: usize) -> Result<ValueRef<'_>>;

    /// Returns the name of the column at `ordinal`, or an empty text when the row has no such column.
    fn column_name(&self, ordinal: usize) -> &str;
}

/// How a fetch continues after a row.
// Not `#[non_exhaustive]`: every backend must handle every variant, so a new one must break its build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Push the next row.
    More,
    /// Return `Pending` once, then push the next row. The backend does not have to wake the task: the caller polls
    /// again.
    Pause,
    /// Push no further row.
    Stop,
}

/// Receives each row of a result without a copy, and decides how the fetch continues.
pub type Sink<'s> = dyn FnMut(&dyn RowRef) -> Result<Flow> + Send + 's;
