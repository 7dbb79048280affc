//! A job that copies all tables of a database.

use std::collections::HashMap;
use std::time::Instant;

use activerecord_core::{ConnectionHandle, Error, ErrorKind, Result, TableInfo, Transaction, connection};

use super::contents::{folded, in_order, left_out, tables};
use super::create::{NewTable, With};
use super::table::SyncTable;
use crate::report::{
    DatabaseDifferences, DatabasePlan, DatabaseReport, Outcome, PlannedTable, TableDifferences, TableReport,
};

/// How often rows are tried again that refer to rows which were not there.
const ROUNDS: usize = 10;

/// A job that copies all tables of one database to another one, of the same kind or not: the tables in the order of their foreign
/// keys, then their indexes and foreign keys.
///
/// - A table that is missing in the target is created, in types that hold the same values. A type that the target lacks becomes
///   text. What the target cannot express is listed in [`SyncReport::notes`](crate::SyncReport::notes).
/// - Each table is copied by a [`SyncTable`]. A table that fails does not stop the others.
/// - A table without a primary key is found by a unique key without NULLs. Without such a key, the table is replaced as a whole.
/// - Rows that refer to rows which come later are tried again at the end.
/// - Views and tables of other schemas are not copied; the report names them.
///
/// What is *not* done: the tables are not read at one moment. While other programs write, a row can refer to one that was added
/// after its table was read; the next run copies it.
///
/// ```no_run
/// # use activerecord::prelude::*;
/// # use activerecord::sync::SyncDatabase;
/// # async fn example() -> Result<()> {
/// let report = SyncDatabase::new("legacy", "modern").run().await?;
/// for table in &report.tables {
///     println!("{}: {:?}", table.table, table.outcome);
/// }
/// assert!(report.is_complete());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a job does nothing before it is run"]
pub struct SyncDatabase {
    source: String,
    target: String,
    tables: Vec<String>,
    with: With,
    /// The settings of each table's job.
    each: SyncTable,
}

impl SyncDatabase {
    /// A job that copies the tables of the connection `source` to the connection `target`.
    ///
    /// ```
    /// # use activerecord::sync::SyncDatabase;
    /// let job = SyncDatabase::new("legacy", "modern");
    /// ```
    pub fn new(source: impl Into<String>, target: impl Into<String>) -> Self {
        let (source, target) = (source.into(), target.into());
        let each = SyncTable::new("", source.clone(), target.clone()).advance_sequences();
        Self { source, target, tables: Vec::new(), with: With::default(), each }
    }

    /// Copies only these tables. The default is all tables but those of this library.
    ///
    /// ```
    /// # use activerecord::sync::SyncDatabase;
    /// let job = SyncDatabase::new("legacy", "modern").tables(["orders", "customers"]);
    /// ```
    pub fn tables<T: Into<String>>(mut self, tables: impl IntoIterator<Item = T>) -> Self {
        self.tables = tables.into_iter().map(Into::into).collect();
        self
    }

    /// Changes the settings of the job of each table.
    ///
    /// ```
    /// # use activerecord::sync::SyncDatabase;
    /// let job = SyncDatabase::new("legacy", "modern").each(|table| table.batch(10_000).ranges(4));
    /// ```
    pub fn each(mut self, change: impl FnOnce(SyncTable) -> SyncTable) -> Self {
        self.each = change(self.each);
        self
    }

    /// Whether tables that are created get the indexes of the source that are not unique. The default is `true`.
    ///
    /// ```
    /// # use activerecord::sync::SyncDatabase;
    /// let job = SyncDatabase::new("legacy", "modern").indexes(false);
    /// ```
    pub fn indexes(mut self, made: bool) -> Self {
        self.with.indexes = made;
        self
    }

    /// Whether tables that are created get the foreign keys of the source. The default is `true`.
    ///
    /// ```
    /// # use activerecord::sync::SyncDatabase;
    /// let job = SyncDatabase::new("legacy", "modern").foreign_keys(false);
    /// ```
    pub fn foreign_keys(mut self, made: bool) -> Self {
        self.with.foreign_keys = made;
        self
    }

    /// Whether columns that are created get the defaults of the source. The default is `true`.
    ///
    /// ```
    /// # use activerecord::sync::SyncDatabase;
    /// let job = SyncDatabase::new("legacy", "modern").defaults(false);
    /// ```
    pub fn defaults(mut self, made: bool) -> Self {
        self.with.defaults = made;
        self
    }

    /// Whether JSON columns become text in tables that are created on MySQL and MariaDB. The default is `false`: a row is refused
    /// if MySQL would change its JSON, because MySQL keeps numbers as 64-bit integers and doubles.
    ///
    /// ```
    /// # use activerecord::sync::SyncDatabase;
    /// let job = SyncDatabase::new("legacy", "modern").json_as_text(true);
    /// ```
    pub fn json_as_text(mut self, text: bool) -> Self {
        self.with.json_as_text = text;
        self
    }

    /// Reports what [`run`](Self::run) would do, with the number of rows of each table. It reads, and writes nothing.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # use activerecord::sync::SyncDatabase;
    /// # async fn example() -> Result<()> {
    /// for table in SyncDatabase::new("legacy", "modern").plan().await?.tables {
    ///     println!("{}: {} rows", table.table, table.rows);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Configuration` when a connection does not exist, or the source has no table of a name that was given; those of the
    /// databases.
    pub async fn plan(&self) -> Result<DatabasePlan> {
        let (from, to) = (connection(&self.source)?, connection(&self.target)?);
        let mut plan = DatabasePlan { tables: Vec::new(), left_out: self.left_out(&from).await? };
        let clashes = self.clashes(&from, &to).await?;
        for table in self.described(&from).await? {
            let mut planned = PlannedTable { table: table.name.clone(), ..PlannedTable::default() };
            planned.rows = self.job(&table).source_count().await?;
            planned.has_key = !SyncTable::key(&table).is_empty();
            if let Some(error) = obstacle(&table, &clashes, &to) {
                planned.why = Some(error.to_string());
            } else if to.describe(&table.name).await?.is_none() {
                planned.is_new = true;
                match NewTable::plan(&table, &from, &to, self.with).await {
                    Ok(new) => planned.notes = new.notes,
                    Err(error) => planned.why = Some(error.to_string()),
                }
            }
            plan.tables.push(planned);
        }
        Ok(plan)
    }

    /// Copies the tables. What fails is in the report: see [`DatabaseReport::is_complete`].
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # use activerecord::sync::SyncDatabase;
    /// # async fn example() -> Result<()> {
    /// let report = SyncDatabase::new("legacy", "modern").each(|table| table.batch(10_000)).run().await?;
    /// println!("{} rows written", report.tables.iter().map(|table| table.report.written).sum::<u64>());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`plan`](Self::plan). Errors of one table are in the report.
    pub async fn run(&self) -> Result<DatabaseReport> {
        let started = Instant::now();
        let (from, to) = (connection(&self.source)?, connection(&self.target)?);
        let left_out = self.left_out(&from).await?;
        let clashes = self.clashes(&from, &to).await?;
        let described = self.described(&from).await?;
        let (mut tables, mut made) = (Vec::new(), Vec::new());
        // All tables exist before the first row: foreign keys can form a cycle.
        for table in &described {
            let mut report = TableReport::of(&table.name);
            match obstacle(table, &clashes, &to) {
                Some(error) => report.fail(&error),
                None => self.create(table, &from, &to, &mut report, &mut made).await,
            }
            tables.push(report);
        }
        for (table, report) in described.iter().zip(&mut tables) {
            if report.outcome != Outcome::Failed {
                self.copy(table, report).await;
            }
        }
        self.copy_orphans(&described, &mut tables, &to).await;
        for new in &made {
            let Some(report) = tables.iter_mut().find(|report| report.table == new.table.name) else { continue };
            match new.finish(&to).await {
                Ok(notes) => report.report.notes.extend(notes),
                Err(error) => report.report.notes.push(format!("indexes and foreign keys: {error}")),
            }
        }
        Ok(DatabaseReport { tables, left_out, duration: started.elapsed() })
    }

    /// Reports what a run would write, row by row for the tables that the target has.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # use activerecord::sync::SyncDatabase;
    /// # async fn example() -> Result<()> {
    /// let report = SyncDatabase::new("legacy", "modern").dry_run().await?;
    /// println!("{} rows would be written", report.tables.iter().map(|table| table.report.written).sum::<u64>());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`plan`](Self::plan).
    pub async fn dry_run(&self) -> Result<DatabaseReport> {
        let started = Instant::now();
        let plan = self.plan().await?;
        let mut tables = Vec::new();
        for planned in plan.tables {
            let mut report = TableReport::of(&planned.table);
            report.report.notes = planned.notes;
            if let Some(why) = planned.why {
                report.fail(&Error::custom(why));
            } else if planned.is_new {
                (report.report.read, report.report.written) = (planned.rows, planned.rows);
                report.report.notes.insert(0, "the table would be created".to_owned());
            } else {
                match self.each.named(&planned.table).dry_run().await {
                    Ok(done) => report.report = done,
                    Err(error) => report.fail(&error),
                }
            }
            tables.push(report);
        }
        Ok(DatabaseReport { tables, left_out: plan.left_out, duration: started.elapsed() })
    }

    /// Compares the rows of all tables: see [`SyncTable::verify`].
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # use activerecord::sync::SyncDatabase;
    /// # async fn example() -> Result<()> {
    /// assert!(SyncDatabase::new("legacy", "modern").verify().await?.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`plan`](Self::plan). Errors of one table are in the result.
    pub async fn verify(&self) -> Result<DatabaseDifferences> {
        let from = connection(&self.source)?;
        let mut all = DatabaseDifferences { tables: Vec::new(), left_out: self.left_out(&from).await? };
        for table in self.described(&from).await? {
            let (differences, why) = match self.job(&table).verify().await {
                Ok(differences) => (differences, None),
                Err(error) => (crate::report::Differences::default(), Some(error.to_string())),
            };
            all.tables.push(TableDifferences { table: table.name.clone(), why, differences });
        }
        Ok(all)
    }

    /// The jobs of the tables, in the order of their foreign keys.
    ///
    /// # Errors
    /// As [`plan`](Self::plan).
    pub async fn jobs(&self) -> Result<Vec<(String, SyncTable)>> {
        let described = self.described(&connection(&self.source)?).await?;
        Ok(described.iter().map(|table| (table.name.clone(), self.job(table))).collect())
    }

    /// Creates the table, unless it exists.
    async fn create(
        &self,
        table: &TableInfo,
        from: &ConnectionHandle,
        to: &ConnectionHandle,
        report: &mut TableReport,
        made: &mut Vec<NewTable>,
    ) {
        let created = async {
            if to.describe(&table.name).await?.is_some() {
                return Ok(());
            }
            let new = NewTable::plan(table, from, to, self.with).await?;
            report.report.notes.extend(new.notes.clone());
            new.create(to).await?;
            made.push(new);
            Ok(())
        };
        if let Err(error) = created.await {
            report.fail(&error);
        }
    }

    async fn copy(&self, table: &TableInfo, report: &mut TableReport) {
        match self.job(table).run().await {
            Ok(done) => {
                if SyncTable::key(table).is_empty() {
                    report.outcome = Outcome::Replaced;
                }
                let notes = std::mem::take(&mut report.report.notes);
                report.report = done;
                report.report.notes.splice(0..0, notes);
            }
            Err(error) => report.fail(&error),
        }
    }

    /// Copies rows again that referred to rows which were not there: those can have come since. Rows that refer to each other come
    /// together, where the database can check foreign keys at the end of a transaction.
    async fn copy_orphans(&self, described: &[TableInfo], tables: &mut [TableReport], to: &ConnectionHandle) {
        for _ in 0..ROUNDS {
            if !self.copy_again(described, tables).await {
                break;
            }
        }
        let is_orphaned = |report: &TableReport| report.outcome == Outcome::Copied && report.report.orphans > 0;
        let jobs = || {
            described.iter().zip(&*tables).filter(|(_, report)| is_orphaned(report)).map(|(table, _)| self.job(table))
        };
        let Some(defer) = to.dialect().defers_keys() else { return };
        let together = Transaction::begin(to.name()).independent().run(async || {
            to.execute(defer, []).await?;
            for job in jobs() {
                job.bring().await?;
            }
            Ok(())
        });
        if jobs().next().is_some() && together.await.is_ok() {
            self.copy_again(described, tables).await;
        }
    }

    /// Runs the jobs of tables with such rows again. Returns whether a row was written.
    async fn copy_again(&self, described: &[TableInfo], tables: &mut [TableReport]) -> bool {
        let mut progress = false;
        for (table, report) in described.iter().zip(tables) {
            if report.outcome != Outcome::Copied || report.report.orphans == 0 {
                continue;
            }
            let Ok(again) = self.job(table).run().await else { continue };
            progress |= again.written > 0;
            report.report.again(again);
        }
        progress
    }

    fn job(&self, table: &TableInfo) -> SyncTable {
        self.each.named(&table.name)
    }

    async fn names(&self, from: &ConnectionHandle) -> Result<Vec<String>> {
        if self.tables.is_empty() { tables(from).await } else { Ok(self.tables.clone()) }
    }

    async fn described(&self, from: &ConnectionHandle) -> Result<Vec<TableInfo>> {
        let mut described = Vec::new();
        for name in self.names(from).await? {
            let table = from.describe(&name).await?;
            described
                .push(table.ok_or_else(|| Error::configuration(format!("`{}` has no table `{name}`", self.source)))?);
        }
        Ok(in_order(described))
    }

    async fn left_out(&self, from: &ConnectionHandle) -> Result<Vec<super::contents::NotCopied>> {
        if self.tables.is_empty() { left_out(from).await } else { Ok(Vec::new()) }
    }

    async fn clashes(&self, from: &ConnectionHandle, to: &ConnectionHandle) -> Result<HashMap<String, String>> {
        folded(&tables(from).await?, to).await
    }
}

/// Why a table cannot be copied under its name.
fn obstacle(table: &TableInfo, clashes: &HashMap<String, String>, to: &ConnectionHandle) -> Option<Error> {
    if let Some(other) = clashes.get(&table.name) {
        return Some(Error::new(
            ErrorKind::Invalid,
            format!(
                "`{}` ignores the case of names, so `{}` and `{other}` would be one table there; rename one of them",
                to.name(),
                table.name
            ),
        ));
    }
    if table.columns.is_empty() {
        return Some(Error::new(ErrorKind::Unsupported, "the table has no columns"));
    }
    let names = || std::iter::once(&table.name).chain(table.columns.iter().map(|column| &column.name));
    let is_odd = |name: &&String| name.chars().any(|letter| letter > '\u{ffff}');
    if let Some(odd) = names().find(is_odd).filter(|_| !to.dialect().room().long_characters) {
        let message =
            format!("`{}` would replace a character of the name `{odd}` by a question mark; rename it", to.name());
        return Some(Error::new(ErrorKind::Invalid, message));
    }
    let most = to.dialect().name_bytes()?;
    let long = names().find(|name| name.len() > most)?;
    let message = format!("the name `{long}` is longer than the {most} bytes that `{}` keeps; rename it", to.name());
    Some(Error::new(ErrorKind::Invalid, message))
}
