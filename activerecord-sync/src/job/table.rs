//! Jobs for tables without models.

use std::sync::Arc;

use activerecord_core::statement::{Aggregate, Expr, FromItem, Select};
use activerecord_core::{Error, Result, Row, TableInfo, connection};

use super::columns::{ordinal, sides};
use super::create::{NewTable, With};
use crate::copy::{Copy, Options, Side, Tables};
use crate::progress::IntoProgress;
use crate::report::{Differences, SyncReport};

/// A [`SyncJob`](crate::SyncJob) for a table that has no model: it copies the table column by column to a table of the same
/// name in another database. The source's primary key identifies the rows, or else a unique key without NULLs. A table with
/// neither is replaced as a whole, in one transaction.
///
/// A missing table is created with the columns, keys, indexes and defaults of the source, in types that hold the same values. A
/// type that the target lacks becomes text. Foreign keys are created if the target has the tables that they refer to. What the
/// target cannot express is listed in [`SyncReport::notes`]; triggers are not copied. The next value of a generated key is moved
/// only by [`advance_sequences`](Self::advance_sequences).
///
/// An existing table can have its columns in another order, and additional columns that have a default or can be NULL. Columns
/// that the target computes are not written.
///
/// ```no_run
/// # use activerecord::prelude::*;
/// # use activerecord::sync::SyncTable;
/// # async fn example() -> Result<()> {
/// let report = SyncTable::new("airports", "legacy", "modern").since("updated_at").run().await?;
/// println!("{report}");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a job does nothing before it is run"]
pub struct SyncTable {
    table: String,
    source: String,
    target: String,
    since: Option<String>,
    with: With,
    options: Options,
}

impl SyncTable {
    /// A job that copies this table from the connection `source` to the connection `target`. The name of its checkpoint is
    /// `SOURCE.TABLE`.
    ///
    /// ```
    /// # use activerecord::prelude::*;
    /// # use activerecord::sync::SyncTable;
    /// let job = SyncTable::new("airports", "legacy", "modern");
    /// ```
    pub fn new(table: impl Into<String>, source: impl Into<String>, target: impl Into<String>) -> Self {
        let (table, source, target) = (table.into(), source.into(), target.into());
        Self { table, source, target, since: None, with: With::default(), options: Options::default() }
    }

    /// Reads only rows that changed since the last run, by the column with this name: see
    /// [`SyncJob::since`](crate::SyncJob::since).
    ///
    /// ```
    /// # use activerecord::prelude::*;
    /// # use activerecord::sync::SyncTable;
    /// let job = SyncTable::new("airports", "legacy", "modern").since("updated_at");
    /// ```
    pub fn since(mut self, column: impl Into<String>) -> Self {
        self.since = Some(column.into());
        self
    }

    /// How many rows are read and written together. The default is 1,000; the least is 1.
    ///
    /// ```
    /// # use activerecord::prelude::*;
    /// # use activerecord::sync::SyncTable;
    /// let job = SyncTable::new("airports", "legacy", "modern").batch(10_000);
    /// ```
    pub fn batch(mut self, rows: u64) -> Self {
        self.options.batch = rows.max(1);
        self
    }

    /// Copies this many ranges of the primary key at once: see [`SyncJob::ranges`](crate::SyncJob::ranges). The default is 1.
    ///
    /// ```
    /// # use activerecord::prelude::*;
    /// # use activerecord::sync::SyncTable;
    /// let job = SyncTable::new("airports", "legacy", "modern").ranges(4);
    /// ```
    pub fn ranges(mut self, ranges: usize) -> Self {
        self.options.ranges = ranges.max(1);
        self
    }

    /// Deletes the rows that the source does not have, up to this share of the target:
    /// see [`SyncJob::delete_missing`](crate::SyncJob::delete_missing).
    ///
    /// ```
    /// # use activerecord::prelude::*;
    /// # use activerecord::sync::SyncTable;
    /// let job = SyncTable::new("airports", "legacy", "modern").delete_missing(0.1);
    /// ```
    pub fn delete_missing(mut self, share: f64) -> Self {
        self.options.delete = Some(share);
        self
    }

    /// Moves the sequences of the target's table past the copied numbers:
    /// see [`SyncJob::advance_sequences`](crate::SyncJob::advance_sequences).
    ///
    /// ```
    /// # use activerecord::prelude::*;
    /// # use activerecord::sync::SyncTable;
    /// let job = SyncTable::new("airports", "legacy", "modern").advance_sequences();
    /// ```
    pub fn advance_sequences(mut self) -> Self {
        self.options.sequences = true;
        self
    }

    /// As [`advance_sequences`](Self::advance_sequences), or not.
    pub fn move_sequences(mut self, moved: bool) -> Self {
        self.options.sequences = moved;
        self
    }

    /// Reports the progress of a run, to a closure or with `true` as `tracing` events:
    /// see [`SyncJob::progress`](crate::SyncJob::progress).
    ///
    /// ```
    /// # use activerecord::prelude::*;
    /// # use activerecord::sync::SyncTable;
    /// let job = SyncTable::new("airports", "legacy", "modern").progress(|p| println!("{p}"));
    /// ```
    pub fn progress(mut self, progress: impl IntoProgress) -> Self {
        self.options.reporter = progress.into_reporter();
        self
    }

    /// Creates the target's table if it is missing, then copies the rows that are missing or different: see
    /// [`SyncJob::run`](crate::SyncJob::run).
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # use activerecord::sync::SyncTable;
    /// # async fn example() -> Result<()> {
    /// let report = SyncTable::new("airports", "legacy", "modern").batch(10_000).ranges(4).run().await?;
    /// println!("{} rows written", report.written);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`SyncJob::run`](crate::SyncJob::run), and:
    /// - `Configuration`: the source has no such table, or it has no column of the name given to [`since`](Self::since).
    /// - `InvalidStatement`: the target's table lacks a column of the source.
    /// - `Invalid`: a table without a key has rows in the target that this job has not written.
    pub async fn run(&self) -> Result<SyncReport> {
        let (from, to) = (connection(&self.source)?, connection(&self.target)?);
        let source = self.source().await?;
        let mut new = None;
        if to.describe(&self.table).await?.is_none() {
            let plan = NewTable::plan(&source, &from, &to, self.with).await?;
            plan.create(&to).await?;
            new = Some(plan);
        }
        let mut report = ran(self.copy(source).await?).await?;
        if let Some(new) = new {
            report.notes.extend(new.notes.clone());
            report.notes.extend(new.finish(&to).await?);
        }
        Ok(report)
    }

    /// Reports what [`run`](Self::run) would do, and writes nothing. The target must have the table.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # use activerecord::sync::SyncTable;
    /// # async fn example() -> Result<()> {
    /// let report = SyncTable::new("airports", "legacy", "modern").dry_run().await?;
    /// println!("{} rows would be written", report.written);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`run`](Self::run); `Configuration` when the target has no such table.
    pub async fn dry_run(&self) -> Result<SyncReport> {
        let mut copy = self.copy(self.source().await?).await?;
        copy.options.dry = true;
        ran(copy).await
    }

    /// Compares every row of the two tables: see [`SyncJob::verify`](crate::SyncJob::verify).
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # use activerecord::sync::SyncTable;
    /// # async fn example() -> Result<()> {
    /// let differences = SyncTable::new("airports", "legacy", "modern").verify().await?;
    /// println!("{} rows differ", differences.count);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`dry_run`](Self::dry_run).
    pub async fn verify(&self) -> Result<Differences> {
        let copy = self.copy(self.source().await?).await?;
        if copy.source.key.is_empty() { copy.verify_whole().await } else { copy.verify().await }
    }

    /// Makes the target's table equal to the source's: see [`SyncJob::repair`](crate::SyncJob::repair).
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # use activerecord::sync::SyncTable;
    /// # async fn example() -> Result<()> {
    /// let report = SyncTable::new("airports", "legacy", "modern").repair().await?;
    /// println!("{} rows written, {} deleted", report.written, report.deleted);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`verify`](Self::verify).
    pub async fn repair(&self) -> Result<SyncReport> {
        let mut copy = self.copy(self.source().await?).await?;
        if copy.source.key.is_empty() {
            copy.options.delete = Some(1.0);
            return copy.replace().await;
        }
        copy.repair().await
    }

    /// The same job for another table.
    pub(super) fn named(&self, table: &str) -> Self {
        Self { table: table.to_owned(), ..self.clone() }
    }

    /// Writes the rows that are missing or different in the current transaction of the target.
    pub(super) async fn bring(&self) -> Result<()> {
        self.copy(self.source().await?).await?.bring().await
    }

    /// The number of rows of the source's table.
    pub(super) async fn source_count(&self) -> Result<u64> {
        let from = connection(&self.source)?;
        let mut select = Select::from(FromItem::Named(self.table.clone().into()));
        select.items = vec![Expr::Aggregate(Aggregate::Count, None).into()];
        from.read(select).await?.first().map_or(Ok(0), |row| row.get(0))
    }

    /// The columns by which the rows of a table are found. Empty: it has none.
    pub(super) fn key(table: &TableInfo) -> Vec<String> {
        key_of(table)
    }

    async fn source(&self) -> Result<TableInfo> {
        let found = connection(&self.source)?.describe(&self.table).await?;
        found.ok_or_else(|| missing(&self.table, &self.source))
    }

    async fn target(&self) -> Result<TableInfo> {
        connection(&self.target)?.describe(&self.table).await?.ok_or_else(|| missing(&self.table, &self.target))
    }

    /// The copy of the rows, for a target that has the table.
    async fn copy(&self, source: TableInfo) -> Result<Copy> {
        let target = self.target().await?;
        let key = key_of(&source);
        let (from, to) = (connection(&self.source)?, connection(&self.target)?);
        let tables = Tables { source, target };
        let (mut source, target) = sides((from, &tables.source), (to, &tables.target), &key)?;
        let since = self.since.as_ref().map(|name| ordinal(&source, name)).transpose()?;
        if let Some(since) = since {
            source.columns[since].strict = true;
        }
        let like = source.clone();
        Ok(Copy {
            job: format!("{}.{}", self.source, self.table),
            source,
            target,
            map: Arc::new(move |_: &Side, row: &Row| like.typed(row)),
            is_plain: true,
            by_digest: false,
            since,
            tombstones: None,
            tables: Some(Arc::new(tables)),
            limit: None,
            options: self.options.clone(),
            refused: Arc::default(),
            seen: Arc::default(),
        })
    }
}

/// Copies rows by their key, or the table as a whole.
async fn ran(copy: Copy) -> Result<SyncReport> {
    if copy.source.key.is_empty() { copy.replace().await } else { copy.run().await }
}

fn missing(table: &str, connection: &str) -> Error {
    Error::configuration(format!("`{connection}` has no table `{table}`"))
}

/// The columns that identify a row: the primary key, or else a unique key without NULLs. Empty: the table has neither.
fn key_of(table: &TableInfo) -> Vec<String> {
    let is_set = |name: &String| table.column(name).is_some_and(|column| !column.nullable);
    let unique = || table.unique.iter().find(|unique| unique.columns.iter().all(is_set));
    match table.key.is_empty() {
        true => unique().map(|unique| unique.columns.clone()).unwrap_or_default(),
        false => table.key.clone(),
    }
}
