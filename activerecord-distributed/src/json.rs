//! Values in the tables of this crate are JSON text.

use activerecord_core::{Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Writes a value as JSON. `what` names the value in an error.
pub fn write<T: Serialize + ?Sized>(value: &T, what: impl FnOnce() -> String) -> Result<String> {
    serde_json::to_string(value)
        .map_err(|error| Error::conversion(format!("{} cannot be written as JSON: {error}", what())).with_source(error))
}

/// Reads a value from JSON. `what` names the value in an error.
pub fn read<T: DeserializeOwned>(json: &str, what: impl FnOnce() -> String) -> Result<T> {
    serde_json::from_str(json).map_err(|error| {
        let ty = std::any::type_name::<T>();
        Error::conversion(format!("{} is not valid JSON for `{ty}`: {error}", what())).with_source(error)
    })
}
