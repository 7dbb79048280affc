//! Whether a target is what its source makes of it.

use std::collections::HashMap;
use std::time::Instant;

use activerecord_core::Result;

use super::copy::Copy;
use super::extra::Extra;
use super::read::Batch;
use super::report::{DifferenceKind, Differences, SyncReport};
use super::side::Values;

/// What differed at a look, by key.
#[derive(Default)]
struct Look {
    /// Rows of the source as they should be in the target, with what is there.
    wrong: Vec<(Values, Option<Values>)>,
    /// The keys of rows that the source has not.
    extra: Vec<Values>,
    source_rows: u64,
    target_rows: u64,
}

impl Copy {
    /// Compares every row. What differs is looked at once more: it may have been on its way.
    pub(crate) async fn verify(mut self) -> Result<Differences> {
        self.check().await?;
        let started = Instant::now();
        let look = self.look().await?;
        let confirmed =
            if look.wrong.is_empty() && look.extra.is_empty() { look } else { self.look().await?.and(look, &self) };
        let mut differences = Differences {
            source_rows: confirmed.source_rows,
            target_rows: confirmed.target_rows,
            ..Differences::default()
        };
        for (row, there) in &confirmed.wrong {
            let kind = there
                .as_ref()
                .map_or(DifferenceKind::Missing, |there| DifferenceKind::Columns(self.target.differences(row, there)));
            differences.add(self.target.shown(row), kind);
        }
        let target = self.target.keyed();
        for key in &confirmed.extra {
            differences.add(target.shown(key), DifferenceKind::Extra);
        }
        differences.duration = started.elapsed();
        Ok(differences)
    }

    /// Writes what is missing or other in the target, and deletes what the source has not got. Returns what it did.
    pub(crate) async fn repair(mut self) -> Result<SyncReport> {
        self.check().await?;
        let started = Instant::now();
        let look = self.look().await?;
        let mut report = SyncReport { read: look.source_rows, ..SyncReport::of(&self.job) };
        let writer = self.writer(false);
        for rows in look.wrong.chunks(1_000) {
            let rows = rows.iter().map(|(row, _)| row.clone()).collect();
            writer.write(rows, None, &mut report).await?;
        }
        for keys in look.extra.chunks(1_000) {
            report.deleted += self.remove(keys).await?;
        }
        report.duration = started.elapsed();
        Ok(report)
    }

    async fn look(&self) -> Result<Look> {
        let (mut look, mut extra) = (Look::default(), Extra::new(self));
        let mut reader = self.whole().await?;
        while let Some(Batch { rows, range }) = reader.next().await? {
            let rows = self.all_mapped(&rows)?;
            extra.see(&range, &rows).await?;
            look.source_rows += rows.len() as u64;
            self.compare(rows, &mut look).await?;
        }
        look.source_rows += reader.take_same();
        reader.close().await?;
        look.extra = extra.keys().await?;
        look.target_rows = self.target.count().await?;
        Ok(look)
    }

    async fn compare(&self, rows: Vec<Values>, look: &mut Look) -> Result<()> {
        let mut found = self.target.find(&rows).await?;
        for row in rows {
            let key = self.target.key_of(&row);
            let there = found.remove(&key);
            if !there.as_ref().is_some_and(|there| self.target.is_same(&row, there)) {
                look.wrong.push((row, there));
            }
        }
        Ok(())
    }
}

impl Look {
    /// What differs at both looks, as it was at this one.
    fn and(mut self, earlier: Self, copy: &Copy) -> Self {
        let (target, keyed) = (&copy.target, copy.target.keyed());
        let key = |row: &Values| target.key_of(row);
        let wrong: HashMap<_, ()> = earlier.wrong.iter().map(|(row, _)| (key(row), ())).collect();
        let extra: HashMap<_, ()> = earlier.extra.iter().map(|row| (keyed.key_of(row), ())).collect();
        self.wrong.retain(|(row, _)| wrong.contains_key(&key(row)));
        self.extra.retain(|row| extra.contains_key(&keyed.key_of(row)));
        self
    }
}
