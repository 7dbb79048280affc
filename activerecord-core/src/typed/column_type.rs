//! What generated code asks of the type of a field.

use super::Column;
use crate::error::Result;
use crate::schema::{ColumnDef, Table, field};
use crate::value::{FromValue, RowRef, ToValue, Value, ValueRef, ValueType};

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
    /// The type of the values that are bound, and whether they may be NULL.
    const KIND: Kind;

    /// The value to bind.
    fn bind(&self) -> Value;

    /// Reads the cell of a model's column, which is number `ordinal` of those that begin at `at`.
    ///
    /// # Errors
    /// `Conversion`, naming the model, the field and the column.
    fn read(row: &dyn RowRef, at: usize, ordinal: usize, table: &'static Table) -> Result<Self>;

    /// Becomes this value.
    ///
    /// # Errors
    /// `Conversion` when the value does not fit.
    fn set(&mut self, value: ValueRef<'_>) -> Result<()>;
}

#[diagnostic::do_not_recommend]
impl<T: ToValue + FromValue> ColumnType for T {
    const KIND: Kind = Kind { ty: T::TYPE, nullable: T::NULLABLE };

    #[inline]
    fn bind(&self) -> Value {
        self.to_value()
    }

    #[inline]
    fn read(row: &dyn RowRef, at: usize, ordinal: usize, table: &'static Table) -> Result<Self> {
        field(row, at, ordinal, table)
    }

    #[inline]
    fn set(&mut self, value: ValueRef<'_>) -> Result<()> {
        *self = T::from_value(value)?;
        Ok(())
    }
}

/// The type of a column's values, and whether they may be NULL.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    ty: ValueType,
    nullable: bool,
}

impl Kind {
    /// What a column of a type that is none is taken for, beside the error that says so.
    pub const UNKNOWN: Self = Self { ty: ValueType::Text, nullable: true };

    /// The column of this name, in the table of this name.
    pub const fn column<M, T>(self, table: &'static str, name: &'static str) -> Column<M, T> {
        Column::new(table, name, self.ty, self.nullable)
    }

    /// The column of this definition.
    pub const fn of<M, T>(self, def: &'static ColumnDef) -> Column<M, T> {
        self.column(def.table, def.name)
    }
}
