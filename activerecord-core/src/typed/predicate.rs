//! Conditions on rows.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{BitAnd, BitOr, Not};

use crate::statement::Expr;
use crate::typed::{Both, Covers, Meet};

/// A condition on rows of model `M`. Join conditions by `&` and `|`, negate them by `!`. `&` binds tighter than `|`.
///
/// ```no_run
/// # use activerecord::prelude::*;
/// # #[derive(ActiveRecord)] struct User { id: i64, name: String, age: i32 }
/// # async fn example() -> Result<()> {
/// let adults = User::filter((User::AGE.ge(18) & !User::NAME.like("A%")) | User::NAME.eq("Ada")).all().await?;
/// # Ok(()) }
/// ```
///
/// A condition can be nested 100 levels ([`MAX_DEPTH`](crate::statement::MAX_DEPTH)); a list of conditions that are all
/// joined by `&`, or all by `|`, is one level, however long it is. A deeper condition is `Unsupported` when the query is
/// finished.
///
/// To join conditions on different models, use [`and`](Self::and) and [`or`](Self::or), because Rust's operators cannot
/// tell that the models differ.
#[must_use = "a predicate does nothing until a query filters by it"]
pub struct Predicate<M> {
    expr: Expr,
    _of: PhantomData<fn() -> M>,
}

impl<M> Predicate<M> {
    pub(crate) fn new(expr: Expr) -> Self {
        Self::of(expr.bounded())
    }

    /// Takes an expression that is not nested too deeply.
    fn of(expr: Expr) -> Self {
        Self { expr, _of: PhantomData }
    }

    pub(crate) fn into_expr(self) -> Expr {
        self.expr
    }

    /// Is true if both conditions are true. It also joins conditions on different models.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)] struct User { id: i64, name: String }
    /// # #[derive(ActiveRecord)] struct Post { id: i64, user_id: i64, title: String }
    /// # async fn example() -> Result<()> {
    /// let posts = User::query()
    ///     .join(Post::USER_ID.eq(User::ID))
    ///     .filter(User::NAME.eq("Ada").or(Post::TITLE.eq("Ada").and(User::ID.gt(1))))
    ///     .all().await?;
    /// # Ok(()) }
    /// ```
    pub fn and<N>(self, other: Predicate<N>) -> Predicate<Both<M, N>> {
        Predicate::of(self.expr.and(other.expr))
    }

    /// Is true if at least one condition is true. It also joins conditions on different models. Example:
    /// [`and`](Self::and).
    pub fn or<N>(self, other: Predicate<N>) -> Predicate<Both<M, N>> {
        Predicate::of(self.expr.or(other.expr))
    }
}

/// A [`Predicate`] on tables that `S` reads. The compiler infers `I`.
#[diagnostic::on_unimplemented(
    message = "expected a predicate, found `{Self}`",
    label = "not a predicate",
    note = "compare a column by a method: `.eq(true)`, `.eq(value)`, `.lt(value)`, .."
)]
pub trait Condition<S, I> {
    /// The tree.
    fn into_condition(self) -> Expr;
}

impl<S: Covers<P, I>, P, I> Condition<S, I> for Predicate<P> {
    fn into_condition(self) -> Expr {
        self.expr
    }
}

impl<M: Meet<N>, N> BitAnd<Predicate<N>> for Predicate<M> {
    type Output = Predicate<M::Output>;

    fn bitand(self, other: Predicate<N>) -> Self::Output {
        Predicate::of(self.expr.and(other.expr))
    }
}

impl<M: Meet<N>, N> BitOr<Predicate<N>> for Predicate<M> {
    type Output = Predicate<M::Output>;

    fn bitor(self, other: Predicate<N>) -> Self::Output {
        Predicate::of(self.expr.or(other.expr))
    }
}

impl<M> Not for Predicate<M> {
    type Output = Self;

    fn not(self) -> Self {
        match self.expr {
            Expr::Not(inner) => Self::of(*inner),
            expr => Self::new(Expr::Not(Box::new(expr))),
        }
    }
}

impl<M> Clone for Predicate<M> {
    fn clone(&self) -> Self {
        Self::of(self.expr.clone())
    }
}

impl<M> fmt::Debug for Predicate<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Predicate").field(&self.expr).finish()
    }
}
