//! Set operations on queries.

use super::{Deleted, Query};
use crate::statement::{self, Compound, Select, SetOperator, Subquery};
use crate::typed::{Relation, Source};

/// Set operations. Both queries must read the same row type. Builders that are called later (`filter`, `order_by`,
/// `limit`, ..) apply to the combined rows, under the name of the first query's model. The other query runs on the
/// connection of this query: if it names another connection, or its model uses another one, the finisher returns
/// `Unsupported`.
impl<S: Source, R: Send + 'static> Query<S, R> {
    /// Returns the rows of both queries, without duplicates.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)] struct User { id: i64, email: String }
    /// # #[derive(ActiveRecord)] struct Lead { id: i64, email: String }
    /// # async fn example() -> Result<()> {
    /// let emails: Vec<String> = User::select(User::EMAIL)
    ///     .union(Lead::select(Lead::EMAIL)) // or union_all, intersect, except
    ///     .order_by(User::EMAIL.asc())
    ///     .all().await?;
    /// # Ok(()) }
    /// ```
    pub fn union<T: Source>(self, other: Query<T, R>) -> Self {
        self.with_rows_of(SetOperator::Union, other)
    }

    /// Returns the rows of both queries, with duplicates. Example: [`union`](Self::union).
    pub fn union_all<T: Source>(self, other: Query<T, R>) -> Self {
        self.with_rows_of(SetOperator::UnionAll, other)
    }

    /// Returns the rows that are in both queries, without duplicates. Example: [`union`](Self::union).
    pub fn intersect<T: Source>(self, other: Query<T, R>) -> Self {
        self.with_rows_of(SetOperator::Intersect, other)
    }

    /// Returns the rows of this query that are not in the other, without duplicates. Example: [`union`](Self::union).
    pub fn except<T: Source>(self, other: Query<T, R>) -> Self {
        self.with_rows_of(SetOperator::Except, other)
    }

    fn with_rows_of<T: Source>(mut self, operator: SetOperator, other: Query<T, R>) -> Self {
        let other = other.into_subquery();
        let is_whole = self.select.says_nothing();
        match &mut self.select.from {
            statement::FromItem::Compound(compound, _) if is_whole && compound.operator == operator => {
                compound.others.push(other);
            }
            _ => self = self.beside(operator, other),
        }
        self
    }

    fn beside(mut self, operator: SetOperator, other: Subquery) -> Self {
        let mut first = self.clone().into_select();
        first.name_items();
        let first = Subquery::bounded(first);
        let compound = Compound { first, operator, others: vec![other] };
        let name = <S::Root as Relation>::NAME.into();
        self.select = Select::from(statement::FromItem::Compound(Box::new(compound), name));
        self.deleted = Deleted::With;
        self.revealed.clear();
        self
    }
}
