//! Rows of the source that tell which others are gone.

use activerecord_core::{Error, Result, Value, ValueType, transaction};

use super::checkpoint::Checkpoint;
use super::copy::{Copy, Map};
use super::read::{Batch, Reader};
use super::report::SyncReport;
use super::side::Side;

/// A table of them.
#[derive(Clone)]
pub(crate) struct Tombstones {
    pub(crate) side: Side,
    /// The ordinal of the time at which a row went.
    pub(crate) since: usize,
    /// A tombstone as a row of the target, of which the key counts.
    pub(crate) map: Map,
}

impl Tombstones {
    pub(super) async fn check(&self) -> Result<()> {
        if self.side.key.is_empty() {
            return Err(Error::configuration(format!("{} has no key to read tombstones by", self.side.place())));
        }
        self.side.check().await.map(drop)
    }
}

impl Copy {
    /// Deletes what is gone by its tombstone. Before rows are copied: one of the same key may have come since. That one is copied again
    /// as long as its tombstone is read again, since the watermark of the rows is not greater.
    pub(super) async fn bury(&self, report: &mut SyncReport) -> Result<()> {
        let Some(Tombstones { side, since, map }) = &self.tombstones else { return Ok(()) };
        let connection = &self.target.connection;
        let mut checkpoint = Checkpoint::of_tombstones(connection, &self.job).await?;
        let reader = Reader::open(side, Some(*since), self.options.batch).await?;
        let mut reader = reader.from(checkpoint.watermark(ValueType::Timestamp)?);
        let writer = self.writer(false);
        while let Some(Batch { rows, .. }) = reader.next().await? {
            let gone = rows.iter().map(|row| map(side, row)).collect::<Result<Vec<_>>>()?;
            report.deleted += match self.options.dry {
                true => self.target.find(&gone).await?.len() as u64,
                false => writer.remove(&gone).await?,
            };
        }
        reader.close().await?;
        let Some(limit) = self.limit.filter(|_| !self.options.dry) else { return Ok(()) };
        checkpoint.set_watermark(&Value::Timestamp(limit))?;
        transaction(connection.name(), async || checkpoint.save(connection).await).await
    }
}
