//! Conditions on rows.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{BitAnd, BitOr, Not};

use crate::statement::Expr;
use crate::typed::{Both, Meet};

/// A condition on rows of model `M`. Conditions are joined by `&`, `|` and `!`, with their own parentheses: `&` binds
/// tighter than `|`. Conditions on two models are joined by [`and`](Self::and) and [`or`](Self::or).
#[must_use = "a predicate does nothing until a query filters by it"]
pub struct Predicate<M> {
    expr: Expr,
    _of: PhantomData<fn() -> M>,
}

impl<M> Predicate<M> {
    pub(crate) fn new(expr: Expr) -> Self {
        Self { expr, _of: PhantomData }
    }

    pub(crate) fn into_expr(self) -> Expr {
        self.expr
    }

    /// True when both are: `&` for conditions on different models.
    pub fn and<N>(self, other: Predicate<N>) -> Predicate<Both<M, N>> {
        Predicate::new(self.expr.and(other.expr))
    }

    /// True when one is: `|` for conditions on different models.
    pub fn or<N>(self, other: Predicate<N>) -> Predicate<Both<M, N>> {
        Predicate::new(self.expr.or(other.expr))
    }
}

impl<M: Meet<N>, N> BitAnd<Predicate<N>> for Predicate<M> {
    type Output = Predicate<M::Output>;

    fn bitand(self, other: Predicate<N>) -> Self::Output {
        Predicate::new(self.expr.and(other.expr))
    }
}

impl<M: Meet<N>, N> BitOr<Predicate<N>> for Predicate<M> {
    type Output = Predicate<M::Output>;

    fn bitor(self, other: Predicate<N>) -> Self::Output {
        Predicate::new(self.expr.or(other.expr))
    }
}

impl<M> Not for Predicate<M> {
    type Output = Self;

    fn not(self) -> Self {
        Self::new(Expr::Not(Box::new(self.expr)))
    }
}

impl<M> Clone for Predicate<M> {
    fn clone(&self) -> Self {
        Self::new(self.expr.clone())
    }
}

impl<M> fmt::Debug for Predicate<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Predicate").field(&self.expr).finish()
    }
}
