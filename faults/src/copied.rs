//! A table that a job copies to another database.

use activerecord::prelude::*;
use chrono::{DateTime, Utc};

/// A row of the table.
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[table = "items"]
pub struct Item {
    /// The primary key.
    pub id: i64,
    /// The data.
    pub number: i64,
    /// The time of the last write.
    #[updated_at]
    pub updated_at: DateTime<Utc>,
}

/// The table of [`Item`], in the types of `test_support`.
pub const ITEMS: &str = "items (id ID, number I64 NOT NULL, updated_at TIMESTAMP NOT NULL)";

/// Returns the job, with small batches. It copies the `changes`, or all rows: in four `ranges`, or in one.
pub fn job(from: &str, to: &str, what: &str) -> SyncJob<Item, Item> {
    // Both databases and the writers use the clock of one machine, so no lag is needed.
    let job = SyncJob::from::<Item>().using(from).to::<Item>().on(to).batch(50).lag(std::time::Duration::ZERO);
    match what {
        "changes" => job.since(Item::UPDATED_AT),
        "ranges" => job.ranges(4),
        _ => job,
    }
}
