//! The rows of a source, batch by batch, as one moment shows them.

use activerecord_core::Isolation::RepeatableRead;
use activerecord_core::statement::{Compare, Expr};
use activerecord_core::{Result, Row, Transaction, Value};

use super::side::{Side, Values};

/// Reads a source in the order of its watermark and its key, within one transaction, so that all batches show one moment.
pub(crate) struct Reader<'s> {
    source: &'s Side,
    snapshot: Transaction,
    order: Vec<usize>,
    batch: u64,
    /// Only rows from this watermark on.
    from: Option<(usize, Value)>,
    /// Only rows behind this one.
    place: Option<Values>,
    is_done: bool,
}

impl<'s> Reader<'s> {
    pub(crate) async fn open(source: &'s Side, since: Option<usize>, batch: u64) -> Result<Self> {
        let begin = Transaction::begin(source.connection.name()).read_only();
        let stands_still = source.connection.capabilities().isolation_levels;
        let snapshot = if stands_still { begin.isolation(RepeatableRead) } else { begin }.await?;
        let order = since.into_iter().chain(source.key.iter().copied().filter(|key| Some(*key) != since)).collect();
        Ok(Self { source, snapshot, order, batch, from: None, place: None, is_done: false })
    }

    /// Only rows whose watermark is this or greater.
    pub(crate) fn from(mut self, watermark: Option<Value>) -> Self {
        self.from = self.order.first().copied().zip(watermark);
        self
    }

    /// Only rows behind this place in the order.
    pub(crate) fn after(mut self, place: Option<Values>) -> Self {
        self.place = place;
        self
    }

    /// How many rows there are in all.
    pub(crate) async fn count(&self) -> Result<u64> {
        let mut select = self.source.select();
        select.items = vec![Expr::Aggregate(activerecord_core::statement::Aggregate::Count, None).into()];
        select.filter = self.filter();
        let rows = self.snapshot.run(async || self.source.connection.read(select).await).await?;
        rows.first().map_or(Ok(0), |row| row.get(0))
    }

    /// The next batch; empty behind the last one.
    pub(crate) async fn next(&mut self) -> Result<Vec<Row>> {
        if self.is_done {
            return Ok(Vec::new());
        }
        let mut select = self.source.select();
        select.order_by = self.source.order(&self.order);
        select.filter = self.filter();
        select.limit = Some(self.batch);
        if let Some(place) = &self.place {
            select.after(place);
        }
        let rows = self.snapshot.run(async || self.source.connection.read(select).await).await?;
        self.is_done = (rows.len() as u64) < self.batch;
        if let Some(last) = rows.last() {
            self.place = Some(self.place_of(last)?);
        }
        Ok(rows)
    }

    /// What the last row was, in the order.
    pub(crate) fn place(&self) -> Option<&[Value]> {
        self.place.as_deref()
    }

    pub(crate) async fn close(self) -> Result<()> {
        self.snapshot.rollback().await
    }

    fn filter(&self) -> Option<Expr> {
        let (column, least) = self.from.clone()?;
        Some(self.source.column(column).compare(Compare::Ge, Expr::Value(least)))
    }

    fn place_of(&self, row: &Row) -> Result<Values> {
        let part = |&ordinal: &usize| {
            let column = &self.source.columns[ordinal];
            Value::from_cell(row.values()[ordinal].as_cell(), column.ty)
                .map_err(|error| error.context(format_args!("the key `{}` of {}", column.name, self.source.place())))
        };
        self.order.iter().map(part).collect()
    }
}
