//! Copies changed rows of `primary` to `analytics`, and stores its progress as a watermark.
//!
//! It misses two kinds of changes. A deletion leaves no row to read: use `after_destroy`, as `Airline` does, or
//! `#[soft_delete]`. A change may commit after a newer change was copied: if this can happen, subtract the duration of
//! your longest transaction from `since`. A row that is read twice is not written twice. `SyncJob` handles both cases.

use std::collections::HashMap;

use activerecord::prelude::*;
use chrono::{DateTime, Utc};

use crate::models::SyncLog;
use crate::report;

/// A model of `primary` that has copies in `analytics`.
pub trait Copied: ActiveRecord {
    /// The model of the copy in `analytics`.
    type Copy: ActiveRecord + Model<Key = String> + From<Self> + PartialEq;
    /// The time of the last change.
    const CHANGED: Column<Self, DateTime<Utc>>;
    /// The key column of the copy.
    const COPY_KEY: Column<Self::Copy, String>;
}

/// Copies every row that changed since the last run, and returns the number of copied rows.
///
/// It reads from the last run's watermark, inclusive, to the newest change at the start. A row that changes during the
/// run leaves these bounds, and is copied by the next run. The watermark is a timestamp that was *read*, never the time
/// of a clock.
pub async fn run<S: Copied>() -> Result<u64> {
    let source = S::TABLE.name;
    let Some(until) = S::query().max(S::CHANGED).await? else { return Ok(0) };
    let since = SyncLog::filter(SyncLog::SOURCE.eq(source)).max(SyncLog::LAST_SYNC).await?.flatten();
    let changed = S::filter(S::CHANGED.between(since.unwrap_or_default(), until));

    let bar = report::progress(source, changed.clone().count().await?);
    let (mut read, mut copied) = (0, 0);
    let mut batches = changed.batch(1000);
    let mut next = batches.next().await?;
    while let Some(rows) = next {
        next = batches.next().await?;
        read += rows.len();
        // Batches are in key order, not in time order: only after the last one are all changes copied.
        let last_sync = (next.is_none() && since < Some(until)).then_some(until);
        copied += write(source, rows, last_sync).await?;
        bar.set_position(read as u64);
    }
    report::synced(&bar, source, read, copied);
    Ok(copied)
}

/// Writes one batch and its log entry in one transaction. If a run is killed between two batches, the next run reads
/// all rows again, but does not write unchanged rows again.
async fn write<S: Copied>(source: &str, rows: Vec<S>, last_sync: Option<DateTime<Utc>>) -> Result<u64> {
    let mut copies: Vec<S::Copy> = rows.into_iter().map(S::Copy::from).collect();
    transaction("analytics", async || {
        drop_unchanged(&mut copies, S::COPY_KEY).await?;
        if !copies.is_empty() || last_sync.is_some() {
            let rows_copied = S::Copy::bulk_insert_or_update(&copies, [S::COPY_KEY]).await?.cast_signed();
            SyncLog::create(SyncLog { source: source.into(), last_sync, rows_copied, ..Default::default() }).await?;
        }
        Ok(copies.len() as u64)
    })
    .await
}

/// Removes the copies that already exist unchanged in `analytics`.
async fn drop_unchanged<T>(copies: &mut Vec<T>, key: Column<T, String>) -> Result<()>
where
    T: ActiveRecord + Model<Key = String> + PartialEq,
{
    let keys: Vec<String> = copies.iter().map(Model::key).collect();
    let existing = T::filter(key.is_in(keys)).all().await?;
    let existing: HashMap<String, T> = existing.into_iter().map(|copy| (copy.key(), copy)).collect();
    copies.retain(|copy| existing.get(&copy.key()) != Some(copy));
    Ok(())
}
