//! Copies what changed in `primary` to `analytics`, and remembers how far it came.
//!
//! What it does not see: a deletion, which leaves no row behind to read (use `after_destroy`, as `Airline` does, or
//! `#[soft_delete]`); and a change that is committed after a newer one was copied. Where that can happen, subtract your
//! longest transaction from `since`: what is read twice is not written twice.

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
}

/// Copies every row that changed since the last time, and says how many.
///
/// From the last run's watermark, included, to the newest change that is there now: a row that changes while we read leaves
/// these bounds, and belongs to the next run. The watermark is a time that was *read*, never the clock's.
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
        // Batches go by the key, not by the time: only the last one makes it true that all is there.
        let last_sync = (next.is_none() && since < Some(until)).then_some(until);
        copied += write(source, rows, last_sync).await?;
        bar.set_position(read as u64);
    }
    report::synced(&bar, source, read, copied);
    Ok(copied)
}

/// Writes one batch and its entry in the log: both or neither. A run that is killed between two batches is done again by the
/// next one, at the price of reading: rows that are there already are not written twice.
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
