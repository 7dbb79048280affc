//! A column that holds any serde type as JSON.

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
}
