//! The only paths that generated code names. No program should.
#![doc(hidden)]
#![allow(missing_docs, reason = "for generated code alone")]

use std::marker::PhantomData;

pub use crate::__prefixed as prefixed;
pub use crate::error::Result;
pub use crate::model::{Hooks, Model, Projection};
pub use crate::query::{Alias, Cte};
pub use crate::schema::{ColumnDef, Embedded, Table, flattened, in_field, length, named, names, text, unknown};
pub use crate::typed::{Column, ColumnType, Found, Kind, MaybeNull, Relation};
pub use crate::value::{FromValue, RowRef, ToValue, Value, ValueRef, ValueType};

use crate::value::cell;

/// Generated code is asked for the columns of its own table only.
#[cold]
pub fn no_column(table: &'static Table, ordinal: usize) -> ! {
    unreachable!("{} has no column {ordinal}", table.model)
}

/// The type of the values of column `C`: what the field of a projection has to be.
#[diagnostic::on_unimplemented(
    message = "this field is `{Self}`, and the model's column is `{C}`",
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

/// A column of a model that a field of a projection is read from. It has a type of its own, so that `C` is known before the
/// field's type is held against it.
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
