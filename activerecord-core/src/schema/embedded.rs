//! Structs whose fields become columns of the models that embed them.

use std::fmt;

use crate::error::Result;
use crate::schema::{ColumnDef, TableDef};
use crate::value::{RowRef, Value, ValueRef, is_same};

/// Columns that several models share. `#[derive(Embedded)]` implements it; do not implement it by hand. A model
/// includes the columns by a field with `#[flatten]`.
///
/// ```
/// # use activerecord::prelude::*;
/// #[derive(Embedded)]
/// struct Address {
///     street: String,
///     city: String,
/// }
///
/// #[derive(ActiveRecord)]
/// struct Customer {
///     #[primary_key]
///     id: i64,
///     #[flatten]
///     address: Address,
/// }
/// # fn main() {}
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be flattened into columns",
    label = "not an embedded struct",
    note = "add #[derive(Embedded)] to `{Self}`, or remove #[flatten] from a field that is one column"
)]
pub trait Embedded: Sized + Send + Sync + 'static {
    /// The typed columns of model `M`: a struct with the same fields, each of type [`Column`](crate::Column).
    type Columns<M>: Copy + fmt::Debug;

    /// The columns and their roles, as a table without a name.
    const TABLE: &'static TableDef;

    /// Reads the struct from a row. The columns of the model begin at ordinal `at` of the row, and those of the struct
    /// at ordinal `first` of the model.
    ///
    /// # Errors
    /// `Conversion` when a cell does not fit its field.
    fn read(row: &dyn RowRef, at: usize, first: usize, table: &'static TableDef) -> Result<Self>;

    /// Returns the value of the struct's column at `ordinal`.
    fn value(&self, ordinal: usize) -> Value;

    /// Sets the field of the struct's column at `ordinal`.
    ///
    /// # Errors
    /// `Conversion` when the value does not fit the field.
    fn set_value(&mut self, ordinal: usize, value: ValueRef<'_>) -> Result<()>;

    /// Copies the `#[skip]` fields whose types are `Clone` into a copy of the struct's columns.
    #[doc(hidden)]
    fn carry(&self, copy: &mut Self) {
        let _ = copy;
    }
}

/// Joins the columns of `parts` to those of one table. Two columns with the same name are a compile error.
#[track_caller]
pub const fn flattened<const N: usize>(table: &'static str, parts: &[&[ColumnDef]]) -> [ColumnDef; N] {
    let mut columns = [ColumnDef::NONE; N];
    let (mut at, mut part) = (0, 0);
    while part < parts.len() {
        let mut n = 0;
        while n < parts[part].len() {
            let def = parts[part][n];
            refuse_second(def.name, columns.split_at(at).0);
            columns[at] = ColumnDef { table, ..def };
            at += 1;
            n += 1;
        }
        part += 1;
    }
    columns
}

#[track_caller]
const fn refuse_second(name: &str, columns: &[ColumnDef]) {
    let mut n = 0;
    // Only the column of an embedded struct that does not compile has no name.
    while n < columns.len() && !name.is_empty() {
        if is_same(name, columns[n].name) {
            let mut message = [b' '; 256];
            let mut length = 0;
            append(&mut message, &mut length, "the column `");
            append(&mut message, &mut length, name);
            append(
                &mut message,
                &mut length,
                "` is defined twice: rename one of them with #[flatten(prefix = \"..\")]",
            );
            panic!("{}", text(message.split_at(length).0));
        }
        n += 1;
    }
}

/// Adds a prefix to the names of an embedded struct's columns: `prefixed!("home_", columns)`. The constant `BYTES`
/// stores the new names.
#[doc(hidden)]
#[macro_export]
macro_rules! __prefixed {
    ($prefix:literal, $columns:expr) => {{
        const COLUMNS: &[$crate::private::ColumnDef] = $columns;
        const BYTES: &[u8; $crate::private::length($prefix, COLUMNS)] = &$crate::private::names($prefix, COLUMNS);
        const PREFIXED: &[$crate::private::ColumnDef; COLUMNS.len()] = &$crate::private::named($prefix, COLUMNS, BYTES);
        PREFIXED
    }};
}

/// Returns the number of bytes of all names with the prefix.
pub const fn length(prefix: &str, columns: &[ColumnDef]) -> usize {
    let (mut length, mut n) = (0, 0);
    while n < columns.len() {
        length += 2 * prefix.len() + columns[n].name.len() + columns[n].field.len();
        n += 1;
    }
    length
}

/// Returns the names of all columns and fields, each with the prefix, in one array.
pub const fn names<const N: usize>(prefix: &str, columns: &[ColumnDef]) -> [u8; N] {
    let mut bytes = [0; N];
    let (mut at, mut n) = (0, 0);
    while n < columns.len() {
        append(&mut bytes, &mut at, prefix);
        append(&mut bytes, &mut at, columns[n].name);
        append(&mut bytes, &mut at, prefix);
        append(&mut bytes, &mut at, columns[n].field);
        n += 1;
    }
    bytes
}

/// Returns the columns with the names that [`names`] returned.
pub const fn named<const N: usize>(prefix: &str, columns: &[ColumnDef], names: &'static [u8]) -> [ColumnDef; N] {
    let mut named = [ColumnDef::NONE; N];
    let (mut rest, mut n) = (names, 0);
    while n < columns.len() {
        let (name, behind) = rest.split_at(prefix.len() + columns[n].name.len());
        let (field, behind) = behind.split_at(prefix.len() + columns[n].field.len());
        named[n] = ColumnDef { name: text(name), field: text(field), ..columns[n] };
        rest = behind;
        n += 1;
    }
    named
}

const fn append(bytes: &mut [u8], at: &mut usize, text: &str) {
    let text = text.as_bytes();
    let mut n = 0;
    while n < text.len() && *at < bytes.len() {
        bytes[*at] = text[n];
        *at += 1;
        n += 1;
    }
}

const fn text(bytes: &[u8]) -> &str {
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) => "",
    }
}
