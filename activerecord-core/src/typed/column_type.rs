//! The trait that generated code requires of a field's type.

use super::Column;
use crate::error::Result;
use crate::schema::{ColumnDef, TableDef, field};
use crate::value::{FromValue, Limits, RowRef, ToValue, Value, ValueRef, ValueType, canonical};

/// A type that a column can have. Generated code requires only this trait, so that a field of another type gives one
/// error message.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the type of a column",
    label = "not a column type",
    note = "column types are bool, integers, floats, String, Vec<u8>, Decimal, Uuid, chrono's dates and times, Json<T>, \
            Vec<T> and Option<T> of these, and enums with #[derive(ActiveEnum)]",
    note = "wrap any serde type as `Json<{Self}>`, or mark a field that is not a column with #[skip]"
)]
pub trait ColumnType: Sized {
    /// The type of the values, and whether they may be NULL.
    const KIND: Kind;

    /// Returns the value to bind.
    fn bind(&self) -> Value;

    /// Reads a value of a model's column: column number `ordinal` of those that start at `at`.
    ///
    /// # Errors
    /// `Conversion`, with the model, the field and the column.
    fn read(row: &dyn RowRef, at: usize, ordinal: usize, table: &'static TableDef) -> Result<Self>;

    /// Replaces `self` by this value.
    ///
    /// # Errors
    /// `Conversion` if the value does not fit.
    fn set(&mut self, value: ValueRef<'_>) -> Result<()>;
}

#[diagnostic::do_not_recommend]
impl<T: ToValue + FromValue> ColumnType for T {
    const KIND: Kind = Kind { limits: T::LIMITS, nullable: T::NULLABLE };

    #[inline]
    fn bind(&self) -> Value {
        self.to_value()
    }

    #[inline]
    fn read(row: &dyn RowRef, at: usize, ordinal: usize, table: &'static TableDef) -> Result<Self> {
        field(row, at, ordinal, table)
    }

    #[inline]
    fn set(&mut self, value: ValueRef<'_>) -> Result<()> {
        *self = T::from_value(canonical(value, T::TYPE)?)?;
        Ok(())
    }
}

/// The type of a column's values, and whether they may be NULL.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    limits: Limits,
    nullable: bool,
}

impl Kind {
    /// The kind for a type that is not a column type. The compiler reports that type elsewhere.
    pub const UNKNOWN: Self = Self { limits: Limits::of(ValueType::Text), nullable: true };

    /// Returns the column with this name, in the table with this name.
    pub const fn column<M, T>(self, table: &'static str, name: &'static str) -> Column<M, T> {
        Column::new(table, name, self.limits, self.nullable)
    }

    /// Returns the type of the values.
    pub const fn ty(self) -> ValueType {
        self.limits.ty
    }

    /// Returns the column of this definition.
    pub const fn of<M, T>(self, def: &'static ColumnDef) -> Column<M, T> {
        self.column(def.table, def.name).stored(def.stored)
    }
}
