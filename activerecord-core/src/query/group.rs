//! Groups and distinct rows.

use super::Query;
use crate::statement::Distinct;
use crate::typed::{Condition, Selection, Source};

impl<S: Source, R: Send + 'static> Query<S, R> {
    /// Groups the rows by a column, an expression, or a tuple of them. `select` can then read these and aggregates.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # use activerecord::query::count_rows;
    /// # #[derive(ActiveRecord)] struct Flight { id: i64, carrier: String }
    /// # async fn example() -> Result<()> {
    /// let loads: Vec<(String, u64)> = Flight::query()
    ///     .group_by(Flight::CARRIER)
    ///     .having(count_rows().gt(100))
    ///     .select((Flight::CARRIER, count_rows()))
    ///     .all().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn group_by<E, I>(mut self, columns: E) -> Self
    where
        E: Selection<S, I>,
    {
        self.select.group_by.extend(columns.items().into_iter().map(|item| item.expr));
        self
    }

    /// Keeps only groups that meet this condition on aggregates or on grouped columns. Example:
    /// [`group_by`](Self::group_by).
    pub fn having<C, I>(mut self, predicate: C) -> Self
    where
        C: Condition<S, I>,
    {
        self.select.and_having(predicate.into_condition());
        self
    }

    /// Drops duplicate rows.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)] struct User { id: i64, name: String, age: i32 }
    /// # async fn example() -> Result<()> {
    /// let names: Vec<String> = User::select(User::NAME).distinct().all().await?;
    /// # Ok(()) }
    /// ```
    pub fn distinct(mut self) -> Self {
        self.select.distinct = Distinct::Rows;
        self
    }

    /// Keeps the first row of each set of rows that are equal in these columns. `order_by` must start with the same
    /// columns and decides which row is first. PostgreSQL only; elsewhere the finisher returns `Unsupported`: see
    /// [`Capabilities::distinct_on`](crate::Capabilities::distinct_on).
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)] struct User { id: i64, name: String, age: i32 }
    /// # async fn example() -> Result<()> {
    /// let oldest = User::query().distinct_on(User::NAME).order_by((User::NAME.asc(), User::AGE.desc())).all().await?;
    /// # Ok(()) }
    /// ```
    pub fn distinct_on<E, I>(mut self, columns: E) -> Self
    where
        E: Selection<S, I>,
    {
        self.select.distinct = Distinct::On(columns.items().into_iter().map(|item| item.expr).collect());
        self
    }
}
