//! Jobs for tables without models.

use std::sync::Arc;

use activerecord_core::{
    ColumnInfo, ConnectionHandle, Error, ErrorKind, Result, Row, Stored, TableInfo, ValueType, connection,
};

use crate::copy::{Copy, Options, Side, SideColumn, Stamps};
use crate::progress::IntoProgress;
use crate::report::{Differences, SyncReport};

/// A [`SyncJob`](crate::SyncJob) for a table that has no model: it copies the table column by column to a table of the same
/// name in another database. The source's primary key identifies the rows.
///
/// A missing table is created with the columns, the primary key and the unique keys of the source, in types that hold the same
/// values: decimals keep their digits, and texts in keys keep their lengths. What is *not* copied: foreign keys, other indexes,
/// defaults, checks, triggers. The next value of a generated key is moved only by
/// [`advance_sequences`](Self::advance_sequences).
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
        Self { table, source, target, since: None, options: Options::default() }
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
    /// - `Configuration`: the source has no such table, the table has no primary key, or it has no column of the name given to
    ///   [`since`](Self::since).
    /// - `InvalidStatement`: the target's table lacks a column of the source.
    /// - `Unsupported`: a column has a type that this library has no value for.
    pub async fn run(&self) -> Result<SyncReport> {
        let source = self.source().await?;
        let target = connection(&self.target)?;
        if target.describe(&self.table).await?.is_none() {
            // They are about rows of a former table. Without them, a run that ends before the table exists copies everything, too.
            Checkpoint::delete_all(&target, &self.job()).await?;
            target.create_table(&source.definition()?).await?;
        }
        self.copy(source).await?.run().await
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
        copy.run().await
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
    /// As [`dry_run`](Self::dry_run); `Conversion` when a row of the source cannot be read.
    pub async fn verify(&self) -> Result<Differences> {
        self.copy(self.source().await?).await?.verify().await
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
        self.copy(self.source().await?).await?.repair().await
    }

    fn job(&self) -> String {
        format!("{}.{}", self.source, self.table)
    }

    async fn source(&self) -> Result<TableInfo> {
        let found = connection(&self.source)?.describe(&self.table).await?;
        match found {
            Some(table) if table.key.is_empty() => Err(Error::configuration(format!(
                "`{}` on `{}` has no primary key; a copy needs one",
                self.table, self.source
            ))),
            Some(table) => Ok(table),
            None => Err(missing(&self.table, &self.source)),
        }
    }

    async fn copy(&self, source: TableInfo) -> Result<Copy> {
        let (from, to) = (connection(&self.source)?, connection(&self.target)?);
        let target = to.describe(&self.table).await?.ok_or_else(|| missing(&self.table, &self.target))?;
        let names = copied(&source, &target)?;
        let mut target = side(to, &target, &names, &source.key)?;
        let mut source = side(from, &source, &names, &source.key)?;
        for (one, other) in source.columns.iter_mut().zip(&mut target.columns) {
            let ty = common_type(one.ty, other.ty);
            (one.ty, other.ty) = (ty, ty);
        }
        let since = self.since.as_ref().map(|name| ordinal(&source, name)).transpose()?;
        if let Some(since) = since {
            source.columns[since].strict = true;
        }
        let like = target.clone();
        Ok(Copy {
            job: self.job(),
            source,
            target,
            map: Arc::new(move |_: &Side, row: &Row| like.typed(row)),
            is_plain: true,
            by_digest: false,
            since,
            tombstones: None,
            limit: None,
            options: self.options.clone(),
            refused: Arc::default(),
        })
    }
}

fn missing(table: &str, connection: &str) -> Error {
    Error::configuration(format!("`{connection}` has no table `{table}`"))
}

/// The columns that are copied: those of the source that the target does not compute.
fn copied(source: &TableInfo, target: &TableInfo) -> Result<Vec<String>> {
    let mut names = Vec::with_capacity(source.columns.len());
    for ColumnInfo { name, computed, .. } in &source.columns {
        match target.column(name) {
            Some(column) if column.computed => {}
            None if *computed => {}
            Some(_) => names.push(name.clone()),
            None => {
                let message = format!(
                    "`{}` on `{}` has no column `{name}`, but the source has; add the column, or drop the table",
                    target.name, target.connection
                );
                return Err(Error::new(ErrorKind::InvalidStatement, message));
            }
        }
    }
    Ok(names)
}

/// A table with these columns and this key.
fn side(connection: ConnectionHandle, table: &TableInfo, names: &[String], key: &[String]) -> Result<Side> {
    let found = names.iter().filter_map(|name| table.column(name));
    let columns = found.map(|column| {
        Ok(SideColumn {
            name: column.name.clone().into(),
            ty: table.type_of(column)?,
            nullable: column.nullable,
            stored: Stored::Default,
            strict: false,
        })
    });
    let columns = columns.collect::<Result<_>>()?;
    let (name, key_later, stamps) = (table.name.clone().into(), Vec::new(), Stamps::default());
    let mut side = Side { connection, table: name, model: None, columns, key: key_later, stamps };
    side.key = key.iter().map(|name| ordinal(&side, name)).collect::<Result<_>>()?;
    // The source's primary key is never NULL, even if the target's columns allow it.
    for key in side.key.clone() {
        side.columns[key].nullable = false;
        side.columns[key].strict = true;
    }
    Ok(side)
}

/// The type of a column's values while they are copied. A text or a number can represent a type that its database does not have;
/// then the target's type decides.
fn common_type(source: ValueType, target: ValueType) -> ValueType {
    if matches!(source, ValueType::Text | ValueType::I64 | ValueType::F64) { target } else { source }
}

fn ordinal(side: &Side, name: &str) -> Result<usize> {
    let found = side.columns.iter().position(|column| column.name == name);
    found.ok_or_else(|| Error::configuration(format!("{} has no column `{name}`", side.place())))
}
