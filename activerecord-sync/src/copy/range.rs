//! Ranges of keys. Both databases compute a digest of a range; rows of equal ranges are not fetched.

use activerecord_core::statement::{Aggregate, Expr, Select};
use activerecord_core::{Result, Row, Stored, TableInfo};
use rust_decimal::Decimal;

use super::side::{Side, SideColumn, Values};

/// The rows after one key, up to and including another one. None is the start or the end of the table.
#[derive(Clone, Debug, Default)]
pub(crate) struct Range {
    pub(crate) after: Option<Values>,
    pub(crate) through: Option<Values>,
}

/// The number of rows in a range, and the sum of their digests. The sum is None when the database cannot compute one.
pub(crate) struct Digest {
    pub(crate) rows: u64,
    sum: Option<Decimal>,
}

impl Digest {
    /// Reads the result of [`Side::digest`].
    pub(crate) fn read(rows: &[Row]) -> Result<Self> {
        match rows.first() {
            Some(row) => Ok(Self { rows: row.get(0)?, sum: row.get(1)? }),
            None => Ok(Self { rows: 0, sum: None }),
        }
    }

    /// Whether the rows are equal. Ranges without a digest never are.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.rows == other.rows && (self.rows == 0 || (self.sum.is_some() && self.sum == other.sum))
    }
}

impl Side {
    /// Orders a query by the key, and limits it to a range.
    pub(crate) fn within(&self, select: &mut Select, range: &Range) {
        select.order_by = self.order(&self.key);
        if let Some(after) = &range.after {
            select.after(after);
        }
        if let Some(through) = &range.through {
            select.through(through);
        }
    }

    /// A query for the digest of a range.
    pub(crate) fn digest(&self, range: &Range) -> Select {
        let mut select = self.select();
        self.within(&mut select, range);
        select.order_by.clear();
        let columns = (0..self.columns.len()).map(|ordinal| self.column_expr(ordinal)).collect();
        select.items = vec![Expr::Aggregate(Aggregate::Count, None).into(), Expr::Digest(columns).into()];
        select
    }

    /// A query for the key of row number `rows` in a range. A shorter range gives no row.
    pub(crate) fn key_ahead(&self, range: &Range, rows: u64) -> Select {
        let mut select = self.keyed().select();
        self.within(&mut select, range);
        (select.offset, select.limit) = (Some(rows - 1), Some(1));
        select
    }

    /// Whether the database can compute digests of this table, which it describes so.
    pub(crate) fn has_digest(&self, table: &TableInfo) -> bool {
        /// PostgreSQL calls functions with at most 100 arguments; one of them is the separator.
        const COLUMNS: usize = 99;
        let dialect = self.connection.dialect();
        let has = |column: &SideColumn| {
            let held = table.column(&column.name).and_then(|column| column.ty);
            dialect.spelling(column.ty, column.stored) == Stored::Canonical && dialect.has_digest(column.ty, held)
        };
        self.columns.len() <= COLUMNS && self.columns.iter().all(has)
    }
}
