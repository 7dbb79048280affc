//! What a copy and a comparison have found.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

/// What a run of a job did.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SyncReport {
    /// The job's name.
    pub job: String,
    /// Rows of the source that were looked at.
    pub read: u64,
    /// Rows that were inserted or changed in the target; of a dry run, that would be.
    pub written: u64,
    /// Rows that were the same already, and were not written.
    pub unchanged: u64,
    /// Rows of the target that the source has not, and that were deleted.
    pub deleted: u64,
    /// How many rows were refused.
    pub refused: u64,
    /// The first hundred of those.
    pub bad_rows: Vec<BadRow>,
    /// How far the job has come, as JSON; None without [`since`](crate::SyncJob::since).
    pub watermark: Option<String>,
    /// How long it took.
    pub duration: Duration,
}

/// A row that was not copied.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct BadRow {
    /// Its key.
    pub key: String,
    /// Why not.
    pub why: String,
}

impl SyncReport {
    /// How many bad rows are listed.
    const LISTED: usize = 100;

    pub(crate) fn of(job: &str) -> Self {
        Self { job: job.to_owned(), ..Self::default() }
    }

    /// Counts rows that need not be written.
    pub(crate) fn same(&mut self, rows: u64) {
        self.read += rows;
        self.unchanged += rows;
    }

    /// What was done to a range of the table.
    pub(crate) fn add(&mut self, range: Self) {
        self.read += range.read;
        self.written += range.written;
        self.unchanged += range.unchanged;
        self.refused += range.refused;
        self.watermark = range.watermark.or(self.watermark.take());
        let room = Self::LISTED - self.bad_rows.len();
        self.bad_rows.extend(range.bad_rows.into_iter().take(room));
    }

    pub(crate) fn refuse(&mut self, key: String, why: String) {
        self.refused += 1;
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

/// How two tables differ.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Differences {
    /// Rows of the source, as they should be in the target.
    pub source_rows: u64,
    /// Rows of the target.
    pub target_rows: u64,
    /// How many rows differ.
    pub count: u64,
    /// The first thousand of those.
    pub rows: Vec<Difference>,
    /// How long it took.
    pub duration: Duration,
}

/// A row that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Difference {
    /// Its key in the target.
    pub key: String,
    /// How.
    pub kind: DifferenceKind,
}

/// How a row differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DifferenceKind {
    /// The target has not got it.
    Missing,
    /// The source has not got it.
    Extra,
    /// These columns have other values.
    Columns(Vec<String>),
}

impl Differences {
    /// How many are listed.
    const LISTED: usize = 1_000;

    /// Whether there are none.
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
