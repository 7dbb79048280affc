//! A copy from one table to another: the plan as plain data, and the loop that carries it out.

mod check;
pub(crate) mod checkpoint;
mod extra;
mod json;
mod number;
mod order;
mod parallel;
mod range;
mod read;
mod side;
mod tombstones;
mod unreadable;
mod values;
mod verify;
mod watermark;
mod whole;
mod write;

use std::fmt;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use activerecord_core::statement::Expr;
use activerecord_core::{Error, ErrorKind, Result, Row};
use activerecord_distributed::support::failpoint;
use chrono::{DateTime, Utc};
use futures_util::future::join;

use crate::progress::{Meter, Reporter};
use crate::report::SyncReport;
use read::{Batch, Reader, Unreadable};
use side::{Values, counted};
use write::Writer;

pub(crate) use checkpoint::Checkpoint;
use extra::Keys;
pub(crate) use side::{Side, SideColumn, Stamps};
pub(crate) use tombstones::Tombstones;
pub(crate) use unreadable::Tables;

/// Maps a row of the source to a row of the target.
pub(crate) type Map = Arc<dyn Fn(&Side, &Row) -> Result<Values> + Send + Sync>;

/// What is copied, and how.
#[derive(Clone)]
pub(crate) struct Copy {
    pub(crate) job: String,
    pub(crate) source: Side,
    pub(crate) target: Side,
    pub(crate) map: Map,
    /// Whether a row of the target has the same columns as the row of the source.
    pub(crate) is_plain: bool,
    /// Whether the databases compare ranges by digests before rows are read. [`check`](Self::check) sets it.
    pub(crate) by_digest: bool,
    /// The ordinal of the watermark's column in the source.
    pub(crate) since: Option<usize>,
    pub(crate) tombstones: Option<Tombstones>,
    /// The descriptions of both tables, if they are copied column by column.
    pub(crate) tables: Option<Arc<Tables>>,
    /// The greatest watermark that can be kept: rows that are stamped later can still be preceded by an uncommitted row. A run
    /// sets it.
    pub(crate) limit: Option<DateTime<Utc>>,
    pub(crate) options: Options,
    /// How many rows all ranges have refused.
    pub(crate) refused: Arc<AtomicU64>,
    /// The keys that were copied, if several keys of the source can become one of the target.
    pub(crate) seen: Arc<Mutex<Keys>>,
}

#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) batch: u64,
    pub(crate) ranges: usize,
    pub(crate) lag: Duration,
    /// The share of the target that can be deleted because the source does not have it.
    pub(crate) delete: Option<f64>,
    pub(crate) max_bad_rows: Option<u64>,
    /// Whether the sequences of the target are moved past its numbers at the end.
    pub(crate) sequences: bool,
    pub(crate) dry: bool,
    pub(crate) reporter: Reporter,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            batch: 1_000,
            ranges: 1,
            lag: Duration::from_secs(10),
            delete: None,
            max_bad_rows: None,
            sequences: false,
            dry: false,
            reporter: Reporter::default(),
        }
    }
}

impl Copy {
    /// Copies what changed, or everything.
    pub(crate) async fn run(mut self) -> Result<SyncReport> {
        self.check().await?;
        let started = Instant::now();
        self.limit = self.find_limit().await?;
        let mut report = SyncReport::of(&self.job);
        self.apply_tombstones(&mut report).await?;
        self.refuse_without_key(&mut report).await?;
        self.copy_all(&mut report).await?;
        if let Some(share) = self.options.delete {
            self.delete_missing(share, &mut report).await?;
        }
        self.advance_sequences().await?;
        report.duration = started.elapsed();
        Ok(report)
    }

    /// Writes the rows that are missing or different, in the current transaction of the target.
    pub(crate) async fn bring(mut self) -> Result<()> {
        self.learn().await?;
        let writer = self.writer(false);
        let mut reader = self.whole().await?;
        while let Some(batch) = reader.next().await? {
            let rows: Vec<_> = batch.rows.iter().filter_map(|row| (self.map)(&self.source, row).ok()).collect();
            writer.bring_here(&rows).await?;
        }
        reader.close().await
    }

    /// Reports the rows of which a part of the key is NULL, which SQLite permits: they cannot be found again.
    async fn refuse_without_key(&self, report: &mut SyncReport) -> Result<()> {
        let writer = self.writer(false);
        let (rows, keys) = self.without_key().await?;
        report.read += rows;
        for key in keys {
            let error = Error::invalid("a part of the key is NULL; a row without a key cannot be found again");
            writer.refuse(key, &error, report)?;
        }
        report.refused += rows.saturating_sub(SyncReport::LISTED as u64);
        Ok(())
    }

    /// The number of rows of the source of which a part of the key is NULL, and the keys of the first of them.
    async fn without_key(&self) -> Result<(u64, Vec<String>)> {
        let Some(has_key) = self.source.has_whole_key() else { return Ok((0, Vec::new())) };
        let without = Expr::Not(Box::new(has_key));
        let (mut count, keyed) = (self.source.counting(), self.source.keyed());
        count.filter = Some(without.clone());
        let rows = counted(&self.source.connection.read(count).await?)?;
        let mut first = keyed.select();
        (first.filter, first.limit) = (Some(without), Some(SyncReport::LISTED as u64));
        let found = if rows > 0 { self.source.connection.read(first).await? } else { Vec::new() };
        Ok((rows, found.iter().map(|row| keyed.shown(row.values())).collect()))
    }

    /// Moves the sequences of the target past the numbers that were copied, if the job does that.
    async fn advance_sequences(&self) -> Result<()> {
        let Options { sequences, dry, .. } = self.options;
        let Side { connection, table, .. } = &self.target;
        if sequences && !dry {
            connection.advance_sequences(table).await?;
        }
        Ok(())
    }

    /// Copies what changed, or one range of everything.
    async fn copy(&self, mut checkpoint: Checkpoint, is_fresh: bool, meter: &Meter) -> Result<SyncReport> {
        let mut report = SyncReport::of(&self.job);
        let mut reader = self.reader(&checkpoint, is_fresh).await?;
        let writer = self.writer(is_fresh);
        let expected = reader.count().await?;
        meter.expect(expected);
        let mut batch = reader.next().await?;
        while let Some(Batch { rows, unreadable, .. }) = batch {
            let passed = reader.take_same();
            report.same(passed);
            let here = (rows.len() + unreadable.len()) as u64;
            report.read += here;
            let (done, watermark) = (passed + here, self.time_at(reader.place()));
            for row in unreadable {
                self.copy_unreadable(row, &writer, &mut report).await?;
            }
            let mapped = self.mapped(rows, &writer, &mut report)?;
            self.mark(&mut checkpoint, reader.place())?;
            failpoint::reach("sync.batch")?;
            // The source reads while the target writes.
            let (next, written) = join(reader.next(), writer.write(mapped, Some(&mut checkpoint), &mut report)).await;
            written?;
            meter.add(done, watermark);
            batch = next?;
        }
        let passed = reader.take_same();
        report.same(passed);
        meter.add(passed, None);
        reader.close().await?;
        self.require_all(report.read, expected)?;
        // The next run of a finished full copy starts at the beginning.
        if self.since.is_none() && !self.options.dry {
            checkpoint.remove(&self.target.connection).await?;
        }
        report.watermark = checkpoint.watermark_as_json();
        Ok(report)
    }

    /// Fails if the pages had another number of rows than the database counts at the same moment.
    fn require_all(&self, read: u64, counted: u64) -> Result<()> {
        if read == counted {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Custom,
            format!(
                "{} has {counted} rows, but {read} were read page by page: the order of its key is not the order in which it \
                 compares keys; the copy is not complete, please report this with the definition of the table",
                self.source.place()
            ),
        ))
    }

    async fn reader(&self, checkpoint: &Checkpoint, is_fresh: bool) -> Result<Reader<'_>> {
        let reader = Reader::open(&self.source, self.since, self.options.batch).await?;
        match self.since {
            Some(since) => Ok(reader.from(since, checkpoint.watermark(self.source.columns[since].ty)?)),
            None => {
                let target = self.digested().filter(|_| !is_fresh);
                Ok(reader.within(checkpoint.range(&self.source)?).but_not_in(target))
            }
        }
    }

    /// Reads the whole source, without the rows that are known by digest to be equal in the target.
    async fn whole(&self) -> Result<Reader<'_>> {
        let reader = Reader::open(&self.source, None, self.options.batch).await?;
        Ok(reader.but_not_in(self.digested()))
    }

    fn digested(&self) -> Option<&Side> {
        self.by_digest.then_some(&self.target)
    }

    pub(crate) fn writer(&self, is_fresh: bool) -> Writer<'_> {
        let Options { dry, max_bad_rows, .. } = self.options;
        Writer { target: &self.target, is_fresh, dry, max_bad_rows, refused: &self.refused }
    }

    fn mapped(&self, rows: Vec<Row>, writer: &Writer<'_>, report: &mut SyncReport) -> Result<Vec<Values>> {
        let mut mapped = Vec::with_capacity(rows.len());
        for row in rows {
            let shown = |row: &Row| self.source.shown(&row.values()[..self.source.columns.len()]);
            match (self.map)(&self.source, &row) {
                Ok(values) if self.is_folded(&values) => writer.refuse(shown(&row), &folded(), report)?,
                Ok(values) => mapped.push(values),
                Err(error) => writer.refuse(shown(&row), &error, report)?,
            }
        }
        Ok(mapped)
    }

    /// Whether another row of the source had the same key in the type of the target. Such a key has several spellings.
    fn is_folded(&self, row: &Values) -> bool {
        self.is_plain
            && self.source.has_spellings()
            && !self.seen.lock().unwrap_or_else(PoisonError::into_inner).add(&self.target.key_of(row))
    }

    /// Maps all rows, or returns the error of the first row that cannot be read or mapped.
    fn all_mapped(&self, batch: &Batch) -> Result<Vec<Values>> {
        if let Some(Unreadable { key, error, .. }) = batch.unreadable.first() {
            return Err(Error::conversion(format!("the row {key} of {} cannot be read: {error}", self.source.place())));
        }
        batch.rows.iter().map(|row| (self.map)(&self.source, row)).collect()
    }

    /// Deletes the rows of the target with these keys.
    async fn remove(&self, keys: &[Values]) -> Result<u64> {
        let target = self.target.keyed();
        Writer { target: &target, ..self.writer(false) }.remove(keys).await
    }
}

#[cold]
fn folded() -> Error {
    Error::new(
        ErrorKind::UniqueViolation,
        "another row of the source has the same key in the type of the target's column",
    )
}

impl fmt::Debug for Copy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { job, options, .. } = self;
        f.debug_struct("Copy").field("job", job).field("options", options).finish_non_exhaustive()
    }
}
