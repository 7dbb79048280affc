//! Columns that are compared as one.

use crate::statement::{Compare, Expr};
use crate::typed::{Column, Literal, Predicate};

/// Two to four columns that are compared as one, in their order: the first that differs decides. Databases use an index of these
/// columns for it, as for a keyset page of one's own making.
///
/// ```
/// # use activerecord_core::{Column, Predicate, row};
/// # fn after_may<Flight: 'static>(month: Column<Flight, i32>, day: Column<Flight, i32>) -> Predicate<Flight> {
/// row((month, day)).gt((5, 31))
/// # }
/// ```
pub fn row<C>(columns: C) -> RowOf<C> {
    RowOf { columns }
}

/// Columns that are compared as one: [`row`].
#[derive(Clone, Copy, Debug)]
#[must_use = "it does nothing until it is compared"]
pub struct RowOf<C> {
    columns: C,
}

/// Columns, and what they can be compared with.
pub trait RowLike<V> {
    /// The model of the columns.
    type Model;

    /// Each with its value.
    fn pairs(self, values: V) -> Vec<(Expr, Expr)>;
}

impl<C> RowOf<C> {
    /// Before these values.
    pub fn lt<V>(self, values: V) -> Predicate<C::Model>
    where
        C: RowLike<V>,
    {
        self.compare(Compare::Lt, values)
    }

    /// Before these values, or equal to them.
    pub fn le<V>(self, values: V) -> Predicate<C::Model>
    where
        C: RowLike<V>,
    {
        self.compare(Compare::Le, values)
    }

    /// Behind these values.
    pub fn gt<V>(self, values: V) -> Predicate<C::Model>
    where
        C: RowLike<V>,
    {
        self.compare(Compare::Gt, values)
    }

    /// Behind these values, or equal to them.
    pub fn ge<V>(self, values: V) -> Predicate<C::Model>
    where
        C: RowLike<V>,
    {
        self.compare(Compare::Ge, values)
    }

    fn compare<V>(self, op: Compare, values: V) -> Predicate<C::Model>
    where
        C: RowLike<V>,
    {
        Predicate::new(Expr::CompareRows(self.columns.pairs(values), op))
    }
}

macro_rules! rows {
    ($(($($ordinal:tt $ty:ident $value:ident),+))*) => {$(
        #[diagnostic::do_not_recommend]
        impl<M, $($ty, $value: Literal<$ty>),+> RowLike<($($value,)+)> for ($(Column<M, $ty>,)+) {
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
