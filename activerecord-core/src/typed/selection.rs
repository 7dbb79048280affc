//! Selections: the columns and expressions that a query reads.

use std::marker::PhantomData;

use crate::error::Result;
use crate::statement::SelectItem;
use crate::typed::{Column, Covers, Expression, Member, Relation, Scalar, columns};
use crate::value::{FromValue, RowRef, advance, cell};

/// The argument of `select` and `group_by`: a column, an expression, a [`record`], or a tuple of them. The compiler
/// infers `I`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be selected from `{S}`",
    note = "pass a column of a model that the query reads, an expression, `record::<Model>()`, or a tuple of up to 12 of \
            them"
)]
pub trait Selection<S, I> {
    /// The type of each row.
    type Output: Send + 'static;

    /// The number of columns.
    const WIDTH: usize;

    /// Returns the items of the SELECT list.
    fn items(self) -> Vec<SelectItem>;

    /// Reads the value that starts at column `at` of a row.
    ///
    /// # Errors
    /// `Conversion` if a value does not fit its type.
    fn read(row: &dyn RowRef, at: usize) -> Result<Self::Output>;
}

macro_rules! scalars {
    ($($ty:ident)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<S: Covers<M, I>, I, M, T: FromValue + Send + 'static> Selection<S, I> for $ty<M, T> {
            type Output = T;

            const WIDTH: usize = 1;

            fn items(self) -> Vec<SelectItem> {
                vec![self.into_tree().into()]
            }

            #[inline]
            fn read(row: &dyn RowRef, at: usize) -> Result<T> {
                cell(row, at)
            }
        }
    )*};
}
scalars! { Column Expression }

/// All columns of a model, read as a record: [`record`].
#[derive(Debug)]
pub struct Whole<M>(PhantomData<fn() -> M>);

/// Selects all columns of a model as one record. For a model that is joined by `left_join`, `record::<Left<Post>>()`
/// reads an `Option`.
///
/// ```no_run
/// # use activerecord::prelude::*;
/// # use activerecord::query::{Left, record};
/// # #[derive(ActiveRecord)] struct User { id: i64, name: String, age: i32 }
/// # #[derive(ActiveRecord)] struct Post { id: i64, user_id: i64 }
/// # async fn example() -> Result<()> {
/// let posts: Vec<(User, Option<Post>, i32)> = User::query()
///     .left_join(Post::USER_ID.eq(User::ID))
///     .select((record::<User>(), record::<Left<Post>>(), User::AGE + 1))
///     .all().await?;
/// # Ok(()) }
/// ```
pub fn record<M: Member>() -> Whole<M> {
    Whole(PhantomData)
}

#[diagnostic::do_not_recommend]
impl<S: Covers<M::Relation, I>, I, M: Member> Selection<S, I> for Whole<M> {
    type Output = M::Row;

    const WIDTH: usize = <M::Relation as Relation>::COLUMNS.len();

    fn items(self) -> Vec<SelectItem> {
        columns::<M::Relation>().map(SelectItem::from).collect()
    }

    fn read(row: &dyn RowRef, at: usize) -> Result<M::Row> {
        M::read(row, at)
    }
}

macro_rules! tuples {
    ($(($($ordinal:tt $ty:ident $index:ident),+))*) => {$(
        #[diagnostic::do_not_recommend]
        impl<S, $($ty: Selection<S, $index>, $index),+> Selection<S, ($($index,)+)> for ($($ty,)+) {
            type Output = ($($ty::Output,)+);

            const WIDTH: usize = 0 $(+ $ty::WIDTH)+;

            fn items(self) -> Vec<SelectItem> {
                let mut items = Vec::with_capacity(Self::WIDTH);
                $(items.append(&mut self.$ordinal.items());)+
                items
            }

            #[inline]
            fn read(row: &dyn RowRef, at: usize) -> Result<Self::Output> {
                let mut at = at;
                Ok(($($ty::read(row, advance(&mut at, $ty::WIDTH))?,)+))
            }
        }

        #[diagnostic::do_not_recommend]
        impl<M, $($ty),+> IntoColumns<M> for ($(Column<M, $ty>,)+) {
            /// Returns the columns' names.
            fn into_columns(self) -> Vec<&'static str> {
                vec![$(self.$ordinal.name()),+]
            }
        }
    )*};
}
tuples! {
    (0 A I0)
    (0 A I0, 1 B I1)
    (0 A I0, 1 B I1, 2 C I2)
    (0 A I0, 1 B I1, 2 C I2, 3 D I3)
    (0 A I0, 1 B I1, 2 C I2, 3 D I3, 4 E I4)
    (0 A I0, 1 B I1, 2 C I2, 3 D I3, 4 E I4, 5 F I5)
    (0 A I0, 1 B I1, 2 C I2, 3 D I3, 4 E I4, 5 F I5, 6 G I6)
    (0 A I0, 1 B I1, 2 C I2, 3 D I3, 4 E I4, 5 F I5, 6 G I6, 7 H I7)
    (0 A I0, 1 B I1, 2 C I2, 3 D I3, 4 E I4, 5 F I5, 6 G I6, 7 H I7, 8 J I8)
    (0 A I0, 1 B I1, 2 C I2, 3 D I3, 4 E I4, 5 F I5, 6 G I6, 7 H I7, 8 J I8, 9 K I9)
    (0 A I0, 1 B I1, 2 C I2, 3 D I3, 4 E I4, 5 F I5, 6 G I6, 7 H I7, 8 J I8, 9 K I9, 10 L I10)
    (0 A I0, 1 B I1, 2 C I2, 3 D I3, 4 E I4, 5 F I5, 6 G I6, 7 H I7, 8 J I8, 9 K I9, 10 L I10, 11 N I11)
}

/// Columns of a model, such as the keys of an upsert: one, an array, or a tuple of them.
#[diagnostic::on_unimplemented(
    message = "expected columns of `{M}`, found `{Self}`",
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
