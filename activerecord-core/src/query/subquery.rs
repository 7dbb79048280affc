//! Queries as a part of another query: a condition, a value, or a set.

use super::Query;
use crate::statement::{Expr, Set};
use crate::typed::{Anywhere, Expression, InSet, MaybeNull, Predicate, Source};
use crate::value::ValueType;

/// Returns a condition that is true if the query finds a row. [`outer`](crate::outer) names a column of the surrounding
/// query. The query runs as a part of the surrounding query: if it names another connection, or its model uses another
/// one, the finisher returns `Unsupported`.
///
/// ```no_run
/// # use activerecord::prelude::*;
/// # use activerecord::query::{exists, outer};
/// # #[derive(ActiveRecord)] struct User { id: i64 }
/// # #[derive(ActiveRecord)] struct Post { id: i64, user_id: i64 }
/// # async fn example() -> Result<()> {
/// let posts = Post::filter(Post::USER_ID.eq(outer(User::ID)));
/// let authors = User::filter(exists(posts)).all().await?;
/// # Ok(()) }
/// ```
pub fn exists<S: Source, R: Send + 'static>(query: Query<S, R>) -> Predicate<Anywhere> {
    Predicate::new(Expr::Exists(query.into_subquery()))
}

/// Returns the single value of a query of one column; NULL if it finds no row. If it can find several rows, use an
/// aggregate or `limit(1)`: some databases refuse several rows, others take any of them. It runs as a part of the
/// surrounding query, as [`exists`] does.
///
/// ```no_run
/// # use activerecord::prelude::*;
/// # use activerecord::query::{count_rows, outer, subquery};
/// # #[derive(ActiveRecord)] struct User { id: i64 }
/// # #[derive(ActiveRecord)] struct Post { id: i64, user_id: i64 }
/// # async fn example() -> Result<()> {
/// let posts = Post::filter(Post::USER_ID.eq(outer(User::ID))).select(count_rows());
/// let counts: Vec<(i64, Option<u64>)> = User::select((User::ID, subquery(posts))).all().await?;
/// # Ok(()) }
/// ```
pub fn subquery<S: Source, T: MaybeNull + Send + 'static>(query: Query<S, T>) -> Expression<Anywhere, T::Option> {
    Expression::new(Expr::Subquery(query.into_subquery()))
}

impl<S: Source, T: Send + 'static> InSet<T> for Query<S, T> {
    fn into_set(self, _: ValueType) -> Set {
        Set::Query(self.into_subquery())
    }
}

/// A nullable column, such as a foreign key, in a query of a column that is not nullable.
impl<S: Source, T: Send + 'static> InSet<Option<T>> for Query<S, T> {
    fn into_set(self, _: ValueType) -> Set {
        Set::Query(self.into_subquery())
    }
}
