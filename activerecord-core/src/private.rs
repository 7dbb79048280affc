//! The only paths that generated code names. No program should.
#![doc(hidden)]
#![allow(missing_docs, reason = "for generated code alone")]

pub use crate::column::Column;
pub use crate::error::{Error, Result};
pub use crate::hooks::Hooks;
pub use crate::model::Model;
pub use crate::projection::Projection;
pub use crate::read::cell;
pub use crate::schema::{ColumnDef, Table};
pub use crate::value::{ColumnType, FromValue, RowRef, ToValue, Value, ValueRef, ValueType};

pub const fn projected<M, T>(field: &'static str, column: Column<M, T>) -> ColumnDef {
    column.def(field)
}

/// Generated code is asked for the columns of its own table only.
#[cold]
pub fn no_column(table: &'static Table, ordinal: usize) -> ! {
    unreachable!("{} has no column {ordinal}", table.model)
}

/// The position of the variant that a cell of text names.
///
/// # Errors
/// `Conversion`, with the known values.
pub fn variant(value: ValueRef<'_>, name: &str, values: &[&str]) -> Result<usize> {
    let found = match value {
        ValueRef::Text(text) => values.iter().position(|value| *value == text),
        other => return Err(Error::conversion(format!("{} cannot be read as {name}", other.type_name()))),
    };
    found.ok_or_else(|| Error::conversion(format!("the text is no {name}; its values are {}", values.join(", "))))
}

#[cold]
pub fn no_variant(name: &str) -> Error {
    Error::conversion(format!("the number is that of no variant of {name}"))
}
