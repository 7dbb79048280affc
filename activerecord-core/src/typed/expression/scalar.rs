//! Conditions, orders and aggregates of columns and expressions.

use super::Expression;
use crate::statement::{Aggregate, Compare, Direction, Expr, Function};
use crate::typed::{Column, InSet, MaybeNull, Number, Operand, Order, Predicate};
use crate::value::ValueType;

/// A column or an expression: its conditions, orders and aggregates. [`TextScalar`](crate::TextScalar),
/// [`DateScalar`](crate::DateScalar), [`JsonScalar`](crate::JsonScalar) and [`WindowScalar`](crate::WindowScalar) have
/// the methods for texts, dates, JSON and windows.
///
/// # Conditions
///
/// ```no_run
/// # use activerecord::prelude::*;
/// # #[derive(ActiveRecord)] struct User { id: i64, name: Option<String>, age: i32 }
/// # async fn example() -> Result<()> {
/// let adults = User::filter(User::AGE.ge(18)).all().await?; // eq, ne, lt, le, gt, ge
/// let teens = User::filter(User::AGE.between(13, 19)).all().await?;
/// let some = User::filter(User::ID.is_in([1, 2, 3])).all().await?; // not_in
/// let unnamed = User::filter(User::NAME.is_null()).all().await?; // eq(None); is_not_null, ne(None)
/// let oldest = User::filter(User::AGE.is_in(User::select(User::AGE.max().coalesce(0)))).all().await?;
/// # Ok(()) }
/// ```
///
/// The argument is a value of the same type or another column or expression of that type. An expression of `Option<T>`
/// also takes a `T`, and text takes `&str`. Comparisons with NULL are those of SQL: the result is neither true nor
/// false, so `NAME.ne("x")` excludes rows without a name. Only `eq(None)` and `ne(None)` test for NULL.
///
/// # Orders, and aggregates of groups
///
/// ```no_run
/// # use activerecord::prelude::*;
/// # #[derive(ActiveRecord)] struct User { id: i64, name: Option<String>, age: i32 }
/// # async fn example() -> Result<()> {
/// let names: Vec<(Option<String>, u64, Option<i64>)> = User::query()
///     .group_by(User::NAME)
///     .order_by((User::AGE.max().desc(), User::NAME.asc()))
///     .select((User::NAME, User::ID.count(), User::AGE.sum())) // count_distinct, avg, min, max
///     .all().await?;
/// let named: Vec<String> = User::select(User::NAME.coalesce("nobody")).all().await?;
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "expected a column or an expression, found `{Self}`",
    note = "write a value as `literal(value)`"
)]
#[allow(clippy::wrong_self_convention, reason = "the names are SQL's, and the result contains the expression")]
pub trait Scalar: Sized {
    /// The models whose columns the expression names.
    type Scope;
    /// The type of its values.
    type Type;

    /// Returns the tree.
    fn into_tree(self) -> Expr;

    /// Equal. `eq(None)` is `IS NULL`.
    fn eq<O: Operand<Self::Type>>(self, value: O) -> Predicate<O::Within<Self::Scope>> {
        compare(self, Compare::Eq, value)
    }

    /// Not equal. `ne(None)` is `IS NOT NULL`.
    fn ne<O: Operand<Self::Type>>(self, value: O) -> Predicate<O::Within<Self::Scope>> {
        compare(self, Compare::Ne, value)
    }

    /// Less than.
    fn lt<O: Operand<Self::Type>>(self, value: O) -> Predicate<O::Within<Self::Scope>> {
        compare(self, Compare::Lt, value)
    }

    /// Less than or equal.
    fn le<O: Operand<Self::Type>>(self, value: O) -> Predicate<O::Within<Self::Scope>> {
        compare(self, Compare::Le, value)
    }

    /// Greater than.
    fn gt<O: Operand<Self::Type>>(self, value: O) -> Predicate<O::Within<Self::Scope>> {
        compare(self, Compare::Gt, value)
    }

    /// Greater than or equal.
    fn ge<O: Operand<Self::Type>>(self, value: O) -> Predicate<O::Within<Self::Scope>> {
        compare(self, Compare::Ge, value)
    }

    /// From `low` to `high`, both included.
    fn between<L, H>(self, low: L, high: H) -> Predicate<H::Within<L::Within<Self::Scope>>>
    where
        L: Operand<Self::Type>,
        H: Operand<Self::Type>,
    {
        let (low, high) = (Box::new(low.into_expr()), Box::new(high.into_expr()));
        Predicate::new(Expr::Between(Box::new(self.into_tree()), low, high))
    }

    /// In a set of values (an array, a `Vec` or a slice), or in the values that a query of one column finds. An empty
    /// set contains nothing. The query runs as a part of the surrounding query: if it names another connection, or its
    /// model uses another one, the finisher returns `Unsupported`.
    fn is_in(self, set: impl InSet<Self::Type>) -> Predicate<Self::Scope> {
        let expr = self.into_tree();
        let ty = expr.ty().unwrap_or(ValueType::Text);
        Predicate::new(Expr::In(Box::new(expr), set.into_set(ty)))
    }

    /// Not in a set. With an empty set it is true for every row, also for NULL. If the set contains NULL, it is true
    /// for no row.
    fn not_in(self, set: impl InSet<Self::Type>) -> Predicate<Self::Scope> {
        !self.is_in(set)
    }

    /// Is NULL.
    fn is_null(self) -> Predicate<Self::Scope> {
        Predicate::new(Expr::IsNull(Box::new(self.into_tree())))
    }

    /// Is not NULL.
    fn is_not_null(self) -> Predicate<Self::Scope> {
        !self.is_null()
    }

    /// Ascending order. NULL is smaller than every value, on every database.
    fn asc(self) -> Order<Self::Scope> {
        Order::new(self.into_tree(), Direction::Asc)
    }

    /// Descending order. NULL is last, on every database.
    fn desc(self) -> Order<Self::Scope> {
        Order::new(self.into_tree(), Direction::Desc)
    }

    /// Returns the value, or `other` if it is NULL.
    fn coalesce<T, O: Operand<T>>(self, other: O) -> Expression<O::Within<Self::Scope>, O::Result>
    where
        Self: Scalar<Type = Option<T>>,
    {
        Expression::new(Expr::Call(Function::Coalesce, vec![self.into_tree(), other.into_expr()]))
    }

    /// Returns the same expression as an `Option`. A column of a left-joined table needs it, because it is NULL without
    /// a match.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)] struct User { id: i64 }
    /// # #[derive(ActiveRecord)] struct Post { id: i64, user_id: i64, title: String }
    /// # async fn example() -> Result<()> {
    /// let titles: Vec<(i64, Option<String>)> = User::query()
    ///     .left_join(Post::USER_ID.eq(User::ID))
    ///     .select((User::ID, Post::TITLE.optional()))
    ///     .all().await?;
    /// # Ok(()) }
    /// ```
    fn optional(self) -> Expression<Self::Scope, <Self::Type as MaybeNull>::Option>
    where
        Self::Type: MaybeNull,
    {
        Expression::new(self.into_tree())
    }

    /// Returns the number of rows in which the value is not NULL.
    fn count(self) -> Expression<Self::Scope, u64> {
        aggregate(Aggregate::Count, self)
    }

    /// Returns the number of distinct values, without NULL.
    fn count_distinct(self) -> Expression<Self::Scope, u64> {
        aggregate(Aggregate::CountDistinct, self)
    }

    /// Returns the sum, without NULLs; `None` for no rows or only NULLs. How exact it is: [`Number::Sum`].
    fn sum(self) -> Expression<Self::Scope, Option<<Self::Type as Number>::Sum>>
    where
        Self::Type: Number,
    {
        aggregate(Aggregate::Sum, self)
    }

    /// Returns the average, without NULLs; `None` for no rows or only NULLs. How exact it is: [`Number::Average`].
    fn avg(self) -> Expression<Self::Scope, Option<<Self::Type as Number>::Average>>
    where
        Self::Type: Number,
    {
        aggregate(Aggregate::Avg, self)
    }

    /// Returns the smallest value; `None` for no rows or only NULLs.
    fn min(self) -> Expression<Self::Scope, <Self::Type as MaybeNull>::Option>
    where
        Self::Type: MaybeNull,
    {
        aggregate(Aggregate::Min, self)
    }

    /// Returns the greatest value; `None` for no rows or only NULLs.
    fn max(self) -> Expression<Self::Scope, <Self::Type as MaybeNull>::Option>
    where
        Self::Type: MaybeNull,
    {
        aggregate(Aggregate::Max, self)
    }
}

impl<M, T> Scalar for Column<M, T> {
    type Scope = M;
    type Type = T;

    fn into_tree(self) -> Expr {
        self.expr()
    }
}

impl<M, T> Scalar for Expression<M, T> {
    type Scope = M;
    type Type = T;

    fn into_tree(self) -> Expr {
        self.expr()
    }
}

fn compare<S: Scalar, O: Operand<S::Type>>(left: S, op: Compare, right: O) -> Predicate<O::Within<S::Scope>> {
    Predicate::new(left.into_tree().compare(op, right.into_expr()))
}

fn aggregate<S: Scalar, T>(function: Aggregate, argument: S) -> Expression<S::Scope, T> {
    Expression::new(Expr::Aggregate(function, Some(Box::new(argument.into_tree()))))
}
