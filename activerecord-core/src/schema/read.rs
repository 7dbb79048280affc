//! Reads a model's fields from a row. Errors name the model, the field, the column and the row.

use super::TableDef;
use crate::error::{Error, Result};
use crate::value::{FromValue, Misspelt, RowRef, ToValue, Value, ValueRef, canonical};

/// Reads column `ordinal` of a model whose columns begin at ordinal `at` of the row. Generated code calls it for each
/// field. Text must be canonical: a declared spelling has become the value's own type before.
///
/// # Errors
/// `Conversion`, with the model, the field, the column and the key of the row.
#[inline]
pub(crate) fn field<T: ToValue + FromValue>(
    row: &dyn RowRef,
    at: usize,
    ordinal: usize,
    table: &'static TableDef,
) -> Result<T> {
    let read = row.value(at + ordinal).and_then(|cell| T::from_value(canonical(cell, T::TYPE)?));
    read.map_err(|error| in_row(error, row, at, ordinal, table))
}

/// Adds the model, the field and the column to the error of setting a field. Generated code calls it.
///
/// # Errors
/// The error in `set`, with the model, the field and the column.
#[inline]
pub fn in_field(set: Result<()>, ordinal: usize, table: &'static TableDef) -> Result<()> {
    set.map_err(|error| at_field(error, table, ordinal, ""))
}

#[cold]
fn in_row(error: Error, row: &dyn RowRef, at: usize, ordinal: usize, table: &'static TableDef) -> Error {
    let part = |&key: &usize| {
        let cell = row.value(at + key).map_or(ValueRef::Null, |cell| cell);
        table.columns.get(key).map(|def| format!("`{}` = {}", def.name, shown(&cell)))
    };
    let key: Vec<_> = table.key.iter().filter_map(part).collect();
    let place = if key.is_empty() { String::new() } else { format!(" in the row with {}", key.join(", ")) };
    at_field(error, table, ordinal, &place)
}

/// The value of a key as it is stored. Text and bytes are written as SQL, cut to a readable length.
fn shown(cell: &ValueRef<'_>) -> String {
    const MOST: usize = 64;
    match cell {
        ValueRef::Text(text) => {
            let start: String = text.chars().take(MOST).collect();
            format!("'{}'", start.replace('\'', "''"))
        }
        ValueRef::Bytes(bytes) => {
            let digits: String = bytes.iter().take(MOST).map(|byte| format!("{byte:02x}")).collect();
            format!("x'{digits}'")
        }
        other => Value::to_json(&other.to_owned()).to_string(),
    }
}

#[cold]
fn at_field(error: Error, table: &'static TableDef, ordinal: usize, place: &str) -> Error {
    let error = error.with_model(table.model);
    match table.columns.get(ordinal) {
        Some(def) => Misspelt::at(error, table.name.into(), def.name.into())
            .context(format_args!("column `{}` of {}::{}: {}{place}", def.name, table.model, def.field, def.rust_type)),
        None => error,
    }
}
