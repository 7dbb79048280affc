//! A column that holds any serde type as JSON.

use std::borrow::Cow;
use std::ops::{Deref, DerefMut};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::error::Category;

use super::{FromValue, ToValue, Value, ValueRef, ValueType, text};
use crate::error::{Error, Result};

/// A value that is stored as JSON. It serializes as `T` itself.
///
/// To write a `T` that cannot be serialized (a map with keys that are no strings) is a `Conversion` error; serde's derived
/// types always can.
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
        // No JSON is the empty text: it stands for what cannot be written.
        Value::Json(serde_json::to_string(&self.0).unwrap_or_default())
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

/// Reads JSON from a cell of JSON or text.
pub(super) fn parse<T: DeserializeOwned>(value: ValueRef<'_>) -> Result<T> {
    match value {
        ValueRef::Json(text) | ValueRef::Text(text) => serde_json::from_str(text).map_err(|error| {
            // serde's own words would repeat the value.
            let (ty, line, column) = (std::any::type_name::<T>(), error.line(), error.column());
            Error::conversion(match error.classify() {
                Category::Data => format!("the JSON does not fit {ty}, at line {line}, column {column}"),
                _ => format!("the text is no JSON, from line {line}, column {column}"),
            })
        }),
        other => Err(super::from_value::mismatch::<T>(&other)),
    }
}

/// An element of a JSON array as a cell. Dates, decimals and UUIDs are strings there, and read as text.
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
            .ok_or_else(|| Error::conversion("a JSON number does not fit any number")),
        Element::Array(_) | Element::Object(_) => {
            Err(Error::conversion("an element of a JSON array is no plain value"))
        }
    }
}

impl Value {
    /// The value as JSON: decimals, UUIDs, dates and times as strings, bytes as an array of numbers, NaN and the
    /// infinities as null.
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

    /// The value of this type that the JSON stands for: the other way round from [`to_json`](Self::to_json). Bytes may also be
    /// hexadecimal text, and NaN and the infinities text.
    ///
    /// # Errors
    /// `Conversion` when the JSON is no value of the type.
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
                ValueRef::F64(text.parse().map_err(|_| Error::conversion("a JSON text is no number"))?)
            }
            // A column of more digits than there are fills them up with zeros.
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

/// A date with the sign of its year, which PostgreSQL leaves out: `10000-01-01`, and of the year 0 `0001-01-01 BC`.
fn signed(text: &str) -> Cow<'_, str> {
    let (digits, rest) = text.split_at(text.bytes().take_while(u8::is_ascii_digit).count());
    match (rest.strip_suffix(" BC"), digits.parse::<i32>()) {
        (Some(rest), Ok(year)) => format!("{:+05}{rest}", 1 - year).into(),
        (None, Ok(10_000..)) => format!("+{text}").into(),
        _ => text.into(),
    }
}

/// Bytes of an array of numbers, or of hexadecimal text.
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
    let what = if json.is_string() { "text of hexadecimal digits" } else { "array of numbers below 256" };
    Error::conversion(format!("bytes as JSON are an {what}"))
}
