//! What a column can be compared with and set to.

use rust_decimal::Decimal;

use crate::model::Model;
use crate::query::Query;
use crate::statement::Set;
use crate::value::{ToValue, Value, ValueType};

/// A value that a column of type `T` can be compared with or set to.
#[diagnostic::on_unimplemented(
    message = "a column of `{T}` cannot be compared with or set to `{Self}`",
    label = "expected `{T}`"
)]
pub trait Operand<T> {
    /// The value to bind.
    fn into_value(self) -> Value;
}

#[diagnostic::do_not_recommend]
impl<T: ToValue> Operand<T> for T {
    fn into_value(self) -> Value {
        self.to_value()
    }
}

#[diagnostic::do_not_recommend]
impl<T: ToValue> Operand<Option<T>> for T {
    fn into_value(self) -> Value {
        self.to_value()
    }
}

macro_rules! operands {
    ($($from:ty => $($to:ty),+;)*) => {$($(
        #[diagnostic::do_not_recommend]
        impl Operand<$to> for $from {
            fn into_value(self) -> Value {
                <$to as From<_>>::from(self).to_value()
            }
        }
    )+)*};
}

#[diagnostic::do_not_recommend]
impl Operand<Option<String>> for &str {
    fn into_value(self) -> Value {
        self.to_value()
    }
}

#[diagnostic::do_not_recommend]
impl Operand<Option<String>> for &String {
    fn into_value(self) -> Value {
        self.to_value()
    }
}

// Not for Option<&str>: with it, `eq(None)` and `set(None)` would be ambiguous.
// i64 alone among the integers: with a second one, a literal would be ambiguous.
operands! {
    &str => String;
    &String => String;
    i64 => Decimal;
}

#[diagnostic::do_not_recommend]
impl Operand<Option<Decimal>> for i64 {
    fn into_value(self) -> Value {
        Decimal::from(self).to_value()
    }
}

/// A set that a column of type `T` can be in.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no set of values for a column of `{T}`",
    note = "pass an array, a Vec or a slice of values, or a query that selects one column"
)]
pub trait InSet<T> {
    /// The set, of values of `ty`.
    fn into_set(self, ty: ValueType) -> Set;
}

impl<T, V: Operand<T>, const N: usize> InSet<T> for [V; N] {
    fn into_set(self, ty: ValueType) -> Set {
        Set::Values(ty, self.into_iter().map(V::into_value).collect())
    }
}

impl<T, V: Operand<T>> InSet<T> for Vec<V> {
    fn into_set(self, ty: ValueType) -> Set {
        Set::Values(ty, self.into_iter().map(V::into_value).collect())
    }
}

impl<T, V: Operand<T> + Clone> InSet<T> for &[V] {
    fn into_set(self, ty: ValueType) -> Set {
        self.to_vec().into_set(ty)
    }
}

impl<T, V: Operand<T> + Clone> InSet<T> for &Vec<V> {
    fn into_set(self, ty: ValueType) -> Set {
        self.clone().into_set(ty)
    }
}

impl<M: Model, T: Send + 'static> InSet<T> for Query<M, T> {
    fn into_set(self, _: ValueType) -> Set {
        self.into_subquery()
    }
}

/// A column that may be NULL, such as a foreign key, in a query of one that may not.
impl<M: Model, T: Send + 'static> InSet<Option<T>> for Query<M, T> {
    fn into_set(self, _: ValueType) -> Set {
        self.into_subquery()
    }
}

/// Text, or text that may be NULL.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no text",
    label = "only a text column can be matched with a pattern"
)]
pub trait Text {}

impl Text for String {}
impl Text for Option<String> {}

/// A number, or a number that may be NULL.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no number",
    label = "only a column of numbers can be computed with"
)]
pub trait Number {
    /// What a sum of such numbers is, on every database: `i64` for integers, `f64` for floats, `Decimal` for decimals.
    type Sum: crate::value::FromValue + Default + Send + 'static;
    /// What an average of such numbers is, on every database: `f64`, or `Decimal` for decimals.
    type Average: crate::value::FromValue + Send + 'static;
}

macro_rules! numbers {
    ($($number:ty => $sum:ty, $average:ty;)*) => {$(
        impl Number for $number {
            type Sum = $sum;
            type Average = $average;
        }
    )*};
}

numbers! {
    i8 => i64, f64;
    i16 => i64, f64;
    i32 => i64, f64;
    i64 => i64, f64;
    u8 => i64, f64;
    u16 => i64, f64;
    u32 => i64, f64;
    u64 => i64, f64;
    f32 => f64, f64;
    f64 => f64, f64;
    Decimal => Decimal, Decimal;
}

impl<T: Number> Number for Option<T> {
    type Sum = T::Sum;
    type Average = T::Average;
}
