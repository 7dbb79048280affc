//! Aggregates: one value from many rows. The result types are the same on every database.

use super::Query;
use crate::error::Result;
use crate::statement::{self, Aggregate, ColumnExpr, Expr, Select};
use crate::typed::{Covers, Number, Scalar, Source};
use crate::value::{FromValue, Value, ValueType, cell};

/// The name of the inner query when the aggregate needs one.
const SOURCE: &str = "source";

impl<S: Source, R: Send + 'static> Query<S, R> {
    /// Returns the number of rows. With `group_by` it is the number of groups, with `distinct` the number of distinct
    /// rows; a limit and an offset apply. Example: [`Query`].
    ///
    /// # Errors
    /// [Common errors](crate::ActiveRecord#common-errors).
    pub async fn count(self) -> Result<u64> {
        Ok(self.aggregate("count", Aggregate::Count, None).await?.unwrap_or_default())
    }

    /// Returns true if the query has at least one row. Example: [`Query`].
    ///
    /// # Errors
    /// [Common errors](crate::ActiveRecord#common-errors).
    pub async fn exists(self) -> Result<bool> {
        let one = vec![Expr::Value(Value::I32(1)).into()];
        let items = if self.select.has_rows_without_items() { one } else { self.select.items.clone() };
        let mut query = self.reading(items, |_| Ok(()));
        query.select.order_by.clear();
        let limit = query.select.limit.map_or(1, |limit| limit.min(1));
        Ok(!query.limit(limit).collect("exists").await?.is_empty())
    }

    /// Returns the sum of a column or an expression; 0 for no rows. NULLs are ignored. How exact it is:
    /// [`Number::Sum`]. Example: [aggregates](Query#aggregates).
    ///
    /// # Errors
    /// `Conversion` if the sum does not fit its type; `Unsupported` on a query with groups or distinct rows.
    pub fn sum<E, I>(self, column: E) -> impl Future<Output = Result<<E::Type as Number>::Sum>> + Send
    where
        E: Scalar,
        E::Type: Number,
        S: Covers<E::Scope, I>,
    {
        let sum = self.aggregate("sum", Aggregate::Sum, Some(column.into_tree()));
        async move { Ok(sum.await?.unwrap_or_default()) }
    }

    /// Returns the average of a column or an expression; `None` for no rows. NULLs are ignored. How exact it is:
    /// [`Number::Average`]. Example: [aggregates](Query#aggregates).
    ///
    /// # Errors
    /// `Unsupported` on a query with groups or distinct rows.
    pub fn avg<E, I>(self, column: E) -> impl Future<Output = Result<Option<<E::Type as Number>::Average>>> + Send
    where
        E: Scalar,
        E::Type: Number,
        S: Covers<E::Scope, I>,
    {
        self.aggregate("avg", Aggregate::Avg, Some(column.into_tree()))
    }

    /// Returns the smallest value of a column or an expression; `None` for no rows or only NULLs. Example:
    /// [aggregates](Query#aggregates).
    ///
    /// # Errors
    /// `Unsupported` on a query with groups or distinct rows, and for JSON, which has no order; on a database without
    /// arrays also for arrays.
    pub fn min<E, I>(self, column: E) -> impl Future<Output = Result<Option<E::Type>>> + Send
    where
        E: Scalar,
        E::Type: FromValue + Send + 'static,
        S: Covers<E::Scope, I>,
    {
        self.aggregate("min", Aggregate::Min, Some(column.into_tree()))
    }

    /// Returns the greatest value of a column or an expression; `None` for no rows or only NULLs. Example:
    /// [aggregates](Query#aggregates).
    ///
    /// # Errors
    /// As [`min`](Self::min).
    pub fn max<E, I>(self, column: E) -> impl Future<Output = Result<Option<E::Type>>> + Send
    where
        E: Scalar,
        E::Type: FromValue + Send + 'static,
        S: Covers<E::Scope, I>,
    {
        self.aggregate("max", Aggregate::Max, Some(column.into_tree()))
    }

    async fn aggregate<T: FromValue + Send + 'static>(
        self,
        operation: &'static str,
        function: Aggregate,
        argument: Option<Expr>,
    ) -> Result<Option<T>> {
        if argument.is_some() && !self.select.is_row_by_row() {
            return Err(self.unfit(operation, "groups or distinct rows"));
        }
        let session = self.session()?;
        let label = self.label(operation);
        let mut whole = self.spelt_out();
        whole.select = summed(whole.select, function, argument);
        whole.by_item = true;
        let sql = whole.spell(&session)?.one_row();
        Ok(session.fetch_one(&sql, label, |row| cell::<Option<T>>(row, 0)).await?.flatten())
    }
}

/// Returns the aggregate of the rows of `select`. A limit, groups or distinct rows need an inner query, because they
/// apply before the aggregate.
fn summed(mut select: Select, function: Aggregate, argument: Option<Expr>) -> Select {
    let aggregate = |argument: Option<Expr>| vec![Expr::Aggregate(function, argument.map(Box::new)).into()];
    let is_whole = select.limit.is_none() && select.offset.is_none();
    if is_whole {
        select.order_by.clear();
    }
    if is_whole && select.is_row_by_row() {
        return Select { items: aggregate(argument), ..select };
    }
    if select.has_rows_without_items() {
        select.items = vec![argument.clone().unwrap_or(Expr::Value(Value::I32(1))).into()];
    }
    select.name_items();
    let argument = argument.map(|argument| outside(&argument));
    Select { items: aggregate(argument), ..Select::from(statement::FromItem::Query(Box::new(select), SOURCE.into())) }
}

/// Returns the column of the outer query for the only item of the inner query.
fn outside(argument: &Expr) -> Expr {
    let name = match argument {
        Expr::Column(column) => column.name.clone(),
        _ => "c1".into(),
    };
    let stored = argument.stored().map(|(_, stored)| stored).unwrap_or_default();
    let ty = argument.ty().unwrap_or(ValueType::F64);
    Expr::Column(ColumnExpr { table: SOURCE.into(), outer: false, name, ty, nullable: true, stored })
}
