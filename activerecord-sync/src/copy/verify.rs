//! Comparison of a target with its source, and repair.

use std::collections::HashMap;
use std::time::Instant;

use activerecord_core::{Error, Result};

use super::Copy;
use super::extra::Extra;
use super::read::Unreadable;
use super::side::{Side, Values};
use super::write::Writer;
use crate::report::{DifferenceKind, Differences, SyncReport};

/// The differences that one comparison found.
#[derive(Default)]
struct Look {
    /// Mapped rows that are missing or different in the target, with the existing row.
    wrong: Vec<(Values, Option<Values>)>,
    /// The keys of rows that the source does not have.
    extra: Vec<Values>,
    /// Rows that were compared as text and are missing or different in the target, with the columns as text.
    texts: Vec<(Side, Values, Option<Values>)>,
    /// Rows of the source that cannot be read or mapped, by their keys.
    unreadable: Vec<(String, Error)>,
    source_rows: u64,
    target_rows: u64,
}

impl Copy {
    /// Compares every row. If rows differ, compares once more and keeps the rows that differ both times: the others were being
    /// copied.
    pub(crate) async fn verify(mut self) -> Result<Differences> {
        self.check().await?;
        let started = Instant::now();
        let look = self.look().await?;
        let confirmed =
            if look.wrong.is_empty() && look.extra.is_empty() && look.texts.is_empty() { look } else { self.look().await?.and(look, &self) };
        let mut differences = Differences {
            source_rows: confirmed.source_rows,
            target_rows: confirmed.target_rows,
            ..Differences::default()
        };
        for (key, error) in &confirmed.unreadable {
            differences.add(key.clone(), DifferenceKind::Unreadable(error.to_string()));
        }
        let typed = confirmed.wrong.iter().map(|(row, there)| (&self.target, row, there));
        for (target, row, there) in typed.chain(confirmed.texts.iter().map(|(target, row, there)| (target, row, there))) {
            let kind = there
                .as_ref()
                .map_or(DifferenceKind::Missing, |there| DifferenceKind::Columns(target.differences(row, there)));
            differences.add(target.shown(row), kind);
        }
        let target = self.target.keyed();
        for key in &confirmed.extra {
            differences.add(target.shown(key), DifferenceKind::Extra);
        }
        differences.duration = started.elapsed();
        Ok(differences)
    }

    /// Writes the rows that are missing or different in the target, and deletes the rows that the source does not have.
    pub(crate) async fn repair(mut self) -> Result<SyncReport> {
        self.check().await?;
        let started = Instant::now();
        let look = self.look().await?;
        if let Some((key, error)) = look.unreadable.into_iter().next() {
            // The target's row would look like one that the source does not have.
            return Err(error.context(format_args!("the row {key} of {}", self.source.place())));
        }
        let mut report = SyncReport { read: look.source_rows, ..SyncReport::of(&self.job) };
        let writer = self.writer(false);
        for rows in look.wrong.chunks(1_000) {
            let rows = rows.iter().map(|(row, _)| row.clone()).collect();
            writer.write(rows, None, &mut report).await?;
        }
        for (target, row, _) in look.texts {
            Writer { target: &target, ..writer }.write(vec![row], None, &mut report).await?;
        }
        for keys in look.extra.chunks(1_000) {
            report.deleted += self.remove(keys).await?;
        }
        self.advance_sequences().await?;
        report.duration = started.elapsed();
        Ok(report)
    }

    async fn look(&self) -> Result<Look> {
        let (mut look, mut extra) = (Look::default(), Extra::new(self));
        let mut reader = self.whole().await?;
        let expected = reader.count().await?;
        while let Some(batch) = reader.next().await? {
            look.source_rows += batch.count();
            let mut rows = Vec::with_capacity(batch.rows.len());
            for row in &batch.rows {
                match (self.map)(&self.source, row) {
                    Ok(row) => rows.push(row),
                    Err(error) => look.unreadable.push((self.source.shown(row.values()), error)),
                }
            }
            for row in batch.unreadable {
                self.look_at_text(row, &mut look, &mut extra).await?;
            }
            extra.see(&batch.range, &rows).await?;
            self.compare(rows, &mut look).await?;
        }
        look.source_rows += reader.take_same();
        reader.close().await?;
        self.require_all(look.source_rows, expected)?;
        let (without_key, keys) = self.without_key().await?;
        look.source_rows += without_key;
        let error = || Error::invalid("a part of the key is NULL");
        look.unreadable.extend(keys.into_iter().map(|key| (key, error())));
        look.extra = extra.keys().await?;
        look.target_rows = self.target.count().await?;
        Ok(look)
    }

    /// Compares a row as text with the one of the target.
    async fn look_at_text(&self, row: Unreadable, look: &mut Look, extra: &mut Extra<'_>) -> Result<()> {
        let Some((target, values)) = self.read_as_text(&row).await? else {
            look.unreadable.push((row.key, row.error));
            return Ok(());
        };
        extra.knows(&values);
        let found = target.find(std::slice::from_ref(&values)).await?;
        let there = found.get(&target.key_of(&values));
        if !there.is_some_and(|there| target.is_same(&values, there)) {
            let there = there.cloned();
            look.texts.push((target, values, there));
        }
        Ok(())
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
    /// The differences of this comparison that an earlier one found too.
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
