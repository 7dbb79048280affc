//! What can be said about a column, and about whatever is computed from columns.

use serde::Serialize;

use super::Expression;
use crate::column::Column;
use crate::kind::{HasDate, HasTime, IsJson, MaybeNull, Number, Text};
use crate::operand::{InSet, Operand};
use crate::order::Order;
use crate::predicate::Predicate;
use crate::statement::{Aggregate, Compare, DatePart, Direction, Expr, Function, JsonKind, JsonStep, LikePattern};
use crate::value::{FromValue, Json, ToValue, ValueType};

/// A column, or what is computed from columns: what it can be compared with, ordered by, and made into.
///
/// A method that takes a value takes a `T`, or for an expression of `Option<T>` also a plain `T`; text takes `&str`; and
/// each takes another column or expression of that type. Comparisons are SQL's: NULL is unequal to everything and different
/// from nothing, so `NAME.ne("x")` leaves out rows without a name. Only `eq(None)` and `ne(None)` ask about NULL itself.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no column and nothing that is computed from columns",
    note = "a value is written `literal(value)`"
)]
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

    /// Matches a pattern, heeding case: `%` is any text, `_` any one character, `\` takes their meaning away.
    ///
    /// On SQLite a text ends for a pattern at its first NUL character, and a pattern with one is refused.
    fn like(self, pattern: impl Into<String>) -> Predicate<Self::Scope>
    where
        Self::Type: Text,
    {
        matches(self, pattern.into(), false)
    }

    /// Matches a pattern, ignoring case: of ASCII letters on SQLite, of all letters elsewhere.
    fn ilike(self, pattern: impl Into<String>) -> Predicate<Self::Scope>
    where
        Self::Type: Text,
    {
        matches(self, pattern.into(), true)
    }

    /// Starts with this text, taken literally and heeding case.
    fn starts_with(self, text: impl AsRef<str>) -> Predicate<Self::Scope>
    where
        Self::Type: Text,
    {
        matches(self, format!("{}%", escape(text.as_ref())), false)
    }

    /// Ends with this text, taken literally and heeding case.
    fn ends_with(self, text: impl AsRef<str>) -> Predicate<Self::Scope>
    where
        Self::Type: Text,
    {
        matches(self, format!("%{}", escape(text.as_ref())), false)
    }

    /// Contains this text, taken literally and heeding case.
    fn contains(self, text: impl AsRef<str>) -> Predicate<Self::Scope>
    where
        Self::Type: Text,
    {
        matches(self, format!("%{}%", escape(text.as_ref())), false)
    }

    /// In small letters: of ASCII on SQLite, of all letters elsewhere.
    fn lower(self) -> Expression<Self::Scope, Self::Type>
    where
        Self::Type: Text,
    {
        call(Function::Lower, self)
    }

    /// In capital letters: of ASCII on SQLite, of all letters elsewhere.
    fn upper(self) -> Expression<Self::Scope, Self::Type>
    where
        Self::Type: Text,
    {
        call(Function::Upper, self)
    }

    /// The number of characters.
    fn length(self) -> Expression<Self::Scope, <Self::Type as Text>::Length>
    where
        Self::Type: Text,
    {
        call(Function::Length, self)
    }

    /// This text and another behind it; NULL when one is NULL.
    fn concat<O: Operand<Self::Type>>(self, other: O) -> Expression<O::Within<Self::Scope>, O::Result>
    where
        Self::Type: Text,
    {
        Expression::new(Expr::Call(Function::Concat, vec![self.into_tree(), other.into_expr()]))
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

    /// The year. Here and in all parts of dates, instants are taken in UTC.
    fn year(self) -> Expression<Self::Scope, <Self::Type as HasDate>::Part>
    where
        Self::Type: HasDate,
    {
        part(DatePart::Year, self)
    }

    /// The month, from 1.
    fn month(self) -> Expression<Self::Scope, <Self::Type as HasDate>::Part>
    where
        Self::Type: HasDate,
    {
        part(DatePart::Month, self)
    }

    /// The day of the month, from 1.
    fn day(self) -> Expression<Self::Scope, <Self::Type as HasDate>::Part>
    where
        Self::Type: HasDate,
    {
        part(DatePart::Day, self)
    }

    /// The day of the week: Monday is 1, Sunday is 7.
    fn weekday(self) -> Expression<Self::Scope, <Self::Type as HasDate>::Part>
    where
        Self::Type: HasDate,
    {
        part(DatePart::Weekday, self)
    }

    /// The day that an instant is on.
    fn date(self) -> Expression<Self::Scope, <Self::Type as HasDate>::Date>
    where
        Self::Type: HasDate,
    {
        part(DatePart::Date, self)
    }

    /// The hour, from 0.
    fn hour(self) -> Expression<Self::Scope, <Self::Type as HasTime>::Part>
    where
        Self::Type: HasTime,
    {
        part(DatePart::Hour, self)
    }

    /// The minute, from 0.
    fn minute(self) -> Expression<Self::Scope, <Self::Type as HasTime>::Part>
    where
        Self::Type: HasTime,
    {
        part(DatePart::Minute, self)
    }

    /// The whole second, from 0.
    fn second(self) -> Expression<Self::Scope, <Self::Type as HasTime>::Part>
    where
        Self::Type: HasTime,
    {
        part(DatePart::Second, self)
    }

    /// What is at a path of the JSON: `SETTINGS.json::<String>(["theme", "name"])`. None where there is nothing, or
    /// something else than a `K`; of a number, a `String` has it as the database writes it, and an `i64` its whole part.
    fn json<K: JsonScalar>(self, path: impl IntoJsonPath) -> Expression<Self::Scope, Option<K>>
    where
        Self::Type: IsJson,
    {
        Expression::new(Expr::Json(Box::new(self.into_tree()), path.into_json_path(), K::KIND))
    }

    /// Whether the JSON holds all of another: its members, its elements, or the same scalar. SQLite cannot say it:
    /// `Unsupported` there, see [`Capabilities::json_contains`](crate::Capabilities::json_contains).
    fn json_contains(self, other: impl Serialize) -> Predicate<Self::Scope>
    where
        Self::Type: IsJson,
    {
        let other = Expr::Value(Json(other).to_value());
        Predicate::new(Expr::JsonContains(Box::new(self.into_tree()), Box::new(other)))
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

/// As what JSON at a path is read.
#[diagnostic::on_unimplemented(
    message = "JSON at a path is not read as `{Self}`",
    note = "it is read as a String, an i64, an f64 or a bool"
)]
pub trait JsonScalar: FromValue {
    /// What the value has to be.
    const KIND: JsonKind;
}

impl JsonScalar for String {
    const KIND: JsonKind = JsonKind::Text;
}

impl JsonScalar for i64 {
    const KIND: JsonKind = JsonKind::Integer;
}

impl JsonScalar for f64 {
    const KIND: JsonKind = JsonKind::Float;
}

impl JsonScalar for bool {
    const KIND: JsonKind = JsonKind::Bool;
}

/// A path into JSON: a key, or an array of keys (`&str`) and positions (`u32`).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no path into JSON",
    note = "write a key, an array of keys, or an array of `JsonStep::from(..)` of keys and positions"
)]
pub trait IntoJsonPath {
    /// The steps.
    fn into_json_path(self) -> Vec<JsonStep>;
}

impl IntoJsonPath for &str {
    fn into_json_path(self) -> Vec<JsonStep> {
        vec![self.into()]
    }
}

impl<T: Into<JsonStep>, const N: usize> IntoJsonPath for [T; N] {
    fn into_json_path(self) -> Vec<JsonStep> {
        self.into_iter().map(T::into).collect()
    }
}

fn compare<S: Scalar, O: Operand<S::Type>>(left: S, op: Compare, right: O) -> Predicate<O::Within<S::Scope>> {
    Predicate::new(left.into_tree().compare(op, right.into_expr()))
}

fn matches<S: Scalar>(text: S, pattern: String, ignore_case: bool) -> Predicate<S::Scope> {
    Predicate::new(Expr::Like(Box::new(text.into_tree()), LikePattern { pattern, ignore_case }))
}

/// Takes the meaning from the special characters of a pattern.
fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

fn call<S: Scalar, T>(function: Function, argument: S) -> Expression<S::Scope, T> {
    Expression::new(Expr::Call(function, vec![argument.into_tree()]))
}

fn aggregate<S: Scalar, T>(function: Aggregate, argument: S) -> Expression<S::Scope, T> {
    Expression::new(Expr::Aggregate(function, Some(Box::new(argument.into_tree()))))
}

fn part<S: Scalar, T>(part: DatePart, of: S) -> Expression<S::Scope, T> {
    Expression::new(Expr::DatePart(part, Box::new(of.into_tree())))
}
