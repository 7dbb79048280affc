//! The rows of a source in batches, all as of one moment.

use activerecord_core::Isolation::RepeatableRead;
use activerecord_core::statement::{Compare, Expr, Select};
use activerecord_core::{Error, Result, Row, Transaction, Unread, Value};
use futures_util::future::try_join;

use super::order::{Order, Place, both};
use super::range::{Digest, Range};
use super::side::{Side, counted};

/// The most batches that one digest compares.
const MOST: u64 = 32;

/// Rows that are read together.
pub(crate) struct Batch {
    pub(crate) rows: Vec<Row>,
    pub(crate) unreadable: Vec<Unreadable>,
    /// The range of keys that they cover, if they are in the order of the key.
    pub(crate) range: Range,
}

/// A row of which some cells cannot be read.
#[derive(Debug)]
pub(crate) struct Unreadable {
    pub(crate) place: Place,
    /// The key as people read it.
    pub(crate) key: String,
    /// The columns that cannot be read.
    pub(crate) ordinals: Vec<usize>,
    pub(crate) error: Error,
}

impl Batch {
    /// The number of rows, with those that cannot be read.
    pub(crate) fn count(&self) -> u64 {
        (self.rows.len() + self.unreadable.len()) as u64
    }
}

/// Reads a source in the order of its watermark and its key, in one transaction, so that all batches show the same moment.
pub(crate) struct Reader<'s> {
    source: &'s Side,
    snapshot: Transaction,
    order: Order,
    batch: u64,
    /// Read only rows with this condition.
    filter: Option<Expr>,
    /// Read only rows after this one.
    place: Option<Place>,
    /// Read only rows up to this one.
    through: Option<Place>,
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
        let ordinals: Vec<_> =
            since.into_iter().chain(source.key.iter().copied().filter(|key| Some(*key) != since)).collect();
        let (order, filter) = (Order::of(source, &ordinals), source.has_whole_key());
        let (place, through, target) = (None, None, None);
        Ok(Self { source, snapshot, order, batch, filter, place, through, target, ahead: 1, same: 0, is_done: false })
    }

    /// Reads only rows whose watermark, in the column of this ordinal, is at least this.
    pub(crate) fn from(self, column: usize, watermark: Option<Value>) -> Self {
        let least = watermark.map(|least| self.source.column(column).compare(Compare::Ge, Expr::Value(least)));
        self.only(least)
    }

    /// Reads only the rows of a range. For readers in the order of the key.
    pub(crate) fn within(mut self, range: Range) -> Self {
        (self.place, self.through) = (range.after, range.through);
        self
    }

    /// Reads only rows with this condition.
    pub(crate) fn only(mut self, condition: Option<Expr>) -> Self {
        self.filter = both(self.filter.take(), condition);
        self
    }

    /// Passes over ranges that are equal on this side. For readers in the order of the key.
    pub(crate) fn but_not_in(mut self, target: Option<&'s Side>) -> Self {
        self.target = target;
        self
    }

    /// Counts the rows that this reader has left, by the database.
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
        let after = self.place.clone();
        let (rows, unreadable) = self.page().await?;
        let through = if self.is_done { self.through.clone() } else { self.place.clone() };
        let is_over = rows.is_empty() && unreadable.is_empty() && self.target.is_none();
        Ok((!is_over).then_some(Batch { rows, unreadable, range: Range { after, through } }))
    }

    /// The next rows. A row that cannot be read does not stop the others.
    async fn page(&mut self) -> Result<(Vec<Row>, Vec<Unreadable>)> {
        let mut select = self.remaining(self.source.select());
        self.order.apply(&mut select);
        select.limit = Some(self.batch);
        let connection = &self.source.connection;
        let read = self.snapshot.run(async || connection.read_each(select).await).await?;
        self.is_done = (read.len() as u64) < self.batch;
        if let Some((last, unread)) = read.last() {
            self.place = Some(self.place_of(last, unread.as_ref())?);
        }
        let (mut rows, mut unreadable) = (Vec::with_capacity(read.len()), Vec::new());
        for (row, unread) in read {
            match unread {
                None => rows.push(row),
                Some(unread) => {
                    let place = self.place_of(&row, Some(&unread))?;
                    let key = self.source.shown_place(&place);
                    unreadable.push(Unreadable { place, key, ordinals: unread.ordinals, error: unread.error });
                }
            }
        }
        Ok((rows, unreadable))
    }

    /// The place of a row. Without it, the next page cannot begin.
    fn place_of(&self, row: &Row, unread: Option<&Unread>) -> Result<Place> {
        let is_lost = unread.is_some_and(|unread| {
            unread.ordinals.iter().any(|ordinal| *ordinal >= self.source.columns.len() || self.order.needs(*ordinal))
        });
        match unread {
            Some(unread) if is_lost => Err(Error::conversion(format!(
                "a row of {} has a key that cannot be read, so the rows after it cannot be found: {}",
                self.source.place(),
                unread.error
            ))),
            _ => self.order.place_of(self.source, row),
        }
    }

    /// Passes over ranges that are equal in the target. After an equal range the next one is twice as long; a different range is
    /// divided, down to a batch.
    async fn pass(&mut self) -> Result<()> {
        let Some(target) = self.target else { return Ok(()) };
        while !self.is_done {
            let mut range = Range { after: self.place.clone(), through: self.through.clone() };
            let last = self.read(self.source.place_ahead(&range, self.batch * self.ahead)).await?.pop();
            let is_last = last.is_none();
            if let Some(last) = last {
                range.through = Some(self.order.place_alone(&last)?);
            }
            let (ours, theirs) = self.digests(target, &range).await?;
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

    async fn digests(&self, target: &Side, range: &Range) -> Result<(Digest, Digest)> {
        let Ok(there) = target.within_range_of(self.source, range) else {
            return Ok((Digest::unknown(), Digest::unknown()));
        };
        let ours = self.read(self.source.digest(self.source.within(range)));
        let (ours, theirs) = try_join(ours, target.connection.read(target.digest(there))).await?;
        Ok((Digest::read(&ours)?, Digest::read(&theirs)?))
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

    /// Narrows a query to the rows that are not read yet.
    fn remaining(&self, mut select: Select) -> Select {
        let after = self.place.as_ref().map(|place| self.order.after(place));
        let through = self.through.as_ref().map(|place| self.order.through(place));
        for condition in self.filter.clone().into_iter().chain(after).chain(through) {
            select.and_filter(condition);
        }
        select
    }
}
