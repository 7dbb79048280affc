//! Several queries as one.

use super::{Deleted, Query};
use crate::statement::{self, Compound, Select, SetOperator, Subquery};
use crate::typed::{Relation, Source};

/// Their rows are read alike. What comes after it (`filter`, `order_by`, `limit`, ..) is about the rows of the whole, which
/// stand under the name of the first query's model. The other query runs where this one does: one that names a connection
/// of its own, or whose model lives in another, is `Unsupported`.
impl<S: Source, R: Send + 'static> Query<S, R> {
    /// The rows of this query and those of another, each once.
    pub fn union<T: Source>(self, other: Query<T, R>) -> Self {
        self.with_rows_of(SetOperator::Union, other)
    }

    /// The rows of this query and those of another, as often as they are found.
    pub fn union_all<T: Source>(self, other: Query<T, R>) -> Self {
        self.with_rows_of(SetOperator::UnionAll, other)
    }

    /// The rows that both queries find, each once.
    pub fn intersect<T: Source>(self, other: Query<T, R>) -> Self {
        self.with_rows_of(SetOperator::Intersect, other)
    }

    /// The rows that this query finds and the other does not, each once.
    pub fn except<T: Source>(self, other: Query<T, R>) -> Self {
        self.with_rows_of(SetOperator::Except, other)
    }

    fn with_rows_of<T: Source>(mut self, operator: SetOperator, other: Query<T, R>) -> Self {
        let other = other.into_subquery();
        let is_whole = self.select.says_nothing();
        match &mut self.select.from {
            statement::Source::Compound(compound, _) if is_whole && compound.operator == operator => {
                compound.others.push(other);
            }
            _ => self = self.beside(operator, other),
        }
        self
    }

    fn beside(mut self, operator: SetOperator, other: Subquery) -> Self {
        let mut first = self.clone().into_select();
        first.name_items();
        let first = Subquery { select: Box::new(first), connection: None };
        let compound = Compound { first, operator, others: vec![other] };
        let name = <S::Root as Relation>::NAME.into();
        self.select = Select::from(statement::Source::Compound(Box::new(compound), name));
        self.deleted = Deleted::With;
        self
    }
}
