//! What can be said about a column, and about whatever is computed from columns.

use super::Expression;
use crate::statement::{Aggregate, Compare, Direction, Expr, Function};
use crate::typed::{Column, InSet, MaybeNull, Number, Operand, Order, Predicate};
use crate::value::ValueType;

/// A column, or what is computed from columns: what it can be compared with, ordered by, and summed up to. What texts,
/// dates and JSON can be asked for is in [`TextScalar`](crate::TextScalar), [`DateScalar`](crate::DateScalar) and
/// [`JsonScalar`](crate::JsonScalar).
///
/// A method that takes a value takes a `T`, or for an expression of `Option<T>` also a plain `T`; text takes `&str`; and
/// each takes another column or expression of that type. Comparisons are SQL's: NULL is unequal to everything and different
/// from nothing, so `NAME.ne("x")` leaves out rows without a name. Only `eq(None)` and `ne(None)` ask about NULL itself.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no column and nothing that is computed from columns",
    note = "a value is written `literal(value)`"
)]
#[allow(clippy::wrong_self_convention, reason = "the names are SQL's, and what they make takes the expression up")]
pub trait Scalar: Sized {
    /// The models whose columns it names.
    type Scope;
    /// The type of its values.
    type Type;

    /// The tree.
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

    /// One of a set of values (an array, a `Vec` or a slice), or of the values that a query of one column finds. Nothing is
    /// in an empty set. The query runs as a part of this one: one that names a connection of its own, or whose model lives
    /// in another, is `Unsupported`.
    fn is_in(self, set: impl InSet<Self::Type>) -> Predicate<Self::Scope> {
        let expr = self.into_tree();
        let ty = expr.ty().unwrap_or(ValueType::Text);
        Predicate::new(Expr::In(Box::new(expr), set.into_set(ty)))
    }

    /// None of a set. Everything, NULL included, is not in an empty set.
    fn not_in(self, set: impl InSet<Self::Type>) -> Predicate<Self::Scope> {
        !self.is_in(set)
    }

    /// NULL.
    fn is_null(self) -> Predicate<Self::Scope> {
        Predicate::new(Expr::IsNull(Box::new(self.into_tree())))
    }

    /// Not NULL.
    fn is_not_null(self) -> Predicate<Self::Scope> {
        !self.is_null()
    }

    /// Smallest first; NULL is smaller than everything, on every database alike.
    fn asc(self) -> Order<Self::Scope> {
        Order::new(self.into_tree(), Direction::Asc)
    }

    /// Greatest first; NULL comes last, on every database alike.
    fn desc(self) -> Order<Self::Scope> {
        Order::new(self.into_tree(), Direction::Desc)
    }

    /// The value, or `other` where it is NULL.
    fn coalesce<T, O: Operand<T>>(self, other: O) -> Expression<O::Within<Self::Scope>, O::Result>
    where
        Self: Scalar<Type = Option<T>>,
    {
        Expression::new(Expr::Call(Function::Coalesce, vec![self.into_tree(), other.into_expr()]))
    }

    /// The same, read as an `Option`: a column of a table that is joined by `left_join` is NULL where no row was found.
    fn optional(self) -> Expression<Self::Scope, <Self::Type as MaybeNull>::Option>
    where
        Self::Type: MaybeNull,
    {
        Expression::new(self.into_tree())
    }

    /// The number of rows in which it is not NULL.
    fn count(self) -> Expression<Self::Scope, u64> {
        aggregate(Aggregate::Count, self)
    }

    /// The number of different values, NULL left out.
    fn count_distinct(self) -> Expression<Self::Scope, u64> {
        aggregate(Aggregate::CountDistinct, self)
    }

    /// The sum; None of no rows, and when all are NULL.
    fn sum(self) -> Expression<Self::Scope, Option<<Self::Type as Number>::Sum>>
    where
        Self::Type: Number,
    {
        aggregate(Aggregate::Sum, self)
    }

    /// The average; None of no rows. NULLs do not count.
    fn avg(self) -> Expression<Self::Scope, Option<<Self::Type as Number>::Average>>
    where
        Self::Type: Number,
    {
        aggregate(Aggregate::Avg, self)
    }

    /// The smallest value; None of no rows, and when all are NULL.
    fn min(self) -> Expression<Self::Scope, <Self::Type as MaybeNull>::Option>
    where
        Self::Type: MaybeNull,
    {
        aggregate(Aggregate::Min, self)
    }

    /// The greatest value; None of no rows, and when all are NULL.
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
