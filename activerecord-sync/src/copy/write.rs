//! Writes rows that are missing or different in the target.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use activerecord_core::statement::{Conflict, Delete, Expr, Insert, Statement};
use activerecord_core::{Error, ErrorKind, ProtocolConnection as _, Result, Transaction, Value};
use activerecord_distributed::Backoff;
use activerecord_distributed::support::{Verdict, about_now, failpoint};
use chrono::{DateTime, Utc};
use tokio::time::sleep;

use super::checkpoint::Checkpoint;
use super::side::{Side, Values, shown, whole_number};
use crate::report::SyncReport;

/// The most rows of one INSERT: more than a thousand rows are not faster.
const ROWS: usize = 1_000;

/// How often a batch is tried when its errors are transient.
const ATTEMPTS: u32 = 8;

/// Writes batches of rows.
#[derive(Clone, Copy)]
pub(crate) struct Writer<'t> {
    pub(crate) target: &'t Side,
    /// Whether the target was empty at the beginning: then existing rows are not looked up.
    pub(crate) is_fresh: bool,
    /// Only count, write nothing.
    pub(crate) dry: bool,
    pub(crate) max_bad_rows: Option<u64>,
    pub(crate) refused: &'t AtomicU64,
}

/// How many rows of a batch were written, and how many were equal.
#[derive(Clone, Copy, Default)]
struct Counts {
    written: u64,
    unchanged: u64,
}

/// The rows of a batch that are not equal in the target.
#[derive(Default)]
struct Changed {
    /// Rows whose key the target does not have.
    missing: Vec<Values>,
    different: Vec<Values>,
}

impl Counts {
    fn add_to(self, report: &mut SyncReport) {
        report.written += self.written;
        report.unchanged += self.unchanged;
    }
}

impl Writer<'_> {
    /// Writes a batch and its checkpoint in one transaction. Rows that the target refuses, or would change, are isolated and
    /// reported.
    pub(crate) async fn write(
        &self,
        rows: Vec<Values>,
        mut checkpoint: Option<&mut Checkpoint>,
        report: &mut SyncReport,
    ) -> Result<()> {
        let rows = self.kept(self.distinct(rows), report)?;
        match self.patiently(&rows, checkpoint.as_deref_mut(), self.is_fresh).await {
            Err(error) if is_about_a_row(&error) && !rows.is_empty() => {
                self.isolate(rows, report).await?;
                // The rows are written. If the process dies before this checkpoint, they are copied again.
                self.patiently(&[], checkpoint, false).await.map(drop)
            }
            written => written.map(|counts| counts.add_to(report)),
        }
    }

    /// Refuses the rows with a value that its column would change without an error.
    pub(super) fn kept(&self, mut rows: Vec<Values>, report: &mut SyncReport) -> Result<Vec<Values>> {
        let Some(first) = rows.iter().position(|row| self.target.loses(row).is_some()) else { return Ok(rows) };
        for row in rows.split_off(first) {
            match self.target.loses(&row) {
                None => rows.push(row),
                Some(ordinal) => {
                    let column = &self.target.columns[ordinal].name;
                    let error = Error::conversion(format!(
                        "column `{column}` of {} would change the value {}; make the column wider",
                        self.target.place(),
                        shown(&row[ordinal])
                    ));
                    self.refuse(self.target.shown(&row), &error, report)?;
                }
            }
        }
        Ok(rows)
    }

    /// Keeps the last of rows with the same key, which is the newest: some databases refuse a key twice in one statement.
    fn distinct(&self, rows: Vec<Values>) -> Vec<Values> {
        let mut seen = HashSet::with_capacity(rows.len());
        let mut distinct: Vec<_> = rows.into_iter().rev().filter(|row| seen.insert(self.target.key_of(row))).collect();
        distinct.reverse();
        distinct
    }

    /// Halves a batch until each row that cannot be written is alone.
    async fn isolate(&self, rows: Vec<Values>, report: &mut SyncReport) -> Result<()> {
        let mut parts = vec![rows];
        while let Some(mut part) = parts.pop() {
            match self.patiently(&part, None, false).await {
                Ok(counts) => counts.add_to(report),
                Err(error) if !is_about_a_row(&error) => return Err(error),
                Err(_) if part.len() > 1 => {
                    let second = part.split_off(part.len() / 2);
                    parts.extend([second, part]);
                }
                Err(error) => self.refuse(self.target.shown(&part[0]), &error, report)?,
            }
        }
        Ok(())
    }

    /// Reports a row that was not copied.
    pub(crate) fn refuse(&self, key: String, error: &Error, report: &mut SyncReport) -> Result<()> {
        tracing::warn!(target: "activerecord", job = report.job, %error, "a row was refused; the report has its key");
        report.refuse(key, error);
        let refused = self.refused.fetch_add(1, Ordering::Relaxed) + 1;
        match self.max_bad_rows {
            Some(most) if refused > most => Err(Error::invalid(format!(
                "the job `{}` stopped: {refused} rows were refused, and at most {most} may be; last error: {error}",
                report.job
            ))),
            _ => Ok(()),
        }
    }

    /// Retries transient errors. Writing a batch twice has the same effect as writing it once.
    async fn patiently(
        &self,
        rows: &[Values],
        mut checkpoint: Option<&mut Checkpoint>,
        is_fresh: bool,
    ) -> Result<Counts> {
        let backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(5));
        for attempt in 1.. {
            match self.once(rows, checkpoint.as_deref_mut(), is_fresh && attempt == 1).await {
                Err(error) if attempt < ATTEMPTS && Verdict::of(&error) == Verdict::Transient => {
                    tracing::warn!(target: "activerecord", connection = self.target.connection.name(), attempt, %error, "a batch is retried");
                    sleep(backoff.longest(attempt)).await;
                }
                done => return done,
            }
        }
        Ok(Counts::default())
    }

    async fn once(&self, rows: &[Values], mut checkpoint: Option<&mut Checkpoint>, is_fresh: bool) -> Result<Counts> {
        let connection = &self.target.connection;
        if self.dry {
            return self.changed(rows, Utc::now(), is_fresh).await.map(|changed| changed.counts(rows));
        }
        let now = about_now(connection).await?;
        if failpoint::is_broken("sync.checkpoint")
            && let Some(checkpoint) = checkpoint.as_deref_mut()
        {
            checkpoint.save(connection).await?;
        }
        Transaction::begin(connection.name())
            .independent()
            .run(async || {
                let counts = self.bring(rows, now, is_fresh).await?;
                failpoint::reach("sync.written")?;
                if let Some(checkpoint) = checkpoint {
                    checkpoint.save(connection).await?;
                }
                failpoint::reach("sync.saved")?;
                Ok(counts)
            })
            .await
    }

    /// Writes the rows that are missing or different, in the current transaction.
    ///
    /// A missing row is inserted, never upserted: where the target takes two keys for the same, such as `a` and `A`, an upsert
    /// would overwrite another row. Rows for an empty table are bulk-loaded, where the database can.
    async fn bring(&self, rows: &[Values], now: DateTime<Utc>, is_fresh: bool) -> Result<Counts> {
        let changed = self.changed(rows, now, is_fresh).await?;
        let counts = changed.counts(rows);
        if !is_fresh || !self.load(&changed.missing).await? {
            self.insert(&changed.missing, None).await?;
        }
        self.insert(&changed.different, Some(self.conflict())).await?;
        Ok(counts)
    }

    /// Loads rows in bulk. False: the database cannot.
    async fn load(&self, rows: &[Values]) -> Result<bool> {
        let Side { connection, table, columns, .. } = self.target;
        if rows.is_empty() || !self.target.forms().is_empty() {
            return Ok(false);
        }
        let names: Vec<_> = columns.iter().map(|column| column.name.clone()).collect();
        Ok(connection.load(table, &names, rows).await?.is_some())
    }

    pub(super) async fn insert(&self, rows: &[Values], conflict: Option<Conflict>) -> Result<()> {
        let connection = &self.target.connection;
        self.zeros(rows).await?;
        let most = (connection.capabilities().max_binds / self.target.columns.len().max(1)).clamp(1, ROWS);
        for rows in rows.chunks(most) {
            connection.write(self.statement(rows, conflict.clone())).await?;
        }
        Ok(())
    }

    /// Lets the key zero be written where the database would generate another one.
    async fn zeros(&self, rows: &[Values]) -> Result<()> {
        let Some(statement) = self.target.connection.dialect().keeps_zero() else { return Ok(()) };
        let columns = self.target.columns.iter().enumerate();
        let numbered: Vec<_> = columns.filter(|(_, column)| column.is_numbered).map(|(ordinal, _)| ordinal).collect();
        let is_zero = |row: &Values| numbered.iter().any(|&ordinal| whole_number(&row[ordinal]) == Some(0));
        if rows.iter().any(is_zero) {
            self.target.connection.execute(statement, []).await?;
        }
        Ok(())
    }

    /// Writes rows in the current transaction, without those that their columns would change.
    pub(crate) async fn bring_here(&self, rows: &[Values]) -> Result<()> {
        let kept: Vec<_> = rows.iter().filter(|row| self.target.loses(row).is_none()).cloned().collect();
        let now = about_now(&self.target.connection).await?;
        self.bring(&kept, now, false).await.map(drop)
    }

    /// Writes one row in the current transaction.
    pub(crate) async fn put(&self, row: Values) -> Result<()> {
        let now = about_now(&self.target.connection).await?;
        self.bring(&[row], now, false).await.map(drop)
    }

    /// Deletes rows by their keys. Returns how many existed.
    pub(crate) async fn remove(&self, rows: &[Values]) -> Result<u64> {
        let delete = Delete { table: self.target.table.clone(), filter: Some(self.target.keys(rows)) };
        self.target.connection.write(Statement::Delete(delete)).await
    }

    /// The rows that are missing or different in the target.
    async fn changed(&self, rows: &[Values], now: DateTime<Utc>, is_fresh: bool) -> Result<Changed> {
        let found = if is_fresh || rows.is_empty() { HashMap::new() } else { self.target.find(rows).await? };
        let mut changed = Changed::default();
        for row in rows {
            match found.get(&self.target.key_of(row)) {
                None => changed.missing.push(self.stamped(row, None, now)),
                Some(there) if self.target.is_same(row, there) => {}
                there => changed.different.push(self.stamped(row, there, now)),
            }
        }
        Ok(changed)
    }

    fn stamped(&self, row: &Values, there: Option<&Values>, now: DateTime<Utc>) -> Values {
        let stamp = |(ordinal, value): (usize, &Value)| {
            if !self.target.is_stamped(ordinal, row) {
                return value.clone();
            }
            let kept =
                there.filter(|_| self.target.stamps.created == Some(ordinal)).map(|there| there[ordinal].clone());
            kept.unwrap_or_else(|| self.target.time(ordinal, value, now))
        };
        row.iter().enumerate().map(stamp).collect()
    }

    fn conflict(&self) -> Conflict {
        let Side { columns, key, .. } = self.target;
        let others = (0..columns.len()).filter(|ordinal| !key.contains(ordinal)).map(|ordinal| &columns[ordinal].name);
        Conflict {
            keys: key.iter().map(|&key| columns[key].name.clone()).collect(),
            update: others.map(|name| (name.clone(), Expr::Excluded(name.clone()))).collect(),
        }
    }

    fn statement(&self, rows: &[Values], conflict: Option<Conflict>) -> Statement {
        let Side { table, model, columns, .. } = self.target;
        Statement::Insert(Insert {
            table: table.clone(),
            model: *model,
            columns: columns.iter().map(|column| column.name.clone()).collect(),
            values: rows.iter().flatten().cloned().collect(),
            forms: self.target.forms(),
            conflict,
            returning: Vec::new(),
        })
    }
}

impl Changed {
    fn counts(&self, rows: &[Values]) -> Counts {
        let written = (self.missing.len() + self.different.len()) as u64;
        Counts { written, unchanged: rows.len() as u64 - written }
    }
}

/// Whether an error can be caused by one row of many: then the others can be written without it.
pub(super) fn is_about_a_row(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::UniqueViolation
            | ErrorKind::ForeignKeyViolation
            | ErrorKind::NotNullViolation
            | ErrorKind::CheckViolation
            | ErrorKind::Conversion
            | ErrorKind::Invalid
            | ErrorKind::Unsupported
            | ErrorKind::Database
    )
}
