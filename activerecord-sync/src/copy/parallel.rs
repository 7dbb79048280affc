//! A full copy in several ranges of the source's key at once.
//!
//! The ends of the ranges are stored with the checkpoints before the first row is copied. If a resumed run computed them again,
//! they would lie elsewhere in a table that has grown, and rows after a finished range would be missed.

use std::panic::resume_unwind;

use activerecord_core::statement::Expr;
use activerecord_core::{Error, ErrorKind, Result, Transaction, Value};
use activerecord_distributed::support::failpoint;
use tokio::task::{JoinError, JoinSet};
use tracing::Instrument as _;

use super::Copy;
use super::checkpoint::{self, Checkpoint};
use super::order::Place;
use super::range::Range;
use crate::progress::Meter;
use crate::report::SyncReport;

impl Copy {
    /// Copies the remaining rows, in one range or in several.
    pub(super) async fn copy_all(&self, report: &mut SyncReport) -> Result<()> {
        let (mut checkpoints, is_fresh) = self.checkpoints().await?;
        let meter = Meter::new(&self.options.reporter, &self.job, checkpoints.len());
        match checkpoints.len() {
            1 => report.add(self.copy(checkpoints.remove(0), is_fresh, &meter).await?),
            _ => self.copy_at_once(checkpoints, is_fresh, &meter, report).await?,
        }
        meter.finish();
        Ok(())
    }

    /// The checkpoints of an interrupted run, or new ones; and whether nothing has been copied and the target is empty.
    async fn checkpoints(&self) -> Result<(Vec<Checkpoint>, bool)> {
        let connection = &self.target.connection;
        let mut known = Checkpoint::load(connection, &self.job).await?;
        if failpoint::is_broken("sync.ranges") {
            let anew = Checkpoint::new(&self.job, &self.ends().await?, &self.source.key_order())?;
            known.iter_mut().for_each(|checkpoint| checkpoint.end_as(&anew));
        }
        let table = checkpoint::identity(&self.target).await?;
        if !known.is_empty() && !self.is_continued(&known, table.as_deref()).await? {
            tracing::warn!(
                target: "activerecord",
                job = self.job,
                "the checkpoints do not fit the tables as they are now; the copy starts from the beginning"
            );
            Checkpoint::delete_all(connection, &self.job).await?;
            known.clear();
        }
        known.iter_mut().for_each(|checkpoint| checkpoint.belongs_to(table.clone()));
        if !known.is_empty() {
            return Ok((known, false));
        }
        let is_fresh = self.is_target_empty().await?;
        let mut new = Checkpoint::new(&self.job, &self.ends().await?, &self.source.key_order())?;
        new.iter_mut().for_each(|checkpoint| checkpoint.belongs_to(table.clone()));
        if new.len() > 1 && !self.options.dry {
            Transaction::begin(connection.name())
                .independent()
                .run(async || {
                    for checkpoint in &mut new {
                        checkpoint.save(connection).await?;
                    }
                    Ok(())
                })
                .await?;
        }
        Ok((new, is_fresh))
    }

    /// Whether the checkpoints speak of the rows that the target has: it is the same table, and was not emptied.
    async fn is_continued(&self, known: &[Checkpoint], table: Option<&str>) -> Result<bool> {
        let is_same = known.iter().all(|checkpoint| checkpoint.can_be_of(table));
        let is_readable = self.since.is_some() || known.iter().all(|checkpoint| checkpoint.is_readable(&self.source));
        // The keys before the place must be known, so that none of them becomes the same as a later one.
        let is_known = !(self.is_plain && self.source.has_spellings());
        Ok(is_same && is_readable && is_known && !self.is_target_empty().await?)
    }

    async fn is_target_empty(&self) -> Result<bool> {
        let mut first = self.target.select();
        first.items = vec![Expr::Value(Value::I64(1)).into()];
        first.limit = Some(1);
        Ok(self.target.connection.read(first).await?.is_empty())
    }

    /// The keys of the source at which all ranges but the last end. Each of those ranges has at least a batch of rows.
    async fn ends(&self) -> Result<Vec<Place>> {
        let (ranges, mut ends) = (self.options.ranges, Vec::new());
        if ranges == 1 {
            return Ok(ends);
        }
        let rows = self.source.count().await?.div_ceil(ranges as u64).max(self.options.batch);
        while ends.len() + 1 < ranges {
            let rest = Range { after: ends.last().cloned(), through: None };
            match self.source.connection.read(self.source.place_ahead(&rest, rows)).await?.pop() {
                Some(end) => ends.push(self.source.key_order().place_alone(&end)?),
                None => break,
            }
        }
        Ok(ends)
    }

    /// Runs a task for each range, as many at once as there are connections. The first error ends the other tasks; the rows that they
    /// have written stay.
    async fn copy_at_once(
        &self,
        checkpoints: Vec<Checkpoint>,
        is_fresh: bool,
        meter: &Meter,
        report: &mut SyncReport,
    ) -> Result<()> {
        let (mut waiting, mut running) = (checkpoints.into_iter(), JoinSet::new());
        loop {
            let free = self.most_at_once().saturating_sub(running.len());
            for checkpoint in waiting.by_ref().take(free) {
                let (copy, meter) = (self.clone(), meter.clone());
                let task = async move { copy.copy(checkpoint, is_fresh, &meter).await };
                running.spawn(task.in_current_span());
            }
            match running.join_next().await.map(|joined| joined.unwrap_or_else(failed)) {
                Some(Ok(range)) => report.add(range),
                Some(Err(error)) => {
                    running.shutdown().await;
                    return Err(error);
                }
                None => return Ok(()),
            }
        }
    }

    /// How many ranges run at once: each takes a connection of the source and one of the target.
    fn most_at_once(&self) -> usize {
        let (source, target) = (&self.source.connection, &self.target.connection);
        let most = match source.id() == target.id() {
            true => source.max_connections() / 2,
            false => source.max_connections().min(target.max_connections()),
        };
        self.options.ranges.min(most).max(1)
    }
}

/// Passes a panic of a task on to the caller.
fn failed(error: JoinError) -> Result<SyncReport> {
    match error.try_into_panic() {
        Ok(panic) => resume_unwind(panic),
        Err(error) => Err(Error::new(ErrorKind::Custom, error.to_string())),
    }
}
