//! Columns to read, and columns to name.

use crate::column::Column;
use crate::error::Result;
use crate::read::cell;
use crate::statement::SelectItem;
use crate::value::{FromValue, RowRef};

/// What `select` takes: a column, or a tuple of columns. Rows are read as their values.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be selected from `{M}`",
    note = "pass a column of `{M}`, or a tuple of up to 12 of them"
)]
pub trait Selection<M> {
    /// What each row is read as.
    type Output: Send + 'static;

    /// The items of the SELECT list.
    fn items(&self) -> Vec<SelectItem>;

    /// Reads a row.
    ///
    /// # Errors
    /// `Conversion` when a cell does not fit.
    fn read(row: &dyn RowRef) -> Result<Self::Output>;
}

#[diagnostic::do_not_recommend]
impl<M, T: FromValue + Send + 'static> Selection<M> for Column<M, T> {
    type Output = T;

    fn items(&self) -> Vec<SelectItem> {
        vec![self.expr().into()]
    }

    fn read(row: &dyn RowRef) -> Result<T> {
        cell(row, 0)
    }
}

macro_rules! selections {
    ($(($($ordinal:tt $ty:ident),+))*) => {$(
        #[diagnostic::do_not_recommend]
        impl<M, $($ty: FromValue + Send + 'static),+> Selection<M> for ($(Column<M, $ty>,)+) {
            type Output = ($($ty,)+);

            fn items(&self) -> Vec<SelectItem> {
                vec![$(self.$ordinal.expr().into()),+]
            }

            fn read(row: &dyn RowRef) -> Result<Self::Output> {
                Ok(($(cell::<$ty>(row, $ordinal)?,)+))
            }
        }

        #[diagnostic::do_not_recommend]
        impl<M, $($ty),+> IntoColumns<M> for ($(Column<M, $ty>,)+) {
            fn into_columns(self) -> Vec<&'static str> {
                vec![$(self.$ordinal.name()),+]
            }
        }
    )*};
}
selections! {
    (0 A)
    (0 A, 1 B)
    (0 A, 1 B, 2 C)
    (0 A, 1 B, 2 C, 3 D)
    (0 A, 1 B, 2 C, 3 D, 4 E)
    (0 A, 1 B, 2 C, 3 D, 4 E, 5 F)
    (0 A, 1 B, 2 C, 3 D, 4 E, 5 F, 6 G)
    (0 A, 1 B, 2 C, 3 D, 4 E, 5 F, 6 G, 7 H)
    (0 A, 1 B, 2 C, 3 D, 4 E, 5 F, 6 G, 7 H, 8 I)
    (0 A, 1 B, 2 C, 3 D, 4 E, 5 F, 6 G, 7 H, 8 I, 9 J)
    (0 A, 1 B, 2 C, 3 D, 4 E, 5 F, 6 G, 7 H, 8 I, 9 J, 10 K)
    (0 A, 1 B, 2 C, 3 D, 4 E, 5 F, 6 G, 7 H, 8 I, 9 J, 10 K, 11 L)
}

/// Columns to name, as the keys of an upsert: one, an array, or a tuple of any columns of the model.
#[diagnostic::on_unimplemented(
    message = "`{Self}` names no columns of `{M}`",
    label = "write `[{M}::COLUMN]`, or a tuple of columns"
)]
pub trait IntoColumns<M> {
    /// The columns' names.
    fn into_columns(self) -> Vec<&'static str>;
}

impl<M, T> IntoColumns<M> for Column<M, T> {
    fn into_columns(self) -> Vec<&'static str> {
        vec![self.name()]
    }
}

impl<M, T, const N: usize> IntoColumns<M> for [Column<M, T>; N] {
    fn into_columns(self) -> Vec<&'static str> {
        self.iter().map(Column::name).collect()
    }
}
