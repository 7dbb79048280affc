//! The rows of a source in batches, all as of one moment.

use activerecord_core::Isolation::RepeatableRead;
use activerecord_core::statement::{Compare, Expr, Select};
use activerecord_core::{Result, Row, Transaction, Value};
use futures_util::future::try_join;

use super::range::{Digest, Range};
use super::side::{Side, Values, counted};

/// The most batches that one digest compares.
const MOST: u64 = 32;

/// Rows that are read together.
pub(crate) struct Batch {
    pub(crate) rows: Vec<Row>,
    /// The range of keys that they cover, if they are in the order of the key.
    pub(crate) range: Range,
}

/// Reads a source in the order of its watermark and its key, in one transaction, so that all batches show the same moment.
pub(crate) struct Reader<'s> {
    source: &'s Side,
    snapshot: Transaction,
    order: Vec<usize>,
    batch: u64,
    /// Read only rows with at least this watermark.
    from: Option<(usize, Value)>,
    /// Read only rows after this one.
    place: Option<Values>,
    /// Read only rows up to this one.
    through: Option<Values>,
    /// The target, if equal rows are passed over by digest.
    target: Option<&'s Side>,
    /// How many batches the next digest compares.
    ahead: u64,
    same: u64,
    is_done: bool,
}

impl<'s> Reader<'s> {
    pub(crate) async fn open(source: &'s Side, since: Option<usize>, batch: u64) -> Result<Self> {
        let begin = Transaction::begin(source.connection.name()).independent().read_only();
        let stands_still = source.connection.capabilities().isolation_levels;
        let snapshot = if stands_still { begin.isolation(RepeatableRead) } else { begin }.await?;
        let order = since.into_iter().chain(source.key.iter().copied().filter(|key| Some(*key) != since)).collect();
        let (from, place, through, target) = (None, None, None, None);
        Ok(Self { source, snapshot, order, batch, from, place, through, target, ahead: 1, same: 0, is_done: false })
    }

    /// Reads only rows whose watermark is at least this.
    pub(crate) fn from(mut self, watermark: Option<Value>) -> Self {
        self.from = self.order.first().copied().zip(watermark);
        self
    }

    /// Reads only the rows of a range. For readers in the order of the key.
    pub(crate) fn within(mut self, range: Range) -> Self {
        (self.place, self.through) = (range.after, range.through);
        self
    }

    /// Passes over ranges that are equal on this side. For readers in the order of the key.
    pub(crate) fn but_not_in(mut self, target: Option<&'s Side>) -> Self {
        self.target = target;
        self
    }

    /// Counts the rows that this reader has left.
    pub(crate) async fn count(&self) -> Result<u64> {
        let mut select = self.remaining(self.source.counting());
        select.order_by.clear();
        counted(&self.read(select).await?)
    }

    /// How many equal rows were passed over since the last call.
    pub(crate) fn take_same(&mut self) -> u64 {
        std::mem::take(&mut self.same)
    }

    /// The next batch; None after the last one. A batch without rows covers a last range in which only the target has rows.
    pub(crate) async fn next(&mut self) -> Result<Option<Batch>> {
        self.pass().await?;
        if self.is_done {
            return Ok(None);
        }
        let mut select = self.remaining(self.source.select());
        select.limit = Some(self.batch);
        let rows = self.read(select).await?;
        self.is_done = (rows.len() as u64) < self.batch;
        let after = self.place.clone();
        if let Some(last) = rows.last() {
            self.place = Some(self.place_of(last)?);
        }
        let through = if self.is_done { self.through.clone() } else { self.place.clone() };
        let is_over = rows.is_empty() && self.target.is_none();
        Ok((!is_over).then_some(Batch { rows, range: Range { after, through } }))
    }

    /// Passes over ranges that are equal in the target. After an equal range the next one is twice as long; a different range is
    /// divided, down to a batch.
    async fn pass(&mut self) -> Result<()> {
        let Some(target) = self.target else { return Ok(()) };
        while !self.is_done {
            let mut range = Range { after: self.place.clone(), through: self.through.clone() };
            let last = self.read(self.source.key_ahead(&range, self.batch * self.ahead)).await?.pop();
            let is_last = last.is_none();
            if let Some(last) = last {
                range.through = Some(self.source.keyed().typed(&last)?);
            }
            let ours = self.read(self.source.digest(&range));
            let (ours, theirs) = try_join(ours, target.connection.read(target.digest(&range))).await?;
            let (ours, theirs) = (Digest::read(&ours)?, Digest::read(&theirs)?);
            if ours.is_same(&theirs) {
                self.same += ours.rows;
                self.is_done = is_last;
                self.place = range.through.or(self.place.take());
                self.ahead = (self.ahead * 2).min(MOST);
            } else if self.ahead == 1 {
                return Ok(());
            } else {
                self.ahead = (self.ahead / 4).max(1);
            }
        }
        Ok(())
    }

    async fn read(&self, select: Select) -> Result<Vec<Row>> {
        let connection = &self.source.connection;
        self.snapshot.run(async || connection.read(select).await).await
    }

    /// The watermark and key of the last row that was read.
    pub(crate) fn place(&self) -> Option<&[Value]> {
        self.place.as_deref()
    }

    pub(crate) async fn close(self) -> Result<()> {
        self.snapshot.rollback().await
    }

    /// Narrows a query to the rows that are not read yet, in their order.
    fn remaining(&self, mut select: Select) -> Select {
        select.order_by = self.source.order(&self.order);
        select.filter = self.filter();
        if let Some(place) = &self.place {
            select.after(place);
        }
        if let Some(through) = &self.through {
            select.through(through);
        }
        select
    }

    fn filter(&self) -> Option<Expr> {
        let (column, least) = self.from.clone()?;
        Some(self.source.column(column).compare(Compare::Ge, Expr::Value(least)))
    }

    fn place_of(&self, row: &Row) -> Result<Values> {
        let part = |&ordinal: &usize| {
            let column = &self.source.columns[ordinal];
            column
                .read(&row.values()[ordinal])
                .map_err(|error| error.context(format_args!("the key `{}` of {}", column.name, self.source.place())))
        };
        self.order.iter().map(part).collect()
    }
}
