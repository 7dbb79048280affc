//! The results of a run and of a comparison.

mod database;

use std::fmt;
use std::time::Duration;

use activerecord_core::{Error, ErrorKind};
use serde::Serialize;

pub use database::{
    DatabaseDifferences, DatabasePlan, DatabaseReport, Outcome, PlannedTable, TableDifferences, TableReport,
};

/// The result of [`SyncJob::run`](crate::SyncJob::run). `Display` writes it as one line.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SyncReport {
    /// The name of the job.
    pub job: String,
    /// Rows of the source that were read, or compared by digest.
    pub read: u64,
    /// Rows that were inserted or updated in the target. A dry run counts the rows that a run would write.
    pub written: u64,
    /// Rows that were equal in the target and were not written.
    pub unchanged: u64,
    /// Rows that were deleted from the target: by `delete_missing`, tombstones or `repair`.
    pub deleted: u64,
    /// Rows that could not be read, mapped or written.
    pub refused: u64,
    /// The first 100 refused rows.
    pub bad_rows: Vec<BadRow>,
    /// What differs from the source besides rows: types, collations, defaults, indexes.
    pub notes: Vec<String>,
    /// The watermark that the next run starts from, as JSON. None without [`since`](crate::SyncJob::since).
    pub watermark: Option<String>,
    /// The duration of the run.
    pub duration: Duration,
    /// How many of the refused rows refer to rows that the target does not have.
    #[serde(skip)]
    pub(crate) orphans: u64,
}

/// A row that was not copied.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct BadRow {
    /// Its key, as `column = value`.
    pub key: String,
    /// The error.
    pub why: String,
}

impl SyncReport {
    /// The most bad rows that are listed.
    pub(crate) const LISTED: usize = 100;

    pub(crate) fn of(job: &str) -> Self {
        Self { job: job.to_owned(), ..Self::default() }
    }

    /// Counts rows that are equal on both sides.
    pub(crate) fn same(&mut self, rows: u64) {
        self.read += rows;
        self.unchanged += rows;
    }

    /// Adds the report of one range.
    pub(crate) fn add(&mut self, range: Self) {
        self.read += range.read;
        self.written += range.written;
        self.unchanged += range.unchanged;
        self.refused += range.refused;
        self.orphans += range.orphans;
        self.watermark = range.watermark.or(self.watermark.take());
        let room = Self::LISTED - self.bad_rows.len();
        self.bad_rows.extend(range.bad_rows.into_iter().take(room));
    }

    /// Takes the report of another run, which has tried the refused rows again.
    pub(crate) fn again(&mut self, later: Self) {
        let (written, read) = (self.written + later.written, self.read);
        let (duration, notes) = (self.duration + later.duration, std::mem::take(&mut self.notes));
        let unchanged = self.unchanged;
        *self = Self { written, read, unchanged, duration, notes, ..later };
    }

    pub(crate) fn refuse(&mut self, key: String, error: &Error) {
        let why = error.to_string();
        self.refused += 1;
        self.orphans += u64::from(error.kind() == ErrorKind::ForeignKeyViolation);
        if self.bad_rows.len() < Self::LISTED {
            self.bad_rows.push(BadRow { key, why });
        }
    }
}

impl fmt::Display for SyncReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { job, read, written, unchanged, deleted, refused, duration, .. } = self;
        write!(
            f,
            "{job}: {read} read, {written} written, {unchanged} unchanged, {deleted} deleted, {refused} refused"
        )?;
        write!(f, ", in {:.1} s", duration.as_secs_f64())
    }
}

/// The result of [`SyncJob::verify`](crate::SyncJob::verify).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Differences {
    /// The number of rows of the source.
    pub source_rows: u64,
    /// The number of rows of the target.
    pub target_rows: u64,
    /// The number of rows that differ.
    pub count: u64,
    /// The first 1,000 rows that differ.
    pub rows: Vec<Difference>,
    /// The duration of the comparison.
    pub duration: Duration,
}

/// A row that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Difference {
    /// Its key in the target, as `column = value`.
    pub key: String,
    /// How it differs.
    pub kind: DifferenceKind,
}

/// How a row differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DifferenceKind {
    /// The target does not have the row.
    Missing,
    /// The source does not have the row.
    Extra,
    /// The columns with these names have different values.
    Columns(Vec<String>),
    /// The row of the source cannot be read or mapped, because of this error.
    Unreadable(String),
}

impl Differences {
    /// The most rows that are listed.
    const LISTED: usize = 1_000;

    /// Whether the target equals the mapped source.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # use activerecord::sync::SyncTable;
    /// # async fn example() -> Result<()> {
    /// assert!(SyncTable::new("airports", "legacy", "modern").verify().await?.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(crate) fn add(&mut self, key: String, kind: DifferenceKind) {
        self.count += 1;
        if self.rows.len() < Self::LISTED {
            self.rows.push(Difference { key, kind });
        }
    }
}
