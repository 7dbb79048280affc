//! Conversions from cells to Rust types.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use uuid::Uuid;

use super::{ArrayElement, ValueRef, json, text};
use crate::error::{Error, Result};

/// A type that can be read from a cell. A type of a column implements this trait and [`ToValue`](super::ToValue).
///
/// ```
/// # use activerecord_core::{Error, FromValue, Result, ToValue, Value, ValueRef, ValueType};
/// #[derive(Debug, PartialEq)]
/// struct Email(String);
///
/// impl FromValue for Email {
///     fn from_value(value: ValueRef<'_>) -> Result<Self> {
///         let text = String::from_value(value)?;
///         if text.contains('@') { Ok(Self(text)) } else { Err(Error::conversion("an e-mail address contains an @")) }
///     }
/// }
///
/// impl ToValue for Email {
///     const TYPE: ValueType = ValueType::Text;
///
///     fn to_value(&self) -> Value {
///         self.0.to_value()
///     }
/// }
///
/// let email = Email("a@example.com".to_owned());
/// assert_eq!(Email::from_value(email.to_value().as_cell())?, email);
/// # Ok::<(), Error>(())
/// ```
///
/// The conversions of both traits are the same on every database:
///
#[doc = include_str!("conversions.md")]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from a column",
    label = "not a column type",
    note = "wrap any serde type as `Json<{Self}>`, or mark a field that is not a column with #[skip]"
)]
pub trait FromValue: Sized {
    /// Reads the cell. The caller adds the column and the model to the error.
    ///
    /// # Errors
    /// `Conversion` when the cell does not fit the type. The message must not contain the value.
    fn from_value(value: ValueRef<'_>) -> Result<Self>;
}

/// The name of a field's type, without the modules that it comes from.
fn field_type<T>() -> String {
    let full = std::any::type_name::<T>();
    let mut name = String::with_capacity(full.len());
    for part in full.split_inclusive(['<', '>', ',', ' ', '(', ')', '&', '[', ']', ';']) {
        name.push_str(part.rsplit("::").next().unwrap_or(part));
    }
    name
}

/// The error of a cell of the wrong type.
#[cold]
pub(super) fn mismatch<T>(found: &ValueRef<'_>) -> Error {
    let expected = field_type::<T>();
    Error::conversion(match found {
        ValueRef::Null => format!("NULL cannot be read as {expected}; declare a nullable field as an Option"),
        other => format!("{} cannot be read as {expected}", other.type_name()),
    })
}

/// The error of a cell whose type fits, but whose value does not.
#[cold]
fn out_of_range<T>(found: &ValueRef<'_>) -> Error {
    let expected = field_type::<T>();
    Error::conversion(format!(
        "{} cannot be read as {expected}: the value is malformed or out of range",
        found.type_name()
    ))
}

impl<T: FromValue> FromValue for Option<T> {
    #[inline]
    fn from_value(value: ValueRef<'_>) -> Result<Self> {
        match value {
            ValueRef::Null => Ok(None),
            value => T::from_value(value).map(Some),
        }
    }
}

impl FromValue for bool {
    #[inline]
    fn from_value(value: ValueRef<'_>) -> Result<Self> {
        match value {
            ValueRef::Bool(b) => Ok(b),
            ValueRef::I64(n @ (0 | 1)) => Ok(n == 1),
            ValueRef::U64(n @ (0 | 1)) => Ok(n == 1),
            // MySQL makes a decimal of the numbers of a CASE.
            ValueRef::Decimal(n) if n == Decimal::ZERO || n == Decimal::ONE => Ok(n == Decimal::ONE),
            ValueRef::I64(_) | ValueRef::U64(_) | ValueRef::Decimal(_) => Err(out_of_range::<Self>(&value)),
            other => Err(mismatch::<Self>(&other)),
        }
    }
}

macro_rules! integers {
    ($($integer:ty),*) => {$(
        impl FromValue for $integer {
            #[inline]
            fn from_value(value: ValueRef<'_>) -> Result<Self> {
                let read = match &value {
                    ValueRef::I64(n) => Self::try_from(*n).ok(),
                    ValueRef::U64(n) => Self::try_from(*n).ok(),
                    ValueRef::Decimal(decimal) if decimal.is_integer() => {
                        decimal.to_i128().and_then(|n| Self::try_from(n).ok())
                    }
                    ValueRef::Decimal(_) => None,
                    other => return Err(mismatch::<Self>(other)),
                };
                read.ok_or_else(|| out_of_range::<Self>(&value))
            }
        }
    )*};
}
integers!(i8, i16, i32, i64, u8, u16, u32, u64);

impl FromValue for f64 {
    #[inline]
    #[allow(clippy::cast_precision_loss, reason = "an integer read as a float is the nearest float, as in SQL")]
    fn from_value(value: ValueRef<'_>) -> Result<Self> {
        match value {
            ValueRef::F64(x) => Ok(x),
            ValueRef::I64(n) => Ok(n as Self),
            ValueRef::U64(n) => Ok(n as Self),
            // Not to_f64: it is not always the nearest float.
            ValueRef::Decimal(decimal) => decimal.to_string().parse().map_err(|_| out_of_range::<Self>(&value)),
            other => Err(mismatch::<Self>(&other)),
        }
    }
}

impl FromValue for f32 {
    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "the table of conversions says that an f32 is the nearest")]
    fn from_value(value: ValueRef<'_>) -> Result<Self> {
        let x = f64::from_value(value.clone())?;
        let nearest = x as Self;
        if nearest.is_infinite() && x.is_finite() { Err(out_of_range::<Self>(&value)) } else { Ok(nearest) }
    }
}

impl FromValue for String {
    #[inline]
    fn from_value(value: ValueRef<'_>) -> Result<Self> {
        match value {
            ValueRef::Text(text) => Ok(text.to_owned()),
            other => Err(mismatch::<Self>(&other)),
        }
    }
}

impl FromValue for Vec<u8> {
    #[inline]
    fn from_value(value: ValueRef<'_>) -> Result<Self> {
        match value {
            ValueRef::Bytes(bytes) => Ok(bytes.to_vec()),
            other => Err(mismatch::<Self>(&other)),
        }
    }
}

impl FromValue for Decimal {
    fn from_value(value: ValueRef<'_>) -> Result<Self> {
        let read = match &value {
            ValueRef::Decimal(decimal) => Some(*decimal),
            ValueRef::I64(n) => Some(Self::from(*n)),
            ValueRef::U64(n) => Some(Self::from(*n)),
            // Not from_f64: it keeps the digits of the binary fraction, and 0.1 must stay 0.1.
            ValueRef::F64(x) => Self::from_str_exact(&x.to_string()).ok(),
            ValueRef::Text(text) => Self::from_str_exact(text).or_else(|_| Self::from_scientific(text)).ok(),
            other => return Err(mismatch::<Self>(other)),
        };
        read.ok_or_else(|| out_of_range::<Self>(&value))
    }
}

impl FromValue for Uuid {
    fn from_value(value: ValueRef<'_>) -> Result<Self> {
        let read = match &value {
            ValueRef::Uuid(uuid) => Some(*uuid),
            ValueRef::Text(text) => Self::try_parse(text).ok(),
            ValueRef::Bytes(bytes) => Self::from_slice(bytes).ok(),
            other => return Err(mismatch::<Self>(other)),
        };
        read.ok_or_else(|| out_of_range::<Self>(&value))
    }
}

impl FromValue for NaiveDate {
    fn from_value(value: ValueRef<'_>) -> Result<Self> {
        match &value {
            ValueRef::Date(date) => Ok(*date),
            ValueRef::Text(text) => text::parse_date(text).ok_or_else(|| out_of_range::<Self>(&value)),
            other => Err(mismatch::<Self>(other)),
        }
    }
}

impl FromValue for NaiveTime {
    fn from_value(value: ValueRef<'_>) -> Result<Self> {
        match &value {
            ValueRef::Time(time) => Ok(*time),
            ValueRef::Text(text) => text::parse_time(text).ok_or_else(|| out_of_range::<Self>(&value)),
            other => Err(mismatch::<Self>(other)),
        }
    }
}

impl FromValue for NaiveDateTime {
    fn from_value(value: ValueRef<'_>) -> Result<Self> {
        match &value {
            ValueRef::DateTime(time) => Ok(*time),
            ValueRef::Timestamp(time) => Ok(time.naive_utc()),
            ValueRef::Text(text) => text::parse_datetime(text).ok_or_else(|| out_of_range::<Self>(&value)),
            other => Err(mismatch::<Self>(other)),
        }
    }
}

impl FromValue for DateTime<Utc> {
    fn from_value(value: ValueRef<'_>) -> Result<Self> {
        match value {
            ValueRef::Timestamp(time) => Ok(time),
            other => NaiveDateTime::from_value(other).map(|time| time.and_utc()),
        }
    }
}

impl<T: ArrayElement + FromValue> FromValue for Vec<T> {
    fn from_value(value: ValueRef<'_>) -> Result<Self> {
        match value {
            ValueRef::Array(values) => values.iter().map(|value| T::from_value(value.as_cell())).collect(),
            ValueRef::Null => Err(mismatch::<Self>(&ValueRef::Null)),
            other => json::parse::<Vec<serde_json::Value>>(other)?
                .iter()
                .map(|element| T::from_value(json::as_cell(element)?))
                .collect(),
        }
    }
}
