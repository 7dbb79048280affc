//! Values in the tables of this crate are JSON text.

use activerecord_core::{Error, Json, Result, ToValue, Value};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Writes a value as JSON that can be read again. `what` names the value in an error.
pub fn write<T: Serialize + ?Sized>(value: &T, what: impl FnOnce() -> String) -> Result<String> {
    match Json(value).to_value() {
        Value::Json(text) if !text.is_empty() => Ok(text),
        _ => Err(Error::conversion(format!(
            "{} cannot be written as JSON: a float is NaN or infinite, the keys of a map are not strings, or it is nested more \
             than 127 levels",
            what()
        ))),
    }
}

/// Reads a value from JSON. `what` names the value in an error.
pub fn read<T: DeserializeOwned>(json: &str, what: impl FnOnce() -> String) -> Result<T> {
    serde_json::from_str(json).map_err(|error| {
        let ty = std::any::type_name::<T>();
        Error::conversion(format!("{} is not valid JSON for `{ty}`: {error}", what())).with_source(error)
    })
}
