//! The rows of a target that its source has not got.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use activerecord_core::Result;

use super::copy::Copy;
use super::range::Range;
use super::read::Reader;
use super::side::Values;

/// Looks for the rows that the source has not got, while the source is read.
pub(crate) struct Extra<'c> {
    copy: &'c Copy,
    /// The keys of the whole source; of a copy by digests, of nothing.
    seen: Keys,
    /// The keys that some range of the target has, and the source's has not.
    suspects: Vec<Values>,
}

impl<'c> Extra<'c> {
    pub(crate) fn new(copy: &'c Copy) -> Self {
        Self { copy, seen: Keys::default(), suspects: Vec::new() }
    }

    /// The rows of a range of the source, as they are in the target.
    pub(crate) async fn see(&mut self, range: &Range, rows: &[Values]) -> Result<()> {
        let target = &self.copy.target;
        if !self.copy.by_digest {
            rows.iter().for_each(|row| self.seen.add(&target.key_of(row)));
            return Ok(());
        }
        let here: HashSet<_> = rows.iter().map(|row| target.key_of(row)).collect();
        self.suspects.extend(self.others(range, |key| here.contains(key)).await?);
        Ok(())
    }

    /// Their keys.
    pub(crate) async fn keys(self) -> Result<Vec<Values>> {
        match self.copy.by_digest {
            true => self.confirmed().await,
            false => self.others(&Range::default(), |key| self.seen.has(key)).await,
        }
    }

    /// Databases order texts differently, so a row may be in another range of the source.
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

    /// The keys of a range of the target, but those that are known.
    async fn others(&self, range: &Range, is_known: impl Fn(&Arc<str>) -> bool) -> Result<Vec<Values>> {
        let target = self.copy.target.keyed();
        let mut others = Vec::new();
        let mut reader = Reader::open(&target, None, self.copy.options.batch).await?.within(range.clone());
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

/// The keys of many rows, each as a number. Two keys may be the same number, once in some billion billion: then a row that is
/// gone is taken for one that is there.
#[derive(Debug, Default)]
struct Keys(HashSet<u64>);

impl Keys {
    fn add(&mut self, key: &Arc<str>) {
        self.0.insert(number(key));
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
