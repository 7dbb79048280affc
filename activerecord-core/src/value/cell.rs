//! One cell of a row, and the way rows are handed over.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::{Value, ValueType};
use crate::error::Result;

/// One cell, borrowed from the row that the driver holds.
///
/// A backend uses the variant nearest to what its driver has: SQLite has integers, floats, text and bytes only, and the
/// conversions of [`FromValue`](super::FromValue) do the rest.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ValueRef<'r> {
    /// NULL.
    Null,
    /// A truth value.
    Bool(bool),
    /// An integer of any signed width.
    I64(i64),
    /// An unsigned integer.
    U64(u64),
    /// A float of either width.
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
    /// A date and time of no time zone.
    DateTime(NaiveDateTime),
    /// An instant.
    Timestamp(DateTime<Utc>),
    /// JSON, as text.
    Json(&'r str),
    /// A native array.
    Array(Vec<Value>),
}

impl ValueRef<'_> {
    /// What the cell holds, for messages; never the value itself.
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

    /// An owned copy. NULL loses its type and becomes a NULL of text.
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

/// One row, where the driver holds it. It is read by ordinal.
pub trait RowRef {
    /// The number of columns.
    fn len(&self) -> usize;

    /// Whether there are no columns.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The cell at `ordinal`.
    ///
    /// # Errors
    /// `Conversion` when the driver cannot hand the cell out (text that is not UTF-8), or has no such column.
    fn value(&self, ordinal: usize) -> Result<ValueRef<'_>>;

    /// The name of the column at `ordinal`; empty when there is none.
    fn column_name(&self, ordinal: usize) -> &str;
}

/// What a [`Sink`] wants next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// The next row.
    More,
    /// The next row, but only after the future of the fetch has returned `Pending` once. It need not wake: whoever
    /// asked for the pause polls again.
    Pause,
    /// No further row.
    Stop,
}

/// Takes each row of a result where it lies.
pub type Sink<'s> = dyn FnMut(&dyn RowRef) -> Result<Flow> + Send + 's;
