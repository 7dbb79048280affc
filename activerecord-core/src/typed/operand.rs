//! What an expression can be compared with and set to.

use rust_decimal::Decimal;

use crate::statement::{Expr, Set};
use crate::typed::{Both, Column, Expression};
use crate::value::{ToValue, Value, ValueType};

/// What an expression of type `T` can be compared with, computed with or set to: a value, or another expression.
#[diagnostic::on_unimplemented(
    message = "a column of `{T}` cannot be compared with or set to `{Self}`",
    label = "expected `{T}`"
)]
pub trait Operand<T> {
    /// What it names together with an expression on `M`.
    type Within<M>;

    /// The type of what is computed from it: an `Option` where it may be NULL.
    type Result;

    /// The tree.
    fn into_expr(self) -> Expr;
}

/// A value that can stand for a `T`.
#[diagnostic::on_unimplemented(message = "`{Self}` is no value of type `{T}`", label = "expected `{T}`")]
pub trait Literal<T>: Operand<T> {
    /// The value to bind.
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

// Not for Option<&str>: with it, `eq(None)` and `set(None)` would be ambiguous.
// i64 alone among the integers: with a second one, a literal would be ambiguous.
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

        /// Where one side may be NULL, so may be what is computed.
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

/// A set that a column of type `T` can be in.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no set of values for a column of `{T}`",
    note = "pass an array, a Vec or a slice of values, or a query that selects one column"
)]
pub trait InSet<T> {
    /// The set, of values of `ty`.
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
