//! Ranges of keys. Both databases compute a digest of a range; rows of equal ranges are not fetched.

use activerecord_core::statement::{Aggregate, Expr, Select};
use activerecord_core::{Result, Row, Stored, TableInfo, ValueType};
use rust_decimal::Decimal;

use super::order::{Place, both};
use super::side::{Side, SideColumn, Values};

/// The rows of a source after one place in the order of its key, up to and including another one. None is the start or the
/// end of the table.
#[derive(Clone, Debug, Default)]
pub(crate) struct Range {
    pub(crate) after: Option<Place>,
    pub(crate) through: Option<Place>,
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

    /// The digest of a range that a side cannot be asked for.
    pub(crate) fn unknown() -> Self {
        Self { rows: 1, sum: None }
    }

    /// Whether the rows are equal. Ranges without a digest never are.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.rows == other.rows && (self.rows == 0 || (self.sum.is_some() && self.sum == other.sum))
    }
}

impl Side {
    /// The condition of the rows in a range of this side.
    pub(crate) fn within(&self, range: &Range) -> Option<Expr> {
        let order = self.key_order();
        let after = range.after.as_ref().map(|place| order.after(place));
        let through = range.through.as_ref().map(|place| order.through(place));
        both(after, through)
    }

    /// The condition of the rows of this side in a range of a source. Both must order their keys by the values.
    pub(crate) fn within_range_of(&self, source: &Self, range: &Range) -> Result<Option<Expr>> {
        let key = source.keyed();
        let values = |place: &Option<Place>| -> Result<Option<Values>> {
            let read =
                |place: &Place| key.columns.iter().zip(place).map(|(column, value)| column.read(value)).collect();
            place.as_ref().map(read).transpose()
        };
        let (after, through) = (values(&range.after)?, values(&range.through)?);
        Ok(self.typed_bounds(after.as_deref(), through.as_deref()))
    }

    /// A query for the digest of the rows with this condition.
    pub(crate) fn digest(&self, filter: Option<Expr>) -> Select {
        let mut select = self.select();
        select.filter = filter;
        let columns = (0..self.columns.len()).map(|ordinal| self.column_expr(ordinal)).collect();
        select.items = vec![Expr::Aggregate(Aggregate::Count, None).into(), Expr::Digest(columns).into()];
        select
    }

    /// A query for the place of row number `rows` in a range. A shorter range gives no row.
    pub(crate) fn place_ahead(&self, range: &Range, rows: u64) -> Select {
        let mut select = self.key_order().places_only(self.select());
        select.filter = self.within(range);
        (select.offset, select.limit) = (Some(rows - 1), Some(1));
        select
    }

    /// Whether the values of the key have the same order as places in it: then a range of one side is a range of another one.
    pub(crate) fn has_ranges(&self) -> bool {
        let is_plain =
            |ty| matches!(ty, ValueType::I16 | ValueType::I32 | ValueType::I64 | ValueType::U64 | ValueType::Text);
        let typed = self.connection.capabilities().typed_columns;
        self.key.iter().all(|&key| {
            let column = &self.columns[key];
            column.place.is_none() || (!typed && is_plain(column.ty) && column.carried_plainly())
        })
    }

    /// Whether the database can compute digests of this table, which it describes so.
    pub(crate) fn has_digest(&self, table: &TableInfo) -> bool {
        /// PostgreSQL calls functions with at most 100 arguments; one of them is the separator.
        const COLUMNS: usize = 99;
        let dialect = self.connection.dialect();
        let has = |column: &SideColumn| {
            let held = table.column(&column.name).and_then(|column| column.ty);
            if !column.carried_plainly() || (column.is_raw() && held != Some(column.ty)) {
                return false;
            }
            dialect.spelling(column.ty, column.stored) == Stored::Canonical && dialect.has_digest(column.ty, held)
        };
        self.columns.len() <= COLUMNS && self.columns.iter().all(has)
    }
}
