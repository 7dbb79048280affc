//! Copies what changed in `primary` to `analytics`, and remembers how far it came.

use std::collections::HashMap;

use activerecord::prelude::*;
use chrono::{DateTime, Utc};

use crate::models::SyncLog;
use crate::report;

/// A model of `primary` that is copied.
pub trait Copied: ActiveRecord {
    /// What it becomes in `analytics`.
    type Copy: ActiveRecord + Model<Key = String> + From<Self> + PartialEq;
    /// The time of the last change.
    const CHANGED: Column<Self, DateTime<Utc>>;
    /// By what a copy is known again.
    const COPY_KEY: Column<Self::Copy, String>;

    /// What [`CHANGED`](Self::CHANGED) holds.
    fn changed(&self) -> DateTime<Utc>;
}

/// Copies every row that changed since the last time, and says how many.
///
/// `>=`, not `>`: a row may have been written in the watermark's own microsecond, after we had looked. What is read twice is
/// written at most once, since [`write`] knows a copy again.
pub async fn run<S: Copied>() -> Result<usize> {
    let source = S::TABLE.name;
    let since = SyncLog::filter(SyncLog::SOURCE.eq(source)).max(SyncLog::LAST_SYNC).await?.unwrap_or_default();
    let changed = S::filter(S::CHANGED.ge(since)).order_by(S::CHANGED.asc());

    let bar = report::progress(source, changed.clone().count().await? as usize);
    let (mut read, mut copied) = (0, 0);
    let mut batches = changed.batch(1000);
    while let Some(rows) = batches.next().await? {
        read += rows.len();
        copied += write(source, rows).await?;
        bar.set_position(read as u64);
    }
    report::synced(&bar, source, read, copied);
    Ok(copied)
}

/// Writes one batch and its entry in the log, both or neither.
///
/// The watermark is the newest change that was *read*, never the clock's time: what changes meanwhile is newer than that.
async fn write<S: Copied>(source: &str, rows: Vec<S>) -> Result<usize> {
    let last_sync = rows.iter().map(S::changed).max().unwrap_or_default();
    let mut copies: Vec<S::Copy> = rows.into_iter().map(S::Copy::from).collect();
    transaction("analytics", async || {
        drop_unchanged(&mut copies, S::COPY_KEY).await?;
        if copies.is_empty() {
            return Ok(0);
        }
        S::Copy::bulk_insert_or_update(&copies, [S::COPY_KEY]).await?;
        let rows_copied = copies.len();
        let entry = SyncLog { source: source.into(), last_sync, rows_copied: rows_copied as i64, ..Default::default() };
        SyncLog::create(entry).await?;
        Ok(rows_copied)
    })
    .await
}

/// Keeps the copies that `analytics` does not have yet, exactly as they are.
async fn drop_unchanged<T>(copies: &mut Vec<T>, key: Column<T, String>) -> Result<()>
where
    T: ActiveRecord + Model<Key = String> + PartialEq,
{
    let keys: Vec<String> = copies.iter().map(Model::key).collect();
    let there = T::filter(key.is_in(keys)).all().await?;
    let there: HashMap<String, T> = there.into_iter().map(|copy| (copy.key(), copy)).collect();
    copies.retain(|copy| there.get(&copy.key()) != Some(copy));
    Ok(())
}
