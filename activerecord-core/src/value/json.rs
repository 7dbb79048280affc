//! Columns that hold a serde type as JSON.

use std::borrow::Cow;
use std::ops::{Deref, DerefMut};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::error::Category;

use super::representable::is_json;
use super::{FromValue, ToValue, Value, ValueRef, ValueType, text};
use crate::error::{Error, Result};

/// A column that stores a serde type as JSON. `Json<T>` serializes as `T` itself.
///
/// A statement that binds a `T` which could not be read again fails with `Conversion`: a map whose keys are not strings, a
/// float that is NaN or infinite, which JSON cannot represent, or a value that is nested more than 127 levels.
///
/// `eq`, `ne`, `is_in` and `count_distinct` compare documents by their content: `1` equals `1.0`, and the order of members
/// and spaces do not matter. Where the result has the document itself (DISTINCT, set operators, GROUP BY), SQLite and
/// MariaDB compare its text. Documents that this library wrote from one type differ there only if their maps have no order.
/// MariaDB 10.6 always compares the text, and later versions distinguish a character from its escape.
///
/// ```no_run
/// # use activerecord::prelude::*;
/// # use activerecord_core::Json;
/// #[derive(ActiveRecord)]
/// struct Flight {
///     #[primary_key]
///     id: i64,
///     meals: Json<Vec<String>>,
/// }
///
/// # async fn example() -> activerecord_core::Result<()> {
/// let mut flight = Flight::find(7).await?;
/// flight.meals.push("vegan".to_owned());
/// flight.save().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Json<T>(pub T);

impl<T> Deref for Json<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Json<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T> From<T> for Json<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T: Serialize> ToValue for Json<T> {
    const TYPE: ValueType = ValueType::Json;

    fn to_value(&self) -> Value {
        Value::Json(written(&self.0))
    }
}

impl<T: DeserializeOwned> FromValue for Json<T> {
    fn from_value(value: ValueRef<'_>) -> Result<Self> {
        parse(value).map(Self)
    }
}

impl FromValue for serde_json::Value {
    fn from_value(value: ValueRef<'_>) -> Result<Self> {
        parse(value)
    }
}

/// Returns a value as JSON. The empty text is not valid JSON. It marks a value that JSON cannot represent; `Sql::check`
/// refuses it.
pub(super) fn written<T: Serialize + ?Sized>(value: &T) -> String {
    if is_json(value) { serde_json::to_string(value).unwrap_or_default() } else { String::new() }
}

/// Parses a cell of JSON or text.
pub(super) fn parse<T: DeserializeOwned>(value: ValueRef<'_>) -> Result<T> {
    match value {
        ValueRef::Json(text) | ValueRef::Text(text) => serde_json::from_str(text).map_err(|error| {
            // serde's own message would contain the value.
            let (ty, line, column) = (std::any::type_name::<T>(), error.line(), error.column());
            Error::conversion(match error.classify() {
                Category::Data => format!("the JSON does not fit {ty}, at line {line}, column {column}"),
                _ => format!("the text is not valid JSON, at line {line}, column {column}"),
            })
        }),
        other => Err(super::from_value::mismatch::<T>(&other)),
    }
}

/// Returns an element of a JSON array as a cell. Dates, decimals and UUIDs are strings in JSON, so they become text.
pub(super) fn as_cell(element: &serde_json::Value) -> Result<ValueRef<'_>> {
    use serde_json::Value as Element;
    match element {
        Element::Null => Ok(ValueRef::Null),
        Element::Bool(b) => Ok(ValueRef::Bool(*b)),
        Element::String(text) => Ok(ValueRef::Text(text)),
        Element::Number(number) => number
            .as_i64()
            .map(ValueRef::I64)
            .or_else(|| number.as_u64().map(ValueRef::U64))
            .or_else(|| number.as_f64().map(ValueRef::F64))
            .ok_or_else(|| Error::conversion("a JSON number is out of range")),
        Element::Array(_) | Element::Object(_) => {
            Err(Error::conversion("an element of the JSON array is an array or an object; expected a plain value"))
        }
    }
}

impl Value {
    /// Returns the value as JSON. Decimals, UUIDs, dates and times become strings; bytes become an array of numbers;
    /// NaN and the infinities become null.
    ///
    /// ```
    /// # use activerecord_core::{Value, ValueType};
    /// let json = Value::Bytes(vec![1, 2]).to_json();
    /// assert_eq!(json.to_string(), "[1,2]");
    /// assert_eq!(Value::from_json(&json, ValueType::Bytes)?, Value::Bytes(vec![1, 2]));
    /// # Ok::<(), activerecord_core::Error>(())
    /// ```
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match self {
            Self::Null(_) => Json::Null,
            Self::Bool(b) => (*b).into(),
            Self::I16(n) => (*n).into(),
            Self::I32(n) => (*n).into(),
            Self::I64(n) => (*n).into(),
            Self::U64(n) => (*n).into(),
            Self::F32(x) => (*x).into(),
            Self::F64(x) => (*x).into(),
            Self::Text(text) => text.as_str().into(),
            Self::Bytes(bytes) => bytes.as_slice().into(),
            Self::Decimal(decimal) => decimal.to_string().into(),
            Self::Uuid(uuid) => uuid.to_string().into(),
            Self::Date(date) => date.to_string().into(),
            Self::Time(time) => text::format_time(*time).into(),
            Self::DateTime(time) => time.format("%Y-%m-%dT%H:%M:%S%.6f").to_string().into(),
            Self::Timestamp(time) => time.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string().into(),
            Self::Json(text) => serde_json::from_str(text).unwrap_or_else(|_| text.as_str().into()),
            Self::Array(_, values) => values.iter().map(Self::to_json).collect(),
        }
    }

    /// Reads a value of type `ty` from JSON: the inverse of [`to_json`](Self::to_json). It also reads bytes from a
    /// hexadecimal string, and NaN and the infinities from strings.
    ///
    /// # Errors
    /// `Conversion` when the JSON does not fit the type.
    pub fn from_json(json: &serde_json::Value, ty: ValueType) -> Result<Self> {
        use serde_json::Value as Json;
        let cell = match (json, ty) {
            (Json::Null, ty) => return Ok(Self::Null(ty)),
            (json, ValueType::Json) => return Ok(Self::Json(json.to_string())),
            (Json::Array(elements), ValueType::Array(element)) => {
                let values = elements.iter().map(|json| Self::from_json(json, *element)).collect::<Result<_>>()?;
                return Ok(Self::Array(element, values));
            }
            (json, ValueType::Bytes) => return bytes(json).map(Self::Bytes).ok_or_else(|| no_bytes(json)),
            (Json::String(text), ValueType::F32 | ValueType::F64) => {
                ValueRef::F64(text.parse().map_err(|_| Error::conversion("a JSON string is not a number"))?)
            }
            // A column with a larger scale adds zeros.
            (Json::String(text), ValueType::Decimal) if text.contains('.') => {
                ValueRef::Text(text.trim_end_matches('0').trim_end_matches('.'))
            }
            (Json::String(text), ValueType::Date | ValueType::DateTime | ValueType::Timestamp) => {
                return Self::from_cell(ValueRef::Text(&signed(text)), ty);
            }
            (json, _) => as_cell(json)?,
        };
        Self::from_cell(cell, ty)
    }
}

/// Adds the sign of the year that chrono expects. PostgreSQL writes `10000-01-01`, and `0001-01-01 BC` for the year 0.
fn signed(text: &str) -> Cow<'_, str> {
    let (digits, rest) = text.split_at(text.bytes().take_while(u8::is_ascii_digit).count());
    match (rest.strip_suffix(" BC"), digits.parse::<i32>()) {
        (Some(rest), Ok(year)) => format!("{:+05}{rest}", 1 - year).into(),
        (None, Ok(10_000..)) => format!("+{text}").into(),
        _ => text.into(),
    }
}

/// Reads bytes from an array of numbers, or from a hexadecimal string.
fn bytes(json: &serde_json::Value) -> Option<Vec<u8>> {
    match json {
        serde_json::Value::Array(numbers) => {
            numbers.iter().map(|number| number.as_u64().and_then(|number| number.try_into().ok())).collect()
        }
        serde_json::Value::String(text) => {
            (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
        }
        _ => None,
    }
}

#[cold]
fn no_bytes(json: &serde_json::Value) -> Error {
    let expected =
        if json.is_string() { "a string of hexadecimal digits" } else { "an array of numbers from 0 to 255" };
    Error::conversion(format!("the JSON cannot be read as bytes; expected {expected}"))
}
