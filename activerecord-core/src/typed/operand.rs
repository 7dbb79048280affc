//! Operands: the right side of a comparison, a computation or an assignment.

use rust_decimal::Decimal;

use crate::statement::{Expr, Set};
use crate::typed::{Both, Column, Expression};
use crate::value::{ToValue, Value, ValueType};

/// The right side of a comparison, a computation or an assignment of type `T`: a value or an expression.
#[diagnostic::on_unimplemented(
    message = "expected a value or column of type `{T}`, found `{Self}`",
    label = "expected `{T}`",
    note = "write the value without `Some`, also for a column that may be NULL: `.eq(\"x\")`"
)]
pub trait Operand<T> {
    /// The models that it and an expression on `M` name together.
    type Within<M>;

    /// The type of a computation with it: an `Option` if it may be NULL.
    type Result;

    /// Returns the tree.
    fn into_expr(self) -> Expr;
}

/// A value that can be used as a `T`.
#[diagnostic::on_unimplemented(message = "expected a value of type `{T}`, found `{Self}`", label = "expected `{T}`")]
pub trait Literal<T>: Operand<T> {
    /// Returns the value to bind.
    fn into_value(self) -> Value;
}

macro_rules! literals {
    ($([$($bound:tt)*] $from:ty => $to:ty, |$value:ident| $bind:expr;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($bound)*> Operand<$to> for $from {
            type Within<M> = M;
            type Result = $to;

            #[inline]
            fn into_expr(self) -> Expr {
                Expr::Value(Literal::<$to>::into_value(self))
            }
        }

        #[diagnostic::do_not_recommend]
        impl<$($bound)*> Literal<$to> for $from {
            #[inline]
            fn into_value(self) -> Value {
                let $value = self;
                $bind
            }
        }
    )*};
}

// No Option<&str>: it would make `eq(None)` and `set(None)` ambiguous.
// i64 is the only integer: a second one would make a literal ambiguous.
literals! {
    [T: ToValue] T => T, |value| value.to_value();
    [T: ToValue] T => Option<T>, |value| value.to_value();
    [] &str => String, |text| text.to_value();
    [] &str => Option<String>, |text| text.to_value();
    [] &String => String, |text| text.to_value();
    [] &String => Option<String>, |text| text.to_value();
    [] i64 => Decimal, |number| Decimal::from(number).to_value();
    [] i64 => Option<Decimal>, |number| Decimal::from(number).to_value();
}

macro_rules! expressions {
    ($($ty:ident)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<N, T> Operand<T> for $ty<N, T> {
            type Within<M> = Both<M, N>;
            type Result = T;

            fn into_expr(self) -> Expr {
                self.expr()
            }
        }

        /// If one side may be NULL, the result may be NULL.
        #[diagnostic::do_not_recommend]
        impl<N, T> Operand<T> for $ty<N, Option<T>> {
            type Within<M> = Both<M, N>;
            type Result = Option<T>;

            fn into_expr(self) -> Expr {
                self.expr()
            }
        }

        #[diagnostic::do_not_recommend]
        impl<N, T> Operand<Option<T>> for $ty<N, T> {
            type Within<M> = Both<M, N>;
            type Result = Option<T>;

            fn into_expr(self) -> Expr {
                self.expr()
            }
        }
    )*};
}
expressions! { Column Expression }

/// A set of values of type `T`, for `is_in` and `not_in`: an array, a `Vec`, a slice, or a query of one column.
#[diagnostic::on_unimplemented(
    message = "expected a set of values of type `{T}`, found `{Self}`",
    note = "pass an array, a Vec or a slice of values, or a query that selects one column"
)]
pub trait InSet<T> {
    /// Returns the set of values of type `ty`.
    fn into_set(self, ty: ValueType) -> Set;
}

impl<T, V: Literal<T>, const N: usize> InSet<T> for [V; N] {
    fn into_set(self, ty: ValueType) -> Set {
        Set::Values(ty, self.into_iter().map(V::into_value).collect())
    }
}

impl<T, V: Literal<T>> InSet<T> for Vec<V> {
    fn into_set(self, ty: ValueType) -> Set {
        Set::Values(ty, self.into_iter().map(V::into_value).collect())
    }
}

impl<T, V: Literal<T> + Clone> InSet<T> for &[V] {
    fn into_set(self, ty: ValueType) -> Set {
        self.to_vec().into_set(ty)
    }
}

impl<T, V: Literal<T> + Clone> InSet<T> for &Vec<V> {
    fn into_set(self, ty: ValueType) -> Set {
        self.clone().into_set(ty)
    }
}
