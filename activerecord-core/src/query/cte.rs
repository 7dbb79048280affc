//! Common table expressions.

use super::{Deleted, Query};
use crate::statement::{self, SetOperator, Subquery};
use crate::typed::{Relation, Source};

/// A common table expression: a struct whose rows come from a named query. `#[derive(Cte)]` implements it. The fields
/// are the columns of the query, in their order.
///
/// ```no_run
/// # use activerecord::prelude::*;
/// # use activerecord::query::count_rows;
/// # #[derive(ActiveRecord)] struct Flight { id: i64, carrier: String }
/// # #[derive(ActiveRecord)] struct Airline { #[primary_key] carrier: String }
/// #[derive(Cte, Debug)]
/// struct Load {
///     carrier: String,
///     flights: u64,
/// }
///
/// # async fn example() -> Result<()> {
/// let loads = Flight::query().group_by(Flight::CARRIER).select((Flight::CARRIER, count_rows()));
/// let busy: Vec<(Load, Airline)> = Load::of(loads)
///     .join(Airline::CARRIER.eq(Load::CARRIER))
///     .filter(Load::FLIGHTS.gt(1000))
///     .all().await?;
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a common table expression",
    note = "add #[derive(Cte)] to `{Self}`"
)]
pub trait Cte: Relation<Record = Self> + Send {
    /// The row type of the query: the tuple of the fields' types.
    type Row: Send + 'static;

    /// Returns a query on the rows of `query`: `WITH name AS (query) SELECT .. FROM name`. It uses the connection of
    /// `query`.
    fn of<S: Source>(query: Query<S, Self::Row>) -> Query<Self> {
        Query::of_cte(query, None)
    }

    /// Returns a query on the rows of `base`, then of `step` on these rows, then of `step` on the rows that this found,
    /// and so on until `step` finds no row. `step` joins this type, which stands for the rows of the previous step.
    ///
    /// **A cycle in the data never ends**: use [`recursive_distinct`](Self::recursive_distinct) for it.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)] struct Employee { id: i64, name: String, manager_id: i64 }
    /// # async fn example() -> Result<()> {
    /// #[derive(Cte)]
    /// struct Report { id: i64, name: String }
    ///
    /// let base = Employee::filter(Employee::ID.eq(1)).select((Employee::ID, Employee::NAME));
    /// let step = Employee::query()
    ///     .join(Report::ID.eq(Employee::MANAGER_ID))
    ///     .select((Employee::ID, Employee::NAME));
    /// let reports: Vec<Report> = Report::recursive_distinct(base, step).all().await?;
    /// # Ok(()) }
    /// ```
    fn recursive<S: Source, T: Source>(base: Query<S, Self::Row>, step: Query<T, Self::Row>) -> Query<Self> {
        Query::of_cte(base, Some(step.into_step(SetOperator::UnionAll)))
    }

    /// As [`recursive`](Self::recursive), but drops rows that were found before, so that a cycle ends.
    fn recursive_distinct<S: Source, T: Source>(base: Query<S, Self::Row>, step: Query<T, Self::Row>) -> Query<Self> {
        Query::of_cte(base, Some(step.into_step(SetOperator::Union)))
    }
}

impl<S: Source, R: Send + 'static> Query<S, R> {
    /// Adds a common table expression, which this query can then join: see [`Cte`].
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # use activerecord::query::count_rows;
    /// # #[derive(ActiveRecord)] struct Flight { id: i64, carrier: String }
    /// # async fn example() -> Result<()> {
    /// #[derive(Cte)]
    /// struct Load { carrier: String, flights: u64 }
    ///
    /// let loads = Flight::query().group_by(Flight::CARRIER).select((Flight::CARRIER, count_rows()));
    /// let flights: Vec<(Flight, Load)> =
    ///     Flight::query().with::<Load>(loads).join(Load::CARRIER.eq(Flight::CARRIER)).all().await?;
    /// # Ok(()) }
    /// ```
    pub fn with<C: Cte>(mut self, query: Query<impl Source, C::Row>) -> Self {
        self.select.with.push(named::<C>(query.into_subquery(), None));
        self
    }

    /// Adds a recursive common table expression: see [`Cte::recursive`].
    pub fn with_recursive<C: Cte>(
        mut self,
        base: Query<impl Source, C::Row>,
        step: Query<impl Source, C::Row>,
    ) -> Self {
        let step = step.into_step(SetOperator::UnionAll);
        self.select.with.push(named::<C>(base.into_subquery(), Some(step)));
        self
    }

    /// Returns the query as the recursive step of a common table expression.
    pub(crate) fn into_step(self, operator: SetOperator) -> (SetOperator, Subquery) {
        (operator, self.into_subquery())
    }
}

impl<C: Cte> Query<C> {
    /// Returns a query on the rows of another query. It uses the connection of that query.
    pub(crate) fn of_cte<S: Source>(query: Query<S, C::Row>, step: Option<(SetOperator, Subquery)>) -> Self {
        let mut whole = Self::new(query.model);
        whole.route = query.route.clone();
        whole.deleted = Deleted::With;
        let inner = Subquery::bounded(query.into_select());
        whole.select.with.push(named::<C>(inner, step));
        whole
    }
}

fn named<C: Cte>(query: Subquery, step: Option<(SetOperator, Subquery)>) -> statement::Cte {
    let columns = C::COLUMNS.iter().map(|def| def.name.into()).collect();
    let stored = C::COLUMNS.iter().map(|def| def.stored).collect();
    statement::Cte { name: <C as Relation>::NAME.into(), columns, stored, query, step }
}
