//! CASE expressions.

use std::fmt;
use std::marker::PhantomData;

use super::Expression;
use crate::statement::{self, Expr};
use crate::typed::{Anywhere, Both, Operand, Predicate};

/// Starts a CASE expression of type `T`: the value of the first condition that is true.
///
/// ```no_run
/// # use activerecord::prelude::*;
/// # use activerecord::query::case;
/// # #[derive(ActiveRecord)] struct Flight { id: i64, carrier: String, delay: Option<i32> }
/// # async fn example() -> Result<()> {
/// let size = case::<String>()
///     .when(Flight::DELAY.gt(60), "late")
///     .when(Flight::DELAY.gt(15), "slow")
///     .otherwise("on time"); // or or_null()
/// let sizes: Vec<String> = Flight::select(size).all().await?;
/// # Ok(()) }
/// ```
pub fn case<T>() -> Case<Anywhere, T> {
    Case { arms: Vec::new(), _of: PhantomData }
}

/// An unfinished CASE expression: [`case`]. It needs at least one [`when`](Self::when); without one, databases return
/// `InvalidStatement`.
#[must_use = "a CASE is finished by `otherwise` or `or_null`"]
pub struct Case<M, T> {
    arms: Vec<(Expr, Expr)>,
    _of: PhantomData<fn() -> (M, T)>,
}

impl<M, T> Case<M, T> {
    /// Adds a value for rows that meet this condition and none of the previous ones. Example: [`case`].
    pub fn when<N, O: Operand<T>>(mut self, condition: Predicate<N>, value: O) -> Case<O::Within<Both<M, N>>, T> {
        self.arms.push((condition.into_expr(), value.into_expr()));
        Case { arms: self.arms, _of: PhantomData }
    }

    /// Finishes the expression with the value for rows that meet no condition. Example: [`case`].
    pub fn otherwise<O: Operand<T>>(self, value: O) -> Expression<O::Within<M>, T> {
        self.finish(Some(value.into_expr()))
    }

    /// Finishes the expression with NULL for rows that meet no condition. Example: [`case`].
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
