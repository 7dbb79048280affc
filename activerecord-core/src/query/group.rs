//! Groups, and rows that count as one.

use super::Query;
use crate::statement::Distinct;
use crate::typed::{Covers, Predicate, Selection, Source};

impl<S: Source, R: Send + 'static> Query<S, R> {
    /// One row for each group of rows that have these in common: a column, an expression, or a tuple of them. What is
    /// selected is then one of these, or an aggregate.
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

    /// Only groups that also meet this condition, which is about what they have in common, or about aggregates.
    pub fn having<P, I>(mut self, predicate: Predicate<P>) -> Self
    where
        S: Covers<P, I>,
    {
        self.select.and_having(predicate.into_expr());
        self
    }

    /// Equal rows once.
    pub fn distinct(mut self) -> Self {
        self.select.distinct = Distinct::Rows;
        self
    }

    /// Of the rows that have these in common the first, in the query's order, which has to begin with them. PostgreSQL
    /// alone has it: `Unsupported` elsewhere, see [`Capabilities::distinct_on`](crate::Capabilities::distinct_on).
    pub fn distinct_on<E, I>(mut self, columns: E) -> Self
    where
        E: Selection<S, I>,
    {
        self.select.distinct = Distinct::On(columns.items().into_iter().map(|item| item.expr).collect());
        self
    }
}
