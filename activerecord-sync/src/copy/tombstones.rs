//! Rows of the source that name deleted rows.

use activerecord_core::{Result, Transaction, Value, ValueType};

use super::checkpoint::Checkpoint;
use super::read::{Batch, Reader};
use super::side::Side;
use super::{Copy, Map};
use crate::report::SyncReport;

/// A table of tombstones.
#[derive(Clone)]
pub(crate) struct Tombstones {
    pub(crate) side: Side,
    /// The ordinal of the column with the time of the deletion.
    pub(crate) since: usize,
    /// Maps a tombstone to a row of the target, of which only the key is used.
    pub(crate) map: Map,
}

impl Copy {
    /// Deletes the rows that tombstones name. This comes before the copy: a row of the same key can have been inserted since. As
    /// long as its tombstone is read again, that row is copied again too, because the watermark of the rows is not greater.
    pub(super) async fn apply_tombstones(&self, report: &mut SyncReport) -> Result<()> {
        let Some(Tombstones { side, since, map }) = &self.tombstones else { return Ok(()) };
        let connection = &self.target.connection;
        let mut checkpoint = Checkpoint::of_tombstones(connection, &self.job).await?;
        let reader = Reader::open(side, Some(*since), self.options.batch).await?;
        let mut reader = reader.from(*since, checkpoint.watermark(ValueType::Timestamp)?);
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
        Transaction::begin(connection.name()).independent().run(async || checkpoint.save(connection).await).await
    }
}
