//! Ranges of keys, compared by their digests: what is the same on both sides is not fetched.

use activerecord_core::statement::{Aggregate, Expr, Select};
use activerecord_core::{Result, Row, TableInfo};
use rust_decimal::Decimal;

use super::side::{Side, SideColumn, Values};

/// The rows behind one key, up to another one. None is the end of the table.
#[derive(Clone, Debug, Default)]
pub(crate) struct Range {
    pub(crate) after: Option<Values>,
    pub(crate) through: Option<Values>,
}

/// Of how many rows, and their digest. There is none when a row cannot be read.
pub(crate) struct Digest {
    pub(crate) rows: u64,
    sum: Option<Decimal>,
}

impl Digest {
    /// The answer of a database.
    pub(crate) fn read(rows: &[Row]) -> Result<Self> {
        match rows.first() {
            Some(row) => Ok(Self { rows: row.get(0)?, sum: row.get(1)? }),
            None => Ok(Self { rows: 0, sum: None }),
        }
    }

    /// Whether the rows are the same. What has no digest is the same as nothing.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.rows == other.rows && (self.rows == 0 || (self.sum.is_some() && self.sum == other.sum))
    }
}

impl Side {
    /// Narrows a query in the order of the key to a range of it.
    pub(crate) fn within(&self, select: &mut Select, range: &Range) {
        select.order_by = self.order(&self.key);
        if let Some(after) = &range.after {
            select.after(after);
        }
        if let Some(through) = &range.through {
            select.through(through);
        }
    }

    /// Asks for the digest of a range.
    pub(crate) fn digest(&self, range: &Range) -> Select {
        let mut select = self.select();
        self.within(&mut select, range);
        select.order_by.clear();
        let columns = (0..self.columns.len()).map(|ordinal| self.column_expr(ordinal)).collect();
        select.items = vec![Expr::Aggregate(Aggregate::Count, None).into(), Expr::Digest(columns).into()];
        select
    }

    /// Asks for the key of the last of so many rows at the beginning of a range; of a shorter one for nothing.
    pub(crate) fn key_ahead(&self, range: &Range, rows: u64) -> Select {
        let mut select = self.keyed().select();
        self.within(&mut select, range);
        (select.offset, select.limit) = (Some(rows - 1), Some(1));
        select
    }

    /// Whether rows of this side have a digest, when the database says this of the table.
    pub(crate) fn has_digest(&self, table: &TableInfo) -> bool {
        /// PostgreSQL calls no function with more than 100 arguments, of which one stands between the columns.
        const COLUMNS: usize = 99;
        let dialect = self.connection.dialect();
        let has = |column: &SideColumn| {
            dialect.has_digest(column.ty, table.column(&column.name).and_then(|column| column.ty))
        };
        self.columns.len() <= COLUMNS && self.columns.iter().all(has)
    }
}
