//! Finishers that read rows.

use super::{Query, RowStream, stream};
use crate::error::{Error, ErrorKind, Result};
use crate::statement::OrderBy;
use crate::typed::{Covers, Scalar, Source};
use crate::value::{Flow, FromValue, RowRef};

impl<S: Source, R: Send + 'static> Query<S, R> {
    /// Returns all rows. They are all in memory at once: for many rows use [`batch`](Self::batch) or
    /// [`stream`](Self::stream). Without `order_by` their order is not guaranteed. Example: [`Query`].
    ///
    /// # Errors
    /// `Conversion` if a value does not fit its type; other errors of [`Query`].
    pub fn all(self) -> impl Future<Output = Result<Vec<R>>> + Send {
        self.collect("all")
    }

    /// Returns the first row in the query's order. Without `order_by` the order is that of the key; rows without a key
    /// (groups, distinct rows, unions) then have no order, and any row is returned. Example: [`Query`].
    ///
    /// # Errors
    /// As [`all`](Self::all).
    pub async fn first(self) -> Result<Option<R>> {
        let limit = self.select.limit.map_or(1, |limit| limit.min(1));
        Ok(self.in_some_order().limit(limit).collect("first").await?.pop())
    }

    /// Returns the last row in the query's order. Without `order_by` the order is that of the key.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)] struct User { id: i64, name: String, age: i32 }
    /// # async fn example() -> Result<()> {
    /// let newest = User::query().last().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`all`](Self::all); `Unsupported` if the query has a limit or an offset, or its rows have no order.
    pub async fn last(self) -> Result<Option<R>> {
        if self.select.limit.is_some() || self.select.offset.is_some() {
            return Err(self.unfit("last", "a limit or an offset"));
        }
        let mut query = self.in_some_order();
        if query.select.order_by.is_empty() {
            return Err(query.unfit("last", "rows that have no order"));
        }
        query.select.order_by.iter_mut().for_each(OrderBy::reverse);
        Ok(query.limit(1).collect("last").await?.pop())
    }

    /// Returns the only row. Example: [`Query`].
    ///
    /// # Errors
    /// As [`all`](Self::all); `NotFound` if there is no row; `TooMany` if there is more than one.
    pub async fn one(self) -> Result<R> {
        let model = self.model.model;
        let limit = self.select.limit.map_or(2, |limit| limit.min(2));
        let mut rows = self.limit(limit).collect("one").await?;
        match (rows.pop(), rows.pop()) {
            (Some(row), None) => Ok(row),
            (None, _) => Err(Error::new(ErrorKind::NotFound, "no row matches the query").with_model(model)),
            (Some(_), Some(_)) => {
                Err(Error::new(ErrorKind::TooMany, "more than one row matches the query").with_model(model))
            }
        }
    }

    /// Returns the values of one column or expression.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)] struct User { id: i64, name: String, age: i32 }
    /// # async fn example() -> Result<()> {
    /// let names: Vec<String> = User::filter(User::AGE.ge(18)).pluck(User::NAME).await?;
    /// # Ok(()) }
    /// ```
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

    /// Returns the rows one by one, as they arrive: see [`RowStream`].
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)] struct User { id: i64, name: String, age: i32 }
    /// # async fn example() -> Result<()> {
    /// let mut users = User::filter(User::AGE.ge(18)).stream();
    /// while let Some(user) = users.next().await? {
    ///     println!("{}", user.name);
    /// }
    /// # Ok(()) }
    /// ```
    pub fn stream(self) -> RowStream<R> {
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
        let mut after_find = Vec::with_capacity(rows.len());
        for row in rows {
            after_find.push(found(row).await?);
        }
        Ok(after_find)
    }
}
