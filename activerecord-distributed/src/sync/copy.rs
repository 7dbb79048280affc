//! A copy from one table to another: plain data, and the loop that carries it out.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use activerecord_core::{Error, ErrorKind, ProtocolConnection as _, Result, Row, Value, ValueType};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join;

use super::checkpoint::Checkpoint;
use super::extra::Extra;
use super::progress::Progress;
use super::read::{Batch, Reader};
use super::report::SyncReport;
use super::side::{Side, Values};
use super::tombstones::Tombstones;
use super::write::Writer;
use crate::failpoint;

/// A row of the source as a row of the target.
pub(crate) type Map = Arc<dyn Fn(&Side, &Row) -> Result<Values> + Send + Sync>;

/// What is copied, and how.
#[derive(Clone)]
pub(crate) struct Copy {
    pub(crate) job: String,
    pub(crate) source: Side,
    pub(crate) target: Side,
    pub(crate) map: Map,
    /// Whether a row of the target is the row of the source, column by column.
    pub(crate) is_plain: bool,
    /// Whether rows are compared by their digests, before they are read. [`check`](Self::check) finds it out.
    pub(crate) by_digest: bool,
    /// The ordinal of the source's watermark.
    pub(crate) since: Option<usize>,
    pub(crate) tombstones: Option<Tombstones>,
    /// Up to where watermarks may go: what is stamped later may yet be joined by something that was stamped before it. A run finds it out.
    pub(crate) limit: Option<DateTime<Utc>>,
    pub(crate) options: Options,
    /// How many rows all of its ranges have refused.
    pub(crate) refused: Arc<AtomicU64>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    pub(crate) batch: u64,
    pub(crate) ranges: usize,
    pub(crate) lag: Duration,
    /// The share of the target that may be deleted because the source has not got it.
    pub(crate) delete: Option<f64>,
    pub(crate) max_bad_rows: Option<u64>,
    pub(crate) dry: bool,
    pub(crate) progress: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            batch: 1_000,
            ranges: 1,
            lag: Duration::from_secs(10),
            delete: None,
            max_bad_rows: None,
            dry: false,
            progress: false,
        }
    }
}

impl Copy {
    /// Copies what has changed, or everything.
    pub(crate) async fn run(mut self) -> Result<SyncReport> {
        self.check().await?;
        let started = Instant::now();
        self.limit = self.find_limit().await?;
        let mut report = SyncReport::of(&self.job);
        self.bury(&mut report).await?;
        self.copy_all(&mut report).await?;
        if let Some(share) = self.options.delete {
            self.delete(share, &mut report).await?;
        }
        report.duration = started.elapsed();
        Ok(report)
    }

    pub(crate) async fn check(&mut self) -> Result<()> {
        for side in [&self.source, &self.target] {
            if side.connection.in_transaction() {
                let name = side.connection.name();
                let why = "it has transactions of its own";
                return Err(Error::invalid(format!("a job cannot run inside a transaction on `{name}`: {why}")));
            }
            side.connection.learn().await?;
        }
        let (source, target) = (self.source.check().await?, self.target.check().await?);
        let have_digests = source.is_some_and(|table| self.source.has_digest(&table))
            && target.is_some_and(|table| self.target.has_digest(&table));
        let named = |side: &Side| side.key.iter().map(|&key| side.columns[key].name.clone()).collect::<Vec<_>>();
        self.by_digest = self.is_plain && have_digests && named(&self.source) == named(&self.target);
        if let Some(tombstones) = &self.tombstones {
            tombstones.check().await?;
        }
        match self.since.map(|since| &self.source.columns[since]) {
            Some(column) if self.options.ranges > 1 => Err(Error::configuration(format!(
                "the job `{}` reads in the order of `{}`, not of its key: it cannot go in {} ranges; leave out .ranges(..) or .since(..)",
                self.job, column.name, self.options.ranges
            ))),
            Some(column) if column.nullable => Err(Error::configuration(format!(
                "`{}` of {} may be NULL: what has none is never seen to have changed, so it is no watermark",
                column.name,
                self.source.place()
            ))),
            _ => Ok(()),
        }
    }

    /// Copies what has changed, or a range of everything.
    pub(super) async fn copy(
        &self,
        mut checkpoint: Checkpoint,
        is_fresh: bool,
        progress: &Progress,
    ) -> Result<SyncReport> {
        let mut report = SyncReport::of(&self.job);
        let mut reader = self.reader(&checkpoint, is_fresh).await?;
        let writer = self.writer(is_fresh);
        progress.expect(&reader).await?;
        let mut batch = reader.next().await?;
        while let Some(Batch { rows, .. }) = batch {
            let passed = reader.take_same();
            report.same(passed);
            report.read += rows.len() as u64;
            progress.add(passed + rows.len() as u64, reader.place());
            let mapped = self.mapped(rows, &writer, &mut report)?;
            self.mark(&mut checkpoint, reader.place())?;
            failpoint::reach("sync.batch")?;
            // The source reads while the target writes.
            let (next, written) = join(reader.next(), writer.write(mapped, Some(&mut checkpoint), &mut report)).await;
            written?;
            batch = next?;
        }
        report.same(reader.take_same());
        reader.close().await?;
        // What is done begins anew the next time.
        if self.since.is_none() && !self.options.dry {
            checkpoint.remove(&self.target.connection).await?;
        }
        report.watermark = checkpoint.shown();
        Ok(report)
    }

    async fn reader(&self, checkpoint: &Checkpoint, is_fresh: bool) -> Result<Reader<'_>> {
        let reader = Reader::open(&self.source, self.since, self.options.batch).await?;
        match self.since {
            Some(since) => Ok(reader.from(checkpoint.watermark(self.source.columns[since].ty)?)),
            None => {
                let target = self.digested().filter(|_| !is_fresh);
                Ok(reader.within(checkpoint.range(&self.source)?).but_not_in(target))
            }
        }
    }

    /// The whole source, but what the target has already, where that can be told without reading it.
    pub(crate) async fn whole(&self) -> Result<Reader<'_>> {
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
            match (self.map)(&self.source, &row) {
                Ok(row) => mapped.push(row),
                Err(error) => writer.refuse(self.source.shown(row.values()), &error, report)?,
            }
        }
        Ok(mapped)
    }

    /// All rows as they should be in the target, or the error of the first that cannot be.
    pub(crate) fn all_mapped(&self, rows: &[Row]) -> Result<Vec<Values>> {
        rows.iter().map(|row| (self.map)(&self.source, row)).collect()
    }

    /// None when there is no watermark, or one that is no time.
    async fn find_limit(&self) -> Result<Option<DateTime<Utc>>> {
        let ty = self.since.map(|since| self.source.columns[since].ty);
        let is_time = matches!(ty, Some(ValueType::Timestamp | ValueType::DateTime));
        if (!is_time && self.tombstones.is_none()) || failpoint::is_broken("sync.horizon") {
            return Ok(None);
        }
        let lag = TimeDelta::from_std(self.options.lag).unwrap_or(TimeDelta::MAX);
        Ok(Some(self.horizon().await?.checked_sub_signed(lag).unwrap_or_default()))
    }

    /// A login that may not see what others do leaves a guess.
    async fn horizon(&self) -> Result<DateTime<Utc>> {
        const GUESS: TimeDelta = TimeDelta::minutes(10);
        match self.source.connection.horizon().await {
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                tracing::warn!(target: "activerecord", connection = self.source.connection.name(), job = self.job, %error, "transactions of up to ten minutes are allowed for; what a longer one commits is missed");
                Ok(self.source.connection.now().await? - GUESS)
            }
            horizon => horizon,
        }
    }

    fn mark(&self, checkpoint: &mut Checkpoint, place: Option<&[Value]>) -> Result<()> {
        match (self.since, place) {
            (Some(_), Some([seen, ..])) => checkpoint.set_watermark(&self.limited(seen)),
            (None, place) => checkpoint.set_position(place),
            _ => Ok(()),
        }
    }

    fn limited(&self, watermark: &Value) -> Value {
        match (watermark, self.limit) {
            (Value::Timestamp(time), Some(limit)) => Value::Timestamp(limit.min(*time)),
            (Value::DateTime(time), Some(limit)) => Value::DateTime(limit.naive_utc().min(*time)),
            (seen, _) => seen.clone(),
        }
    }

    /// Deletes what the source has not got, unless that is more than `share` of the target.
    async fn delete(&self, share: f64, report: &mut SyncReport) -> Result<()> {
        let (mut extra, mut reader) = (Extra::new(self), self.whole().await?);
        while let Some(batch) = reader.next().await? {
            // What cannot be read cannot be told apart from what is gone.
            extra.see(&batch.range, &self.all_mapped(&batch.rows)?).await?;
        }
        reader.close().await?;
        let (extra, total) = (extra.keys().await?, self.target.count().await?);
        #[allow(clippy::cast_precision_loss, reason = "a share need not be exact")]
        let found = extra.len() as f64 / total.max(1) as f64;
        if found > share {
            return Err(Error::invalid(format!(
                "{} of {total} rows of {} are not in {}, and at most {:.1} % are to be deleted; if that is right, allow more by .delete_missing({:.2})",
                extra.len(),
                self.target.place(),
                self.source.place(),
                share * 100.0,
                (found * 100.0).ceil() / 100.0
            )));
        }
        for rows in extra.chunks(1_000) {
            report.deleted += rows.len() as u64;
            if !self.options.dry {
                self.remove(rows).await?;
            }
        }
        Ok(())
    }

    /// Deletes rows of the target, of which there are the keys.
    pub(crate) async fn remove(&self, keys: &[Values]) -> Result<u64> {
        let target = self.target.keyed();
        Writer { target: &target, ..self.writer(false) }.remove(keys).await
    }
}

impl fmt::Debug for Copy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { job, options, .. } = self;
        f.debug_struct("Copy").field("job", job).field("options", options).finish_non_exhaustive()
    }
}
