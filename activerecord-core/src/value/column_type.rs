//! What generated code asks of the type of a field.

use super::{FromValue, RowRef, ToValue, Value, ValueRef, ValueType};
use crate::error::Result;
use crate::read::{field, set};
use crate::schema::Table;

/// A type that a column can have: it is bound and read. Generated code asks for this alone, and always in the same words, so
/// that a field of another type gives one message.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no type of a column",
    label = "not a column type",
    note = "column types are bool, integers, floats, String, Vec<u8>, Decimal, Uuid, chrono's dates and times, Json<T>, \
            Vec<T> and Option<T> of these, and enums with #[derive(ActiveEnum)]",
    note = "wrap any serde type as `Json<{Self}>`, or mark a field that is no column with #[skip]"
)]
pub trait ColumnType: Sized {
    /// The type of the values that are bound.
    const TYPE: ValueType;
    /// Whether they may be NULL.
    const NULLABLE: bool;

    /// The value to bind.
    fn bind(&self) -> Value;

    /// Reads the cell of a model's column.
    ///
    /// # Errors
    /// `Conversion`, naming the model, the field and the column.
    fn read(row: &dyn RowRef, ordinal: usize, table: &'static Table) -> Result<Self>;

    /// Reads a value for a model's column.
    ///
    /// # Errors
    /// `Conversion`, naming the model, the field and the column.
    fn set(value: ValueRef<'_>, ordinal: usize, table: &'static Table) -> Result<Self>;
}

#[diagnostic::do_not_recommend]
impl<T: ToValue + FromValue> ColumnType for T {
    const TYPE: ValueType = T::TYPE;
    const NULLABLE: bool = T::NULLABLE;

    #[inline]
    fn bind(&self) -> Value {
        self.to_value()
    }

    #[inline]
    fn read(row: &dyn RowRef, ordinal: usize, table: &'static Table) -> Result<Self> {
        field(row, ordinal, table)
    }

    #[inline]
    fn set(value: ValueRef<'_>, ordinal: usize, table: &'static Table) -> Result<Self> {
        set(value, ordinal, table)
    }
}
