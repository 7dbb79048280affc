//! Values that are bound to statements and read from rows.
//!
//! A [`Value`] is owned and bound to a statement. A [`ValueRef`] borrows one cell of the driver's row. [`ToValue`] and
//! [`FromValue`] convert between them and Rust types, by this table:
//!
#![doc = include_str!("conversions.md")]

mod cell;
mod from_value;
mod json;
mod limits;
mod read;
mod representable;
mod row;
pub(crate) mod row_digest;
mod stored;
mod text;
mod to_value;
mod typed;

pub use cell::{Flow, RowRef, Sink, ValueRef};
pub use from_value::FromValue;
pub use json::Json;
pub use limits::Limits;
pub(crate) use read::{advance, cell};
pub use row::{Row, RowIndex, Unread};
pub use stored::Stored;
pub(crate) use stored::{Misspelt, Purpose, Spelling, canonical, is_same};
pub use text::{format_date, format_datetime, format_time};
pub use to_value::{ArrayElement, IntoParams, ToValue};

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

/// A value that is bound to a statement.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// NULL, with the type of the column: PostgreSQL plans a statement by the types of its first binds.
    Null(ValueType),
    /// A boolean.
    Bool(bool),
    /// A 16-bit integer.
    I16(i16),
    /// A 32-bit integer.
    I32(i32),
    /// A 64-bit integer.
    I64(i64),
    /// An unsigned 64-bit integer.
    U64(u64),
    /// A single-precision float.
    F32(f32),
    /// A double-precision float.
    F64(f64),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// An exact decimal number.
    Decimal(Decimal),
    /// A UUID.
    Uuid(Uuid),
    /// A calendar date.
    Date(NaiveDate),
    /// A time of day, with microseconds.
    Time(NaiveTime),
    /// A date and time without a time zone, with microseconds.
    DateTime(NaiveDateTime),
    /// An instant in UTC, with microseconds.
    Timestamp(DateTime<Utc>),
    /// JSON, as text.
    Json(String),
    /// Values of one type: a native array where the database supports arrays, JSON elsewhere.
    Array(&'static ValueType, Vec<Value>),
}

/// The type of a [`Value`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ValueType {
    /// See [`Value::Bool`].
    Bool,
    /// See [`Value::I16`].
    I16,
    /// See [`Value::I32`].
    I32,
    /// See [`Value::I64`].
    I64,
    /// See [`Value::U64`].
    U64,
    /// See [`Value::F32`].
    F32,
    /// See [`Value::F64`].
    F64,
    /// See [`Value::Text`].
    Text,
    /// See [`Value::Bytes`].
    Bytes,
    /// See [`Value::Decimal`].
    Decimal,
    /// See [`Value::Uuid`].
    Uuid,
    /// See [`Value::Date`].
    Date,
    /// See [`Value::Time`].
    Time,
    /// See [`Value::DateTime`].
    DateTime,
    /// See [`Value::Timestamp`].
    Timestamp,
    /// See [`Value::Json`].
    Json,
    /// See [`Value::Array`].
    Array(&'static ValueType),
}

impl ValueType {
    /// Returns true for integers.
    pub(crate) fn is_integer(self) -> bool {
        matches!(self, Self::I16 | Self::I32 | Self::I64 | Self::U64)
    }
}

impl Value {
    /// Returns the type of this value.
    pub fn ty(&self) -> ValueType {
        match self {
            Self::Null(ty) => *ty,
            Self::Bool(_) => ValueType::Bool,
            Self::I16(_) => ValueType::I16,
            Self::I32(_) => ValueType::I32,
            Self::I64(_) => ValueType::I64,
            Self::U64(_) => ValueType::U64,
            Self::F32(_) => ValueType::F32,
            Self::F64(_) => ValueType::F64,
            Self::Text(_) => ValueType::Text,
            Self::Bytes(_) => ValueType::Bytes,
            Self::Decimal(_) => ValueType::Decimal,
            Self::Uuid(_) => ValueType::Uuid,
            Self::Date(_) => ValueType::Date,
            Self::Time(_) => ValueType::Time,
            Self::DateTime(_) => ValueType::DateTime,
            Self::Timestamp(_) => ValueType::Timestamp,
            Self::Json(_) => ValueType::Json,
            Self::Array(element, _) => ValueType::Array(element),
        }
    }

    /// Returns true for NULL.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null(_))
    }

    /// Returns true when a key or a timestamp with this value counts as not set: NULL, 0, the nil UUID, the Unix epoch.
    pub fn is_unset(&self) -> bool {
        match self {
            Self::Null(_) => true,
            Self::I16(n) => *n == 0,
            Self::I32(n) => *n == 0,
            Self::I64(n) => *n == 0,
            Self::U64(n) => *n == 0,
            Self::Uuid(uuid) => uuid.is_nil(),
            Self::Date(date) => *date == DateTime::UNIX_EPOCH.date_naive(),
            Self::DateTime(time) => *time == DateTime::UNIX_EPOCH.naive_utc(),
            Self::Timestamp(time) => *time == DateTime::UNIX_EPOCH,
            _ => false,
        }
    }

    /// Returns the value as a cell, which [`FromValue`] can read.
    pub fn as_cell(&self) -> ValueRef<'_> {
        match self {
            Self::Null(_) => ValueRef::Null,
            Self::Bool(b) => ValueRef::Bool(*b),
            Self::I16(n) => ValueRef::I64(i64::from(*n)),
            Self::I32(n) => ValueRef::I64(i64::from(*n)),
            Self::I64(n) => ValueRef::I64(*n),
            Self::U64(n) => ValueRef::U64(*n),
            Self::F32(x) => ValueRef::F64(f64::from(*x)),
            Self::F64(x) => ValueRef::F64(*x),
            Self::Text(text) => ValueRef::Text(text),
            Self::Bytes(bytes) => ValueRef::Bytes(bytes),
            Self::Decimal(decimal) => ValueRef::Decimal(*decimal),
            Self::Uuid(uuid) => ValueRef::Uuid(*uuid),
            Self::Date(date) => ValueRef::Date(*date),
            Self::Time(time) => ValueRef::Time(*time),
            Self::DateTime(time) => ValueRef::DateTime(*time),
            Self::Timestamp(time) => ValueRef::Timestamp(*time),
            Self::Json(json) => ValueRef::Json(json),
            Self::Array(_, values) => ValueRef::Array(values.clone()),
        }
    }
}

impl ValueType {
    /// Returns the same type with a `'static` address, for [`Value::Array`]; None for an array.
    pub(crate) fn as_static(self) -> Option<&'static Self> {
        Some(match self {
            Self::Bool => &Self::Bool,
            Self::I16 => &Self::I16,
            Self::I32 => &Self::I32,
            Self::I64 => &Self::I64,
            Self::U64 => &Self::U64,
            Self::F32 => &Self::F32,
            Self::F64 => &Self::F64,
            Self::Text => &Self::Text,
            Self::Bytes => &Self::Bytes,
            Self::Decimal => &Self::Decimal,
            Self::Uuid => &Self::Uuid,
            Self::Date => &Self::Date,
            Self::Time => &Self::Time,
            Self::DateTime => &Self::DateTime,
            Self::Timestamp => &Self::Timestamp,
            Self::Json => &Self::Json,
            Self::Array(_) => return None,
        })
    }

    /// Returns the name of the type, for messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bool => "boolean",
            Self::I16 => "16-bit integer",
            Self::I32 => "32-bit integer",
            Self::I64 => "64-bit integer",
            Self::U64 => "unsigned 64-bit integer",
            Self::F32 => "single-precision float",
            Self::F64 => "float",
            Self::Text => "text",
            Self::Bytes => "bytes",
            Self::Decimal => "decimal",
            Self::Uuid => "UUID",
            Self::Date => "date",
            Self::Time => "time",
            Self::DateTime => "date and time",
            Self::Timestamp => "timestamp",
            Self::Json => "JSON",
            Self::Array(_) => "array",
        }
    }
}
