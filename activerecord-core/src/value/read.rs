//! Reads the cells of a row that does not belong to a model.

use super::{FromValue, RowRef};
use crate::error::{Error, Result};

/// Reads the cell at `ordinal`.
///
/// # Errors
/// `Conversion`, with the name of the column.
#[inline]
pub(crate) fn cell<T: FromValue>(row: &dyn RowRef, ordinal: usize) -> Result<T> {
    row.value(ordinal).and_then(T::from_value).map_err(|error| at_column(error, row.column_name(ordinal)))
}

/// Returns the ordinal at which the next item begins, and moves `at` past its `width` columns.
#[inline]
pub(crate) fn advance(at: &mut usize, width: usize) -> usize {
    let start = *at;
    *at += width;
    start
}

#[cold]
fn at_column(error: Error, column: &str) -> Error {
    error.context(format_args!("column `{column}`"))
}
