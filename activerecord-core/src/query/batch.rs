//! All rows in batches, in the order of the key.

use std::fmt;

use super::{Query, key_order};
use crate::error::{Error, Result};
use crate::model::{IntoKey, Model};
use crate::statement::Source;
use crate::value::Value;

/// The rows of a query in batches, in the order of the key: [`Query::batch`].
///
/// Each batch is a query of its own that begins after the last key of the one before (`WHERE key > ? ORDER BY key LIMIT ?`).
/// So memory is bounded by the batch, nothing is held open between batches, and rows may be written meanwhile. It is *not*
/// a snapshot: a row that is inserted behind the last key is not seen, one before it is.
#[must_use = "batches are read by `next`"]
pub struct Batches<M: Model> {
    query: Query<M>,
    size: u64,
    after: Option<Vec<Value>>,
    left: Option<u64>,
    done: bool,
}

impl<M: Model> Query<M> {
    /// The rows in batches of `size`, in the order of the key. A limit bounds the rows of all batches together.
    pub fn batch(self, size: u64) -> Batches<M> {
        let left = self.select.limit;
        Batches { query: self.here(), size: size.max(1), after: None, left, done: false }
    }
}

impl<M: Model> Batches<M> {
    /// Begins after this key: where an earlier run ended.
    pub fn after(mut self, key: impl IntoKey<M::Key>) -> Self {
        self.after = Some(M::key_values(&key.into_key()));
        self
    }

    /// The next batch; None after the last.
    ///
    /// # Errors
    /// `Unsupported` when the query has an order of its own or an offset, and whatever the database reports. The same batch
    /// is read again by the next call.
    #[allow(clippy::should_implement_trait, reason = "no iterator: it is awaited")]
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
        let is_of_rows = select.is_row_by_row() && matches!(select.from, Source::Table(_));
        if select.order_by.is_empty() && select.offset.is_none() && is_of_rows {
            return Ok(());
        }
        let message = "batches go in the order of the key: leave out order_by, offset, groups and unions, or read the rows by stream()";
        Err(Error::unsupported(message).with_model(M::TABLE.model))
    }
}

impl<M: Model> fmt::Debug for Batches<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batches").field("query", &self.query).field("size", &self.size).finish_non_exhaustive()
    }
}
