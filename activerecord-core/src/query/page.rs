//! Numbered pages.

use super::Query;
use crate::error::Result;
use crate::typed::Source;

/// One page of a query's rows.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page<R> {
    /// The rows of this page.
    pub items: Vec<R>,
    /// The number of this page. The first page is 1.
    pub number: u64,
    /// The maximum number of rows on a page.
    pub size: u64,
    /// The number of rows on all pages, counted when this page was read.
    pub total: u64,
}

impl<R> Page<R> {
    /// Returns the number of pages.
    pub fn pages(&self) -> u64 {
        self.total.div_ceil(self.size)
    }

    /// Returns true if there is a page after this one.
    pub fn has_next(&self) -> bool {
        self.number < self.pages()
    }

    /// Returns true if there is a page before this one.
    pub fn has_previous(&self) -> bool {
        self.number > 1
    }
}

impl<S: Source, R: Send + 'static> Query<S, R> {
    /// Returns page `number` of pages with `size` rows, and the total number of rows. Pages count from 1; smaller
    /// values count as 1. Without `order_by` the order is that of the key. Rows without a key (groups, distinct rows,
    /// unions) need an `order_by`, or pages may overlap. For a large table use [`keyset`](Self::keyset): an offset
    /// reads all rows before it.
    ///
    /// Two statements run, and a concurrent write can change the rows between them. Run `page` in a transaction with
    /// `RepeatableRead` to get one snapshot.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)] struct User { id: i64, name: String, age: i32 }
    /// # async fn example() -> Result<()> {
    /// let page = User::order_by(User::NAME.asc()).page(2, 50).await?;
    /// println!("page {} of {}, {} users", page.number, page.pages(), page.total);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `Unsupported` if the query has a limit or an offset; other errors of [`Query`].
    pub fn page(self, number: u64, size: u64) -> impl Future<Output = Result<Page<R>>> + Send {
        let (number, size) = (number.max(1), size.max(1));
        async move {
            if self.select.limit.is_some() || self.select.offset.is_some() {
                return Err(self.unfit("page", "a limit or an offset"));
            }
            let total = self.clone().count().await?;
            let offset = (number - 1).saturating_mul(size);
            let items = self.in_some_order().limit(size).offset(offset).collect("page").await?;
            Ok(Page { items, number, size, total })
        }
    }
}
