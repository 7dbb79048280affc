//! Whole tables, without models.

use std::sync::Arc;

use activerecord_core::{
    ColumnInfo, ConnectionHandle, Error, ErrorKind, Result, Row, TableInfo, ValueType, connection,
};

use super::copy::{Copy, Options};
use super::report::{Differences, SyncReport};
use super::side::{Side, SideColumn, Stamps};

/// A [`SyncJob`](crate::SyncJob) for a table that has no model: the same table in another database, column by column.
///
/// A table that is not there is made, with the columns, the primary key and the unique keys of the source, in types that hold the same
/// values: decimals keep their digits, texts in keys their lengths. What is *not* copied: foreign keys, indexes that are not unique,
/// defaults, checks, triggers, and the number that comes next. A column that the target computes is left to it. The target may have more columns
/// than the source, which then need defaults, and in another order.
///
/// ```no_run
/// # use activerecord::prelude::*;
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
    /// The table of this name, from one connection to another.
    pub fn new(table: impl Into<String>, source: impl Into<String>, target: impl Into<String>) -> Self {
        let (table, source, target) = (table.into(), source.into(), target.into());
        Self { table, source, target, since: None, options: Options::default() }
    }

    /// As [`SyncJob::since`](crate::SyncJob::since), by the column's name.
    pub fn since(mut self, column: impl Into<String>) -> Self {
        self.since = Some(column.into());
        self
    }

    /// As [`SyncJob::batch`](crate::SyncJob::batch).
    pub fn batch(mut self, rows: u64) -> Self {
        self.options.batch = rows.max(1);
        self
    }

    /// As [`SyncJob::ranges`](crate::SyncJob::ranges).
    pub fn ranges(mut self, ranges: usize) -> Self {
        self.options.ranges = ranges.max(1);
        self
    }

    /// As [`SyncJob::delete_missing`](crate::SyncJob::delete_missing).
    pub fn delete_missing(mut self, share: f64) -> Self {
        self.options.delete = Some(share);
        self
    }

    /// As [`SyncJob::progress`](crate::SyncJob::progress).
    pub fn progress(mut self, shown: bool) -> Self {
        self.options.progress = shown;
        self
    }

    /// As [`SyncJob::run`](crate::SyncJob::run). Makes the table first, if it is not there.
    ///
    /// # Errors
    /// As [`SyncJob::run`](crate::SyncJob::run); `Configuration` when the source has no such table, or it has no primary key;
    /// `Unsupported` when a column has a type that this library has no value for.
    pub async fn run(&self) -> Result<SyncReport> {
        let source = self.source().await?;
        let target = connection(&self.target)?;
        if target.describe(&self.table).await?.is_none() {
            target.create_table(&source.definition()?).await?;
        }
        self.copy(source).await?.run().await
    }

    /// As [`SyncJob::dry_run`](crate::SyncJob::dry_run). The target needs to have the table.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub async fn dry_run(&self) -> Result<SyncReport> {
        let mut copy = self.copy(self.source().await?).await?;
        copy.options.dry = true;
        copy.run().await
    }

    /// As [`SyncJob::verify`](crate::SyncJob::verify).
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub async fn verify(&self) -> Result<Differences> {
        self.copy(self.source().await?).await?.verify().await
    }

    /// As [`SyncJob::repair`](crate::SyncJob::repair).
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub async fn repair(&self) -> Result<SyncReport> {
        self.copy(self.source().await?).await?.repair().await
    }

    async fn source(&self) -> Result<TableInfo> {
        let found = connection(&self.source)?.describe(&self.table).await?;
        let place = format!("`{}` on `{}`", self.table, self.source);
        match found {
            Some(table) if table.key.is_empty() => {
                Err(Error::configuration(format!("{place} has no primary key to copy it by")))
            }
            Some(table) => Ok(table),
            None => Err(Error::configuration(format!("there is no table {place}"))),
        }
    }

    async fn copy(&self, source: TableInfo) -> Result<Copy> {
        let (from, to) = (connection(&self.source)?, connection(&self.target)?);
        let missing = || Error::configuration(format!("there is no table `{}` on `{}`", self.table, self.target));
        let target = to.describe(&self.table).await?.ok_or_else(missing)?;
        let names = copied(&source, &target)?;
        let mut target = side(to, &target, &names, &source.key)?;
        let mut source = side(from, &source, &names, &source.key)?;
        for (one, other) in source.columns.iter_mut().zip(&mut target.columns) {
            let ty = agreed(one.ty, other.ty);
            (one.ty, other.ty) = (ty, ty);
        }
        let since = self.since.as_ref().map(|name| ordinal(&source, name)).transpose()?;
        let like = target.clone();
        Ok(Copy {
            job: format!("{}.{}", self.source, self.table),
            source,
            target,
            map: Arc::new(move |_: &Side, row: &Row| like.typed(row)),
            is_plain: true,
            by_digest: false,
            since,
            tombstones: None,
            limit: None,
            options: self.options,
            refused: Arc::default(),
        })
    }
}

/// The columns that are copied: those of the source, but none that the target computes itself.
fn copied(source: &TableInfo, target: &TableInfo) -> Result<Vec<String>> {
    let mut names = Vec::with_capacity(source.columns.len());
    for ColumnInfo { name, computed, .. } in &source.columns {
        match target.column(name) {
            Some(column) if column.computed => {}
            None if *computed => {}
            Some(_) => names.push(name.clone()),
            None => {
                let place = format!("`{}` on `{}`", target.name, target.connection);
                let message =
                    format!("{place} has no column `{name}`, which the source has; add it, or drop the table");
                return Err(Error::new(ErrorKind::InvalidStatement, message));
            }
        }
    }
    Ok(names)
}

/// A table with these columns of it, and this key.
fn side(connection: ConnectionHandle, table: &TableInfo, names: &[String], key: &[String]) -> Result<Side> {
    let found = names.iter().filter_map(|name| table.column(name));
    let columns = found.map(|column| {
        Ok(SideColumn { name: column.name.clone().into(), ty: table.type_of(column)?, nullable: column.nullable })
    });
    let columns = columns.collect::<Result<_>>()?;
    let mut side =
        Side { connection, table: table.name.clone().into(), columns, key: Vec::new(), stamps: Stamps::default() };
    side.key = key.iter().map(|name| ordinal(&side, name)).collect::<Result<_>>()?;
    // A key of the source is never NULL, whatever the target allows.
    for key in side.key.clone() {
        side.columns[key].nullable = false;
    }
    Ok(side)
}

/// What values of a column are on their way. A text, a number may stand for something that its database has no type for: then the
/// other one's word counts.
fn agreed(source: ValueType, target: ValueType) -> ValueType {
    if matches!(source, ValueType::Text | ValueType::I64 | ValueType::F64) { target } else { source }
}

fn ordinal(side: &Side, name: &str) -> Result<usize> {
    let found = side.columns.iter().position(|column| column.name == name);
    found.ok_or_else(|| Error::configuration(format!("{} has no column `{name}`", side.place())))
}
