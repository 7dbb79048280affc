//! CASE.

use std::fmt;
use std::marker::PhantomData;

use super::Expression;
use crate::statement::{self, Expr};
use crate::typed::{Anywhere, Both, Operand, Predicate};

/// The value of the first condition that is true: `case::<String>().when(DELAY.gt(60), "late").otherwise("fine")`.
pub fn case<T>() -> Case<Anywhere, T> {
    Case { arms: Vec::new(), _of: PhantomData }
}

/// A CASE that is being written: [`case`]. Without a [`when`](Self::when) no database takes it.
#[must_use = "a CASE is finished by `otherwise` or `or_null`"]
pub struct Case<M, T> {
    arms: Vec<(Expr, Expr)>,
    _of: PhantomData<fn() -> (M, T)>,
}

impl<M, T> Case<M, T> {
    /// This value, when the condition is true and none before it was.
    pub fn when<N, O: Operand<T>>(mut self, condition: Predicate<N>, value: O) -> Case<O::Within<Both<M, N>>, T> {
        self.arms.push((condition.into_expr(), value.into_expr()));
        Case { arms: self.arms, _of: PhantomData }
    }

    /// This value, when no condition is true.
    pub fn otherwise<O: Operand<T>>(self, value: O) -> Expression<O::Within<M>, T> {
        self.finish(Some(value.into_expr()))
    }

    /// NULL, when no condition is true.
    pub fn or_null(self) -> Expression<M, Option<T>> {
        self.finish(None)
    }

    fn finish<N, U>(self, otherwise: Option<Expr>) -> Expression<N, U> {
        Expression::new(Expr::Case(Box::new(statement::Case { arms: self.arms, otherwise })))
    }
}

impl<M, T> fmt::Debug for Case<M, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Case").field(&self.arms).finish()
    }
}
