//! Comparison of several columns at once.

use crate::statement::{Compare, Expr};
use crate::typed::{Column, Literal, Predicate};

/// Compares two to four columns as one value: the first column that differs decides. Databases can use an index on
/// these columns.
///
/// ```no_run
/// # use activerecord::prelude::*;
/// # use activerecord::query::row;
/// # #[derive(ActiveRecord)] struct Flight { id: i64, month: i32, day: i32 }
/// # async fn example() -> Result<()> {
/// let after_may = Flight::filter(row((Flight::MONTH, Flight::DAY)).gt((5, 31))).all().await?; // or lt, le, ge
/// # Ok(()) }
/// ```
pub fn row<C>(columns: C) -> RowValue<C> {
    RowValue { columns }
}

/// Columns that are compared as one value: [`row`].
#[derive(Clone, Copy, Debug)]
#[must_use = "a row of columns does nothing until it is compared"]
pub struct RowValue<C> {
    columns: C,
}

/// A tuple of columns that can be compared with a tuple `V` of values.
pub trait RowValueColumns<V> {
    /// The model of the columns.
    type Model;

    /// Returns each column with its value.
    fn pairs(self, values: V) -> Vec<(Expr, Expr)>;
}

impl<C> RowValue<C> {
    /// Less than these values. Example: [`row`].
    pub fn lt<V>(self, values: V) -> Predicate<C::Model>
    where
        C: RowValueColumns<V>,
    {
        self.compare(Compare::Lt, values)
    }

    /// Less than or equal to these values. Example: [`row`].
    pub fn le<V>(self, values: V) -> Predicate<C::Model>
    where
        C: RowValueColumns<V>,
    {
        self.compare(Compare::Le, values)
    }

    /// Greater than these values. Example: [`row`].
    pub fn gt<V>(self, values: V) -> Predicate<C::Model>
    where
        C: RowValueColumns<V>,
    {
        self.compare(Compare::Gt, values)
    }

    /// Greater than or equal to these values. Example: [`row`].
    pub fn ge<V>(self, values: V) -> Predicate<C::Model>
    where
        C: RowValueColumns<V>,
    {
        self.compare(Compare::Ge, values)
    }

    fn compare<V>(self, op: Compare, values: V) -> Predicate<C::Model>
    where
        C: RowValueColumns<V>,
    {
        Predicate::new(Expr::CompareRows(self.columns.pairs(values), op))
    }
}

macro_rules! rows {
    ($(($($ordinal:tt $ty:ident $value:ident),+))*) => {$(
        #[diagnostic::do_not_recommend]
        impl<M, $($ty, $value: Literal<$ty>),+> RowValueColumns<($($value,)+)> for ($(Column<M, $ty>,)+) {
            type Model = M;

            fn pairs(self, values: ($($value,)+)) -> Vec<(Expr, Expr)> {
                vec![$((self.$ordinal.expr(), Expr::Value(values.$ordinal.into_value()))),+]
            }
        }
    )*};
}
rows! {
    (0 A X, 1 B Y)
    (0 A X, 1 B Y, 2 C Z)
    (0 A X, 1 B Y, 2 C Z, 3 D W)
}
