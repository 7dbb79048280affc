//! Finishers that read rows.

use super::{Query, Rows, stream};
use crate::error::{Error, ErrorKind, Result};
use crate::statement::OrderBy;
use crate::typed::{Covers, Scalar, Source};
use crate::value::{Flow, FromValue, RowRef};

impl<S: Source, R: Send + 'static> Query<S, R> {
    /// All rows.
    ///
    /// # Errors
    /// `Conversion` when a cell does not fit; `Unsupported` before anything is sent when the database cannot say the query,
    /// or its models live on different connections; and whatever the database reports.
    pub fn all(self) -> impl Future<Output = Result<Vec<R>>> + Send {
        self.collect("all")
    }

    /// The first row in the query's order; without one, in the order of the key. Rows without a key (groups, distinct rows,
    /// those of several queries) have no first one of themselves: then it is any.
    ///
    /// # Errors
    /// As [`all`](Self::all).
    pub async fn first(self) -> Result<Option<R>> {
        let limit = self.select.limit.map_or(1, |limit| limit.min(1));
        Ok(self.in_some_order().limit(limit).collect("first").await?.pop())
    }

    /// The last row in the query's order; without one, in the order of the key.
    ///
    /// # Errors
    /// As [`all`](Self::all); `Unsupported` on a query with a limit or an offset, whose last row cannot be found by asking
    /// for the first in reverse, and on one whose rows have no order.
    pub async fn last(self) -> Result<Option<R>> {
        if self.select.limit.is_some() || self.select.offset.is_some() {
            return Err(self.unfit("last", "a limit or an offset"));
        }
        let mut query = self.in_some_order();
        if query.select.order_by.is_empty() {
            return Err(query.unfit("last", "rows in no order"));
        }
        query.select.order_by.iter_mut().for_each(OrderBy::reverse);
        Ok(query.limit(1).collect("last").await?.pop())
    }

    /// The only row.
    ///
    /// # Errors
    /// As [`all`](Self::all); `NotFound` when there is none, `TooMany` when there are several.
    pub async fn one(self) -> Result<R> {
        let model = self.model.model;
        let limit = self.select.limit.map_or(2, |limit| limit.min(2));
        let mut rows = self.limit(limit).collect("one").await?;
        match (rows.pop(), rows.pop()) {
            (Some(row), None) => Ok(row),
            (None, _) => Err(Error::new(ErrorKind::NotFound, "no row meets the query").with_model(model)),
            (Some(_), Some(_)) => {
                Err(Error::new(ErrorKind::TooMany, "more than one row meets the query").with_model(model))
            }
        }
    }

    /// The values of one column or expression.
    ///
    /// # Errors
    /// As [`all`](Self::all).
    pub fn pluck<E, I>(self, column: E) -> impl Future<Output = Result<Vec<E::Type>>> + Send
    where
        E: Scalar,
        E::Type: FromValue + Send + 'static,
        S: Covers<E::Scope, I>,
    {
        let items = vec![column.into_tree().into()];
        self.reading(items, |row| crate::value::cell::<E::Type>(row, 0)).collect("pluck")
    }

    /// The rows one by one, while they arrive: see [`Rows`].
    pub fn stream(self) -> Rows<R> {
        stream::open(self)
    }

    pub(super) async fn collect(self, operation: &'static str) -> Result<Vec<R>> {
        let session = self.session()?;
        self.check_lock(&session)?;
        let (read, found, label) = (self.read, self.found, self.label(operation));
        let sql = self.spell(&session)?;
        let mut rows = Vec::new();
        let mut sink = |row: &dyn RowRef| -> Result<Flow> {
            rows.push(read(row)?);
            Ok(Flow::More)
        };
        session.fetch(&sql, label, &mut sink).await?;
        let Some(found) = found else { return Ok(rows) };
        let mut told = Vec::with_capacity(rows.len());
        for row in rows {
            told.push(found(row).await?);
        }
        Ok(told)
    }
}
