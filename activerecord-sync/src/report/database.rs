//! The results of a job that copies all tables of a database.

use std::time::Duration;

use activerecord_core::Error;
use serde::Serialize;

use super::{Differences, SyncReport};
use crate::job::NotCopied;

/// What [`SyncDatabase::run`](crate::SyncDatabase::run) would do.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct DatabasePlan {
    /// The tables, in the order in which they are copied.
    pub tables: Vec<PlannedTable>,
    /// What is not copied.
    pub left_out: Vec<NotCopied>,
}

/// A table that would be copied.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PlannedTable {
    /// The name of the table.
    pub table: String,
    /// The number of its rows.
    pub rows: u64,
    /// Whether the target does not have the table, so that it is created.
    pub is_new: bool,
    /// Whether its rows are found by a key. If not, the table is replaced as a whole.
    pub has_key: bool,
    /// What differs from the source besides rows.
    pub notes: Vec<String>,
    /// Why it cannot be copied.
    pub why: Option<String>,
}

/// The result of [`SyncDatabase::run`](crate::SyncDatabase::run).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct DatabaseReport {
    /// The tables, in the order in which they were copied.
    pub tables: Vec<TableReport>,
    /// What was not copied: views, and tables of other schemas.
    pub left_out: Vec<NotCopied>,
    /// The duration of the run.
    pub duration: Duration,
}

/// What became of a table.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct TableReport {
    /// The name of the table.
    pub table: String,
    /// What was done.
    pub outcome: Outcome,
    /// Why it failed.
    pub why: Option<String>,
    /// The rows.
    #[serde(flatten)]
    pub report: SyncReport,
}

/// What was done with a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// Its rows were copied by their keys.
    #[default]
    Copied,
    /// It has no key: it was replaced as a whole, unless its rows were equal.
    Replaced,
    /// It failed. Rows that were written before stay.
    Failed,
}

impl TableReport {
    pub(crate) fn of(table: &str) -> Self {
        Self { table: table.to_owned(), ..Self::default() }
    }

    pub(crate) fn fail(&mut self, error: &Error) {
        self.outcome = Outcome::Failed;
        self.why = Some(error.to_string());
    }
}

impl DatabaseReport {
    /// Whether every row of the source is in the target, and nothing was left out.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # use activerecord::sync::SyncDatabase;
    /// # async fn example() -> Result<()> {
    /// assert!(SyncDatabase::new("legacy", "modern").run().await?.is_complete());
    /// # Ok(())
    /// # }
    /// ```
    pub fn is_complete(&self) -> bool {
        let is_whole = |table: &TableReport| table.outcome != Outcome::Failed && table.report.refused == 0;
        self.left_out.is_empty() && self.tables.iter().all(is_whole)
    }
}

/// The result of [`SyncDatabase::verify`](crate::SyncDatabase::verify).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct DatabaseDifferences {
    /// The tables.
    pub tables: Vec<TableDifferences>,
    /// What is not compared: views, and tables of other schemas.
    pub left_out: Vec<NotCopied>,
}

/// The differences of a table.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct TableDifferences {
    /// The name of the table.
    pub table: String,
    /// Why the table could not be compared.
    pub why: Option<String>,
    /// The rows that differ.
    #[serde(flatten)]
    pub differences: Differences,
}

impl DatabaseDifferences {
    /// Whether all tables were compared, and no rows differ.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # use activerecord::sync::SyncDatabase;
    /// # async fn example() -> Result<()> {
    /// assert!(SyncDatabase::new("legacy", "modern").verify().await?.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn is_empty(&self) -> bool {
        self.tables.iter().all(|table| table.why.is_none() && table.differences.is_empty())
    }
}
