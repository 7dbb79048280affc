//! One page of the rows, and how many there are.

use super::Query;
use crate::error::Result;
use crate::typed::Source;

/// One page of a query's rows.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page<R> {
    /// The rows of this page.
    pub items: Vec<R>,
    /// The number of this page; the first is 1.
    pub number: u64,
    /// The most rows of a page.
    pub size: u64,
    /// The rows of all pages, counted when this page was read.
    pub total: u64,
}

impl<R> Page<R> {
    /// The number of pages.
    pub fn pages(&self) -> u64 {
        self.total.div_ceil(self.size)
    }

    /// Whether there is a page after this one.
    pub fn has_next(&self) -> bool {
        self.number < self.pages()
    }

    /// Whether there is a page before this one.
    pub fn has_previous(&self) -> bool {
        self.number > 1
    }
}

impl<S: Source, R: Send + 'static> Query<S, R> {
    /// Page `number`, from 1, of pages of `size` rows, and the number of rows of all pages. Without an order of its own the
    /// query goes in the order of the key; rows without a key (groups, distinct rows, those of several queries) need an
    /// `order_by`, or pages may overlap. Two statements run: to see one state of the rows in both, ask inside a
    /// transaction that gives one.
    ///
    /// # Errors
    /// `Unsupported` on a query with a limit or an offset of its own, and whatever the database reports.
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
