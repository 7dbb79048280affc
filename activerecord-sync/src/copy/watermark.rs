//! How far a run by watermark has come, and how far it can go without missing rows that commit late.

use activerecord_core::{ErrorKind, ProtocolConnection as _, Result, Value, ValueType};
use activerecord_distributed::support::failpoint;
use chrono::{DateTime, TimeDelta, Utc};

use super::Copy;
use super::checkpoint::Checkpoint;

impl Copy {
    /// The greatest watermark that can be kept. None when there is no watermark, or one that is not a time.
    pub(super) async fn find_limit(&self) -> Result<Option<DateTime<Utc>>> {
        let ty = self.since.map(|since| self.source.columns[since].ty);
        let is_time = matches!(ty, Some(ValueType::Timestamp | ValueType::DateTime));
        if (!is_time && self.tombstones.is_none()) || failpoint::is_broken("sync.horizon") {
            return Ok(None);
        }
        let lag = TimeDelta::from_std(self.options.lag).unwrap_or(TimeDelta::MAX);
        Ok(Some(self.horizon().await?.checked_sub_signed(lag).unwrap_or_default()))
    }

    /// The start of the oldest open transaction that can write to the source or its tombstones.
    async fn horizon(&self) -> Result<DateTime<Utc>> {
        let horizon = self.horizon_of(&self.source.table).await?;
        match &self.tombstones {
            Some(tombstones) => Ok(horizon.min(self.horizon_of(&tombstones.side.table).await?)),
            None => Ok(horizon),
        }
    }

    /// The start of the oldest open transaction. Ten minutes ago, if the login may not see the transactions of others.
    async fn horizon_of(&self, table: &str) -> Result<DateTime<Utc>> {
        const ASSUMED: TimeDelta = TimeDelta::minutes(10);
        match self.source.connection.horizon(table).await {
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                tracing::warn!(
                    target: "activerecord",
                    connection = self.source.connection.name(),
                    job = self.job,
                    %error,
                    "the login cannot see open transactions: rows of transactions longer than ten minutes can be missed"
                );
                Ok(self.source.connection.now().await? - ASSUMED)
            }
            horizon => horizon,
        }
    }

    /// Moves the checkpoint to this place of the reader.
    pub(super) fn mark(&self, checkpoint: &mut Checkpoint, place: Option<&[Value]>) -> Result<()> {
        match (self.since, place) {
            (Some(_), Some([seen, ..])) => checkpoint.set_watermark(&self.limited(seen)),
            (None, place) => checkpoint.set_position(place, &self.source.key_order()),
            _ => Ok(()),
        }
    }

    /// The watermark at this place of the reader, if it is a time.
    pub(super) fn time_at(&self, place: Option<&[Value]>) -> Option<DateTime<Utc>> {
        match place.filter(|_| self.since.is_some()) {
            Some([Value::Timestamp(time), ..]) => Some(*time),
            Some([Value::DateTime(time), ..]) => Some(time.and_utc()),
            _ => None,
        }
    }

    fn limited(&self, watermark: &Value) -> Value {
        match (watermark, self.limit) {
            (Value::Timestamp(time), Some(limit)) => Value::Timestamp(limit.min(*time)),
            (Value::DateTime(time), Some(limit)) => Value::DateTime(limit.naive_utc().min(*time)),
            (seen, _) => seen.clone(),
        }
    }
}
