//! The rows of a target that its source does not have.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use activerecord_core::statement::Expr;
use activerecord_core::{Error, Result};

use super::Copy;
use super::range::Range;
use super::read::Reader;
use super::side::Values;
use crate::report::SyncReport;

/// Finds the rows that the source does not have, while the source is read.
pub(crate) struct Extra<'c> {
    copy: &'c Copy,
    /// The keys of the whole source. Empty when the copy compares by digests.
    seen: Keys,
    /// Keys of the target that are missing in the same range of the source.
    suspects: Vec<Values>,
}

impl Copy {
    /// Deletes the rows that the source does not have. Fails if they are more than `share` of the target.
    pub(super) async fn delete_missing(&self, share: f64, report: &mut SyncReport) -> Result<()> {
        let extra = self.missing_in_source().await?;
        let total = self.target.count().await?;
        #[allow(clippy::cast_precision_loss, reason = "a share need not be exact")]
        let found = extra.len() as f64 / total.max(1) as f64;
        if found > share {
            return Err(Error::invalid(format!(
                "{} of {total} rows of {} are missing in {}, but at most {:.1} % may be deleted; to delete them, set .delete_missing({:.2})",
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

    async fn missing_in_source(&self) -> Result<Vec<Values>> {
        let (mut extra, mut reader) = (Extra::new(self), self.whole().await?);
        while let Some(batch) = reader.next().await? {
            // A row that cannot be mapped has no key: the target's row would look like one that the source does not have.
            extra.see(&batch.range, &self.all_mapped(&batch)?).await?;
        }
        reader.close().await?;
        extra.keys().await
    }
}

impl Copy {
    /// The keys that the source does not have now either. A row can have come to the source and the target after the source was
    /// read.
    async fn still_missing(&self, mut suspects: Vec<Values>) -> Result<Vec<Values>> {
        if suspects.is_empty() {
            return Ok(suspects);
        }
        let target = self.target.keyed();
        let mut found = Keys::default();
        let mut reader = self.whole().await?;
        while let Some(batch) = reader.next().await? {
            for row in self.all_mapped(&batch)? {
                found.add(&self.target.key_of(&row));
            }
        }
        reader.close().await?;
        suspects.retain(|key| !found.has(&target.key_of(key)));
        Ok(suspects)
    }
}

impl<'c> Extra<'c> {
    pub(crate) fn new(copy: &'c Copy) -> Self {
        Self { copy, seen: Keys::default(), suspects: Vec::new() }
    }

    /// Takes the mapped rows of a range of the source.
    pub(crate) async fn see(&mut self, range: &Range, rows: &[Values]) -> Result<()> {
        let target = &self.copy.target;
        if !self.copy.by_digest {
            for row in rows {
                self.seen.add(&target.key_of(row));
            }
            return Ok(());
        }
        let here: HashSet<_> = rows.iter().map(|row| target.key_of(row)).collect();
        let range = target.within_range_of(&self.copy.source, range)?;
        self.suspects.extend(self.others(range, |key| here.contains(key)).await?);
        Ok(())
    }

    /// Takes a row of the source that was read in another way.
    pub(crate) fn knows(&mut self, row: &Values) {
        self.seen.add(&self.copy.target.key_of(row));
    }

    /// The keys of the rows that the source does not have.
    pub(crate) async fn keys(self) -> Result<Vec<Values>> {
        match self.copy.by_digest {
            true => self.confirmed().await,
            false => {
                let suspects = self.others(None, |key| self.seen.has(key)).await?;
                self.copy.still_missing(suspects).await
            }
        }
    }

    /// Databases order texts differently, so a row can be in another range of the source.
    async fn confirmed(self) -> Result<Vec<Values>> {
        let (source, target) = (self.copy.source.keyed(), self.copy.target.keyed());
        let (mut extra, mut known) = (Vec::new(), HashSet::new());
        for suspects in self.suspects.chunks(1_000) {
            let found = source.find(suspects).await?;
            let is_extra = |row: &&Values| !found.contains_key(&source.key_of(row)) && known.insert(target.key_of(row));
            extra.extend(suspects.iter().filter(is_extra).cloned());
        }
        Ok(extra)
    }

    /// The keys of the target's rows with this condition that are not known.
    async fn others(&self, range: Option<Expr>, is_known: impl Fn(&Arc<str>) -> bool) -> Result<Vec<Values>> {
        let target = self.copy.target.keyed();
        let mut others = Vec::new();
        let mut reader = Reader::open(&target, None, self.copy.options.batch).await?.only(range);
        while let Some(batch) = reader.next().await? {
            for row in batch.rows {
                let row = target.typed(&row)?;
                if !is_known(&target.key_of(&row)) {
                    others.push(row);
                }
            }
        }
        reader.close().await?;
        Ok(others)
    }
}

/// The keys of many rows, each as a 64-bit hash. If two keys have the same hash, which is very rare, a row that the source does
/// not have can be overlooked.
#[derive(Debug, Default)]
pub(crate) struct Keys(HashSet<u64>);

impl Keys {
    /// Adds a key. False: it was known.
    pub(super) fn add(&mut self, key: &Arc<str>) -> bool {
        self.0.insert(number(key))
    }

    fn has(&self, key: &Arc<str>) -> bool {
        self.0.contains(&number(key))
    }
}

fn number(key: &Arc<str>) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}
