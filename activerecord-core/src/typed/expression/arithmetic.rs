//! `+`, `-`, `*`, `/` and `%` on columns and expressions. The database computes them, with its rules for overflow.

use std::ops::{Add, Div, Mul, Rem, Sub};

use super::Expression;
use crate::statement::{Arithmetic, Expr};
use crate::typed::{Column, Divide, Integer, Number, Operand};

macro_rules! operators {
    ($($ty:ident $operator:ident $method:ident $op:ident $bound:ident $result:ty;)*) => {$(
        impl<M, T: $bound, O: Operand<T>> $operator<O> for $ty<M, T> {
            type Output = Expression<O::Within<M>, $result>;

            fn $method(self, other: O) -> Self::Output {
                let (left, right) = (Box::new(self.expr()), Box::new(other.into_expr()));
                Expression::new(Expr::Arithmetic(left, Arithmetic::$op, right))
            }
        }
    )*};
}
operators! {
    Column Add add Add Number O::Result;
    Column Sub sub Subtract Number O::Result;
    Column Mul mul Multiply Number O::Result;
    Column Div div Divide Divide T::Quotient;
    Column Rem rem Remainder Integer T::Quotient;
    Expression Add add Add Number O::Result;
    Expression Sub sub Subtract Number O::Result;
    Expression Mul mul Multiply Number O::Result;
    Expression Div div Divide Divide T::Quotient;
    Expression Rem rem Remainder Integer T::Quotient;
}
