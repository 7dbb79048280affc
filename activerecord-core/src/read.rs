//! Reading the cells of a row, with errors that say which one.

use crate::error::{Error, Result};
use crate::schema::Table;
use crate::value::{FromValue, RowRef};

/// Reads the cell at `ordinal` of a row whose columns are known only by their names.
///
/// # Errors
/// `Conversion`, naming the column.
#[inline]
pub(crate) fn cell<T: FromValue>(row: &dyn RowRef, ordinal: usize) -> Result<T> {
    row.value(ordinal).and_then(T::from_value).map_err(|error| at_column(error, row.column_name(ordinal)))
}

/// Reads the cell of a model's column, which is number `ordinal` of those that begin at `at`: what generated code calls for
/// each field.
///
/// # Errors
/// `Conversion`, naming the model, the field and the column.
#[inline]
pub(crate) fn field<T: FromValue>(row: &dyn RowRef, at: usize, ordinal: usize, table: &'static Table) -> Result<T> {
    row.value(at + ordinal).and_then(T::from_value).map_err(|error| at_field(error, table, ordinal))
}

/// The ordinal at which something of this width begins, of things that stand one after the other.
#[inline]
pub(crate) fn advance(at: &mut usize, width: usize) -> usize {
    let start = *at;
    *at += width;
    start
}

/// Whether a model's field was set: what generated code calls to say which one was not.
///
/// # Errors
/// That of `set`, naming the model, the field and the column.
#[inline]
pub fn in_field(set: Result<()>, ordinal: usize, table: &'static Table) -> Result<()> {
    set.map_err(|error| at_field(error, table, ordinal))
}

#[cold]
fn at_column(error: Error, column: &str) -> Error {
    error.context(format_args!("column `{column}`"))
}

#[cold]
fn at_field(error: Error, table: &'static Table, ordinal: usize) -> Error {
    let error = error.with_model(table.model);
    match table.columns.get(ordinal) {
        Some(def) => {
            error.context(format_args!("column `{}` of {}::{}: {}", def.name, table.model, def.field, def.rust_type))
        }
        None => error,
    }
}
