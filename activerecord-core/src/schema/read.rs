//! Reads a model's fields from a row. Errors name the model, the field and the column.

use super::TableDef;
use crate::error::{Error, Result};
use crate::value::{FromValue, RowRef};

/// Reads column `ordinal` of a model whose columns begin at ordinal `at` of the row. Generated code calls it for each
/// field.
///
/// # Errors
/// `Conversion`, with the model, the field and the column.
#[inline]
pub(crate) fn field<T: FromValue>(row: &dyn RowRef, at: usize, ordinal: usize, table: &'static TableDef) -> Result<T> {
    row.value(at + ordinal).and_then(T::from_value).map_err(|error| at_field(error, table, ordinal))
}

/// Adds the model, the field and the column to the error of setting a field. Generated code calls it.
///
/// # Errors
/// The error in `set`, with the model, the field and the column.
#[inline]
pub fn in_field(set: Result<()>, ordinal: usize, table: &'static TableDef) -> Result<()> {
    set.map_err(|error| at_field(error, table, ordinal))
}

#[cold]
fn at_field(error: Error, table: &'static TableDef, ordinal: usize) -> Error {
    let error = error.with_model(table.model);
    match table.columns.get(ordinal) {
        Some(def) => {
            error.context(format_args!("column `{}` of {}::{}: {}", def.name, table.model, def.field, def.rust_type))
        }
        None => error,
    }
}
