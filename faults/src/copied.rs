//! A table that is copied to another database.

use activerecord::prelude::*;
use chrono::{DateTime, Utc};

/// A row.
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[table = "items"]
pub struct Item {
    /// Its number.
    pub id: i64,
    /// What it holds.
    pub number: i64,
    /// When it was written.
    #[updated_at]
    pub updated_at: DateTime<Utc>,
}

/// Its columns, in the words of the harness.
pub const ITEMS: &str = "items (id ID, number I64 NOT NULL, updated_at TIMESTAMP NOT NULL)";

/// The job, in small batches: everything, at once or in several ranges, or what has changed.
pub fn job(from: &str, to: &str, what: &str) -> SyncJob<Item, Item> {
    // The clocks of these tests are one.
    let job = SyncJob::from::<Item>().using(from).to::<Item>().on(to).batch(50).lag(std::time::Duration::ZERO);
    match what {
        "changes" => job.since(Item::UPDATED_AT),
        "ranges" => job.ranges(4),
        _ => job,
    }
}
