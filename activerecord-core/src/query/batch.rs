//! All rows in batches, in the order of the key.

use std::fmt;

use super::{Query, key_order};
use crate::error::{Error, Result};
use crate::model::{IntoKey, Model};
use crate::statement::FromItem;
use crate::value::Value;

/// Reads the rows of a query in batches, in the order of the key: [`Query::batch`].
///
/// Each batch is a separate query that starts after the last key of the previous batch (`WHERE key > ? ORDER BY key
/// LIMIT ?`). Memory is bounded by the batch size, no connection is held between batches, and other writes are possible
/// meanwhile.
///
/// The batches are *not* a snapshot: a row that is inserted meanwhile is read only if its key is greater than the last
/// key that was read.
#[must_use = "batches are read by `next`"]
pub struct Batches<M: Model> {
    query: Query<M>,
    size: u64,
    after: Option<Vec<Value>>,
    left: Option<u64>,
    done: bool,
}

impl<M: Model> Query<M> {
    /// Reads the rows in batches of `size` (at least 1), in the order of the key. A limit applies to all batches
    /// together.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)] struct User { id: i64, name: String, age: i32 }
    /// # async fn example() -> Result<()> {
    /// let mut batches = User::filter(User::AGE.ge(18)).batch(1000);
    /// while let Some(users) = batches.next().await? {
    ///     println!("{} users", users.len());
    /// }
    /// # Ok(()) }
    /// ```
    pub fn batch(self, size: u64) -> Batches<M> {
        let left = self.select.limit;
        Batches { query: self.here(), size: size.max(1), after: None, left, done: false }
    }
}

impl<M: Model> Batches<M> {
    /// Starts after this key: resumes an earlier run.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)] struct User { id: i64, name: String, age: i32 }
    /// # async fn example() -> Result<()> {
    /// let mut batches = User::query().batch(1000).after(41_000);
    /// # batches.next().await?;
    /// # Ok(()) }
    /// ```
    pub fn after(mut self, key: impl IntoKey<M::Key>) -> Self {
        self.after = Some(M::key_values(&key.into_key()));
        self
    }

    /// Returns the next batch; `None` after the last. After an error, the next call reads the same batch again.
    /// Example: [`Query::batch`].
    ///
    /// # Errors
    /// `Unsupported` if the query has an order, an offset, groups, distinct rows or a union; other errors of [`Query`].
    #[allow(clippy::should_implement_trait, reason = "not an iterator: it is async")]
    pub async fn next(&mut self) -> Result<Option<Vec<M>>> {
        self.check()?;
        let size = self.left.map_or(self.size, |left| left.min(self.size));
        if self.done || size == 0 {
            return Ok(None);
        }
        let mut query = self.query.clone().limit(size);
        query.select.order_by = key_order::<M>();
        if let Some(after) = &self.after {
            query.select.after(after);
        }
        let rows = query.collect("batch").await?;
        self.advance(&rows, size);
        Ok(if rows.is_empty() { None } else { Some(rows) })
    }

    fn advance(&mut self, rows: &[M], size: u64) {
        self.done = (rows.len() as u64) < size;
        self.left = self.left.map(|left| left - (rows.len() as u64).min(left));
        if let Some(last) = rows.last() {
            self.after = Some(M::key_values(&last.key()));
        }
    }

    fn check(&self) -> Result<()> {
        let select = &self.query.select;
        let is_of_rows = select.is_row_by_row() && matches!(select.from, FromItem::Table(_));
        if select.order_by.is_empty() && select.offset.is_none() && is_of_rows {
            return Ok(());
        }
        let message =
            "batches are in the order of the key: remove order_by, offset, groups and unions, or use stream()";
        Err(Error::unsupported(message).with_model(M::TABLE.model))
    }
}

impl<M: Model> fmt::Debug for Batches<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batches").field("query", &self.query).field("size", &self.size).finish_non_exhaustive()
    }
}
