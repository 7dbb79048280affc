//! Expressions that name no column of the query: values, queries inside it, the number of its rows, SQL of one's own.

use super::Expression;
use crate::column::Column;
use crate::kind::MaybeNull;
use crate::predicate::Predicate;
use crate::query::Query;
use crate::source::{Anywhere, Source};
use crate::statement::{Aggregate, ColumnExpr, Expr, RawSql};
use crate::value::{IntoParams, ToValue};

/// A value, bound to the statement, where an expression is asked for.
pub fn literal<T: ToValue>(value: T) -> Expression<Anywhere, T> {
    Expression::new(Expr::Value(value.to_value()))
}

/// The number of rows: `COUNT(*)`. The other aggregates are methods of [`Scalar`](super::Scalar).
pub fn count_rows() -> Expression<Anywhere, u64> {
    Expression::new(Expr::Aggregate(Aggregate::Count, None))
}

/// A column of the query around this one: `exists(Post::filter(Post::USER_ID.eq(outer(User::ID))))`. Whether there is such
/// a query around is known when the statement is written: if not, it is `InvalidStatement`.
pub fn outer<M, T>(column: Column<M, T>) -> Expression<Anywhere, T> {
    Expression::new(match column.expr() {
        Expr::Column(column) => Expr::Column(ColumnExpr { outer: true, ..column }),
        other => other,
    })
}

/// Whether a query finds a row. It runs as a part of the query around it, so one that names a connection of its own, or
/// whose model lives in another, is `Unsupported`.
pub fn exists<S: Source, R: Send + 'static>(query: Query<S, R>) -> Predicate<Anywhere> {
    Predicate::new(Expr::Exists(query.into_subquery()))
}

/// The one value that a query of one column finds; None when it finds none. It runs as a part of the query around it, as
/// [`exists`] does. The database refuses one that finds several, or takes any of them: ask for an aggregate, or limit it.
pub fn subquery<S: Source, T: MaybeNull + Send + 'static>(query: Query<S, T>) -> Expression<Anywhere, T::Option> {
    Expression::new(Expr::Subquery(query.into_subquery()))
}

/// SQL of one's own as an expression of type `T`: `?` binds the next value on every database, `??` is a question mark.
/// Nothing is known about the columns it names.
pub fn raw<T>(sql: impl Into<String>, params: impl IntoParams) -> Expression<Anywhere, T> {
    Expression::new(Expr::Raw(RawSql { text: sql.into().into(), binds: params.into_params() }))
}
