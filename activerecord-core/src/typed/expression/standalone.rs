//! Expressions without a column of the query: values, the number of rows, columns of an outer query, raw SQL.

use super::Expression;
use crate::statement::{Aggregate, ColumnExpr, Expr, RawSql};
use crate::typed::{Anywhere, Column};
use crate::value::{IntoParams, ToValue};

/// Returns a value as an expression. It is bound to the statement.
///
/// ```no_run
/// # use activerecord::prelude::*;
/// # use activerecord::query::literal;
/// # #[derive(ActiveRecord)] struct User { id: i64, name: String, age: i32 }
/// # async fn example() -> Result<()> {
/// let rows: Vec<(String, i64)> = User::select((User::NAME, literal(1_i64))).all().await?;
/// # Ok(()) }
/// ```
pub fn literal<T: ToValue>(value: T) -> Expression<Anywhere, T> {
    Expression::new(Expr::Value(value.to_value()))
}

/// Returns the number of rows: `COUNT(*)`. The other aggregates are methods of [`Scalar`](super::Scalar).
///
/// ```no_run
/// # use activerecord::prelude::*;
/// # use activerecord::query::count_rows;
/// # #[derive(ActiveRecord)] struct User { id: i64, name: String, age: i32 }
/// # async fn example() -> Result<()> {
/// let names: Vec<(String, u64)> = User::query().group_by(User::NAME).select((User::NAME, count_rows())).all().await?;
/// # Ok(()) }
/// ```
pub fn count_rows() -> Expression<Anywhere, u64> {
    Expression::new(Expr::Aggregate(Aggregate::Count, None))
}

/// Returns a column of the surrounding query, for a correlated subquery: see [`exists`](crate::exists). Without such a
/// surrounding query the finisher returns `InvalidStatement`.
///
/// ```no_run
/// # use activerecord::prelude::*;
/// # use activerecord::query::{exists, outer};
/// # #[derive(ActiveRecord)] struct User { id: i64 }
/// # #[derive(ActiveRecord)] struct Post { id: i64, user_id: i64 }
/// # async fn example() -> Result<()> {
/// let authors = User::filter(exists(Post::filter(Post::USER_ID.eq(outer(User::ID))))).all().await?;
/// # Ok(()) }
/// ```
pub fn outer<M, T>(column: Column<M, T>) -> Expression<Anywhere, T> {
    Expression::new(match column.expr() {
        Expr::Column(column) => Expr::Column(ColumnExpr { outer: true, ..column }),
        other => other,
    })
}

/// Returns SQL as an expression of type `T`. `?` binds the next value on every database, and `??` is a question mark.
/// The text, its columns and its type are not checked: `T` must be the type of the value.
///
/// ```no_run
/// # use activerecord::prelude::*;
/// # use activerecord::query::raw;
/// # #[derive(ActiveRecord)] struct User { id: i64, name: String, age: i32 }
/// # async fn example() -> Result<()> {
/// let users = User::order_by(raw::<i32>("ABS(age - ?)", [40]).asc()).all().await?;
/// # Ok(()) }
/// ```
pub fn raw<T: ToValue>(sql: impl Into<String>, params: impl IntoParams) -> Expression<Anywhere, T> {
    let sql = Expr::Raw(RawSql { text: sql.into().into(), binds: params.into_params() });
    Expression::new(Expr::Typed(Box::new(sql), T::TYPE))
}
