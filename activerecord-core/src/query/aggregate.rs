//! One value from many rows. The types are the same on every database.

use super::{Label, Query};
use crate::column::Column;
use crate::error::Result;
use crate::model::Model;
use crate::operand::Number;
use crate::read::cell;
use crate::sql::render;
use crate::statement::{Aggregate, Expr, Select, Source, Statement};
use crate::value::{FromValue, Value};

impl<M: Model, R: Send + 'static> Query<M, R> {
    /// The number of rows.
    ///
    /// # Errors
    /// Whatever the database reports.
    pub async fn count(self) -> Result<u64> {
        Ok(self.aggregate("count", Aggregate::Count, None).await?.unwrap_or_default())
    }

    /// Whether there is a row.
    ///
    /// # Errors
    /// Whatever the database reports.
    pub async fn exists(self) -> Result<bool> {
        let one = vec![Expr::Value(Value::I32(1)).into()];
        let mut query = self.reading(one, |row| cell::<i64>(row, 0));
        query.select.order_by.clear();
        let limit = query.select.limit.map_or(1, |limit| limit.min(1));
        Ok(!query.limit(limit).collect("exists").await?.is_empty())
    }

    /// The sum of a column; 0 of no rows. Integers sum to `i64`, and a sum beyond it is an error.
    ///
    /// # Errors
    /// `Conversion` when the sum does not fit, and whatever the database reports.
    pub fn sum<T: Number>(self, column: Column<M, T>) -> impl Future<Output = Result<T::Sum>> + Send {
        let expr = column.expr();
        async move { Ok(self.aggregate("sum", Aggregate::Sum, Some(expr)).await?.unwrap_or_default()) }
    }

    /// The average of a column; None of no rows. NULLs do not count.
    ///
    /// # Errors
    /// Whatever the database reports.
    pub fn avg<T: Number>(self, column: Column<M, T>) -> impl Future<Output = Result<Option<T::Average>>> + Send {
        self.aggregate("avg", Aggregate::Avg, Some(column.expr()))
    }

    /// The smallest value of a column; None of no rows, and when all are NULL.
    ///
    /// # Errors
    /// Whatever the database reports.
    pub fn min<T: FromValue + Send + 'static>(
        self,
        column: Column<M, T>,
    ) -> impl Future<Output = Result<Option<T>>> + Send {
        self.aggregate("min", Aggregate::Min, Some(column.expr()))
    }

    /// The greatest value of a column; None of no rows, and when all are NULL.
    ///
    /// # Errors
    /// Whatever the database reports.
    pub fn max<T: FromValue + Send + 'static>(
        self,
        column: Column<M, T>,
    ) -> impl Future<Output = Result<Option<T>>> + Send {
        self.aggregate("max", Aggregate::Max, Some(column.expr()))
    }

    async fn aggregate<T: FromValue + Send>(
        self,
        operation: &'static str,
        function: Aggregate,
        argument: Option<Expr>,
    ) -> Result<Option<T>> {
        let session = self.session()?;
        let select = summed(self.into_select(), function, argument);
        let sql =
            render(Statement::Select(select), session.dialect()).map_err(|error| error.with_model(M::TABLE.model))?;
        let label = Label::new(M::TABLE.model, operation);
        Ok(session.fetch_one(&sql.one_row(), label, |row| cell::<Option<T>>(row, 0)).await?.flatten())
    }
}

/// The aggregate of the rows of `select`. Rows that a limit cuts off do not count.
fn summed(mut select: Select, function: Aggregate, argument: Option<Expr>) -> Select {
    let aggregate = |argument: Option<Expr>| vec![Expr::Aggregate(function, argument.map(Box::new)).into()];
    if select.limit.is_none() && select.offset.is_none() {
        select.order_by.clear();
        return Select { items: aggregate(argument), ..select };
    }
    select.items = vec![argument.clone().unwrap_or(Expr::Value(Value::I32(1))).into()];
    Select { items: aggregate(argument), ..Select::from(Source::Query(Box::new(select))) }
}
