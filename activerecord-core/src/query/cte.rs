//! Common table expressions.

use super::{Deleted, Query};
use crate::source::{Cte, Relation, Source};
use crate::statement::{self, SetOperator, Subquery};

impl<S: Source, R: Send + 'static> Query<S, R> {
    /// Gives the rows of a query a name, which this query can then join: see [`Cte`].
    pub fn with<C: Cte>(mut self, query: Query<impl Source, C::Row>) -> Self {
        self.select.with.push(named::<C>(query.into_subquery(), None));
        self
    }

    /// Gives a name to the rows of `base`, and of `step` again and again: see [`Cte::recursive`].
    pub fn with_recursive<C: Cte>(
        mut self,
        base: Query<impl Source, C::Row>,
        step: Query<impl Source, C::Row>,
    ) -> Self {
        let step = step.into_step(SetOperator::UnionAll);
        self.select.with.push(named::<C>(base.into_subquery(), Some(step)));
        self
    }

    /// What is joined to a recursive expression again and again.
    pub(crate) fn into_step(self, operator: SetOperator) -> (SetOperator, Subquery) {
        (operator, self.into_subquery())
    }
}

impl<C: Cte> Query<C> {
    /// A query on the rows of another, which goes where the other would have gone.
    pub(crate) fn of_cte<S: Source>(query: Query<S, C::Row>, step: Option<(SetOperator, Subquery)>) -> Self {
        let mut whole = Self::new(query.model);
        whole.route = query.route.clone();
        whole.deleted = Deleted::With;
        let inner = Subquery { select: Box::new(query.into_select()), connection: None };
        whole.select.with.push(named::<C>(inner, step));
        whole
    }
}

fn named<C: Cte>(query: Subquery, step: Option<(SetOperator, Subquery)>) -> statement::Cte {
    let columns = C::COLUMNS.iter().map(|def| def.name.into()).collect();
    statement::Cte { name: <C as Relation>::NAME.into(), columns, query, step }
}
