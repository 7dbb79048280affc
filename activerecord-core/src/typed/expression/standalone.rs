//! Expressions that name no column of the query: values, the number of rows, columns of an outer query, raw SQL.

use super::Expression;
use crate::statement::{Aggregate, ColumnExpr, Expr, RawSql};
use crate::typed::{Anywhere, Column};
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

/// SQL of one's own as an expression of type `T`: `?` binds the next value on every database, `??` is a question mark.
/// Nothing is known about the columns it names.
pub fn raw<T>(sql: impl Into<String>, params: impl IntoParams) -> Expression<Anywhere, T> {
    Expression::new(Expr::Raw(RawSql { text: sql.into().into(), binds: params.into_params() }))
}
