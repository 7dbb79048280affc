//! The paths that generated code names. Programs must not use them.
#![doc(hidden)]
#![allow(missing_docs, reason = "only for generated code")]

use std::marker::PhantomData;

pub use crate::__prefixed as prefixed;
pub use crate::error::{IntoError, Result};
pub use crate::model::{HasHooks, Hooks, Marked, Model, Probe, Projection, Unknown, Unmarked};
pub use crate::query::{Alias, BlockingRows, Cte};
pub use crate::schema::{ColumnDef, Embedded, TableDef, flattened, in_field, length, named, names, text, unknown};
pub use crate::typed::{Column, ColumnType, Found, Kind, MaybeNull, Relation, UseMethodEqInstead, UseMethodLtInstead};
pub use crate::value::{FromValue, RowRef, Stored, ToValue, Value, ValueRef, ValueType};

use crate::value::cell;

/// A record as serde serializes it.
pub type Serialized = serde_json::Result<serde_json::Value>;

/// Reports an ordinal that is not in the table. Generated code never passes one.
#[cold]
pub fn no_column(table: &'static TableDef, ordinal: usize) -> ! {
    unreachable!("{} has no column {ordinal}", table.model)
}

/// The value of a field that is not set, for `#[column(default)]`.
pub fn default_of<T: ColumnType + Default>() -> Value {
    T::default().bind()
}

/// The type of the values of column `C`, which the field of a projection must have.
#[diagnostic::on_unimplemented(
    message = "the field is a `{Self}`, but the model's column is a `{C}`",
    label = "not the type of the model's column"
)]
pub trait TypeOf<C>: Sized {
    fn read(row: &dyn RowRef, ordinal: usize) -> Result<Self>;
}

#[diagnostic::do_not_recommend]
impl<M, T: FromValue> TypeOf<Column<M, T>> for T {
    #[inline]
    fn read(row: &dyn RowRef, ordinal: usize) -> Result<Self> {
        cell(row, ordinal)
    }
}

/// A model's column for a field of a projection. It is a separate type, so that the compiler infers `C` before it
/// checks the field's type.
#[derive(Debug)]
pub struct Of<C>(PhantomData<C>);

pub const fn of<M, T>(_: Column<M, T>) -> Of<Column<M, T>> {
    Of(PhantomData)
}

impl<C> Of<C> {
    #[inline]
    pub fn read<T: TypeOf<C>>(self, row: &dyn RowRef, ordinal: usize) -> Result<T> {
        T::read(row, ordinal)
    }
}
