//! A table without a key: its rows cannot be found again, so the table is copied as a whole.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Instant;

use activerecord_core::statement::{Delete, Statement};
use activerecord_core::{Error, ErrorKind, Result, Transaction};

use super::Copy;
use super::checkpoint::Checkpoint;
use super::side::{Side, Values};
use super::values::normal;
use super::write::is_about_a_row;
use crate::report::{DifferenceKind, Differences, SyncReport};

/// How often each row occurs in a table, by a hash of 64 bits.
#[derive(Default)]
struct Bag {
    counts: HashMap<u64, i64>,
    rows: u64,
}

impl Copy {
    /// Replaces the rows of the target in one transaction, unless they are equal. Fails if the target has rows that no earlier run
    /// has written, unless the job may delete rows.
    pub(crate) async fn replace(mut self) -> Result<SyncReport> {
        self.check_whole().await?;
        let started = Instant::now();
        let mut report = SyncReport::of(&self.job);
        let (ours, theirs) = (Bag::of(&self.source).await?, Bag::of(&self.target).await?);
        report.read = ours.rows;
        if ours.counts == theirs.counts {
            report.unchanged = ours.rows;
        } else if self.options.dry {
            (report.written, report.deleted) = (ours.rows, theirs.rows);
        } else {
            let connection = &self.target.connection;
            let mut mark = Checkpoint::of_whole(connection, &self.job).await?;
            if theirs.rows > 0 && self.options.delete.is_none() && !mark.is_of(&self.target).await? {
                return Err(self.foreign_rows(theirs.rows));
            }
            let done = Transaction::begin(connection.name()).independent();
            done.run(async || {
                let delete = Delete { table: self.target.table.clone(), filter: None };
                report.deleted = connection.write(Statement::Delete(delete)).await?;
                self.insert_whole(&mut report).await?;
                mark.mark(&self.target).await?;
                mark.save(connection).await
            })
            .await?;
            self.advance_sequences().await?;
        }
        report.duration = started.elapsed();
        Ok(report)
    }

    /// Compares the rows of both tables, each as often as it occurs.
    pub(crate) async fn verify_whole(mut self) -> Result<Differences> {
        self.check_whole().await?;
        let started = Instant::now();
        let (ours, theirs) = (Bag::of(&self.source).await?, Bag::of(&self.target).await?);
        let mut differences =
            Differences { source_rows: ours.rows, target_rows: theirs.rows, ..Differences::default() };
        if ours.counts != theirs.counts {
            ours.beyond(&theirs, &self.source, DifferenceKind::Missing, &mut differences).await?;
            theirs.beyond(&ours, &self.target, DifferenceKind::Extra, &mut differences).await?;
        }
        differences.duration = started.elapsed();
        Ok(differences)
    }

    async fn insert_whole(&self, report: &mut SyncReport) -> Result<()> {
        let mut rows = self.source.connection.stream(self.source.select());
        let batch = usize::try_from(self.options.batch).unwrap_or(usize::MAX);
        let mut waiting = Vec::new();
        while let Some(row) = rows.next().await? {
            match (self.map)(&self.source, &row) {
                Ok(values) => waiting.push(values),
                Err(error) => self.writer(true).refuse(shown(&self.source, row.values()), &error, report)?,
            }
            if waiting.len() >= batch {
                self.insert_part(std::mem::take(&mut waiting), report).await?;
            }
        }
        self.insert_part(waiting, report).await
    }

    /// Inserts rows in savepoints, which are halved until each row that cannot be written is alone.
    async fn insert_part(&self, rows: Vec<Values>, report: &mut SyncReport) -> Result<()> {
        let writer = self.writer(true);
        let mut parts = vec![writer.kept(rows, report)?];
        while let Some(mut part) = parts.pop() {
            let here = Transaction::begin(self.target.connection.name());
            match here.run(async || writer.insert(&part, None).await).await {
                Ok(()) => report.written += part.len() as u64,
                Err(error) if !is_about_a_row(&error) => return Err(error),
                Err(_) if part.len() > 1 => {
                    let second = part.split_off(part.len() / 2);
                    parts.extend([second, part]);
                }
                Err(error) => writer.refuse(shown(&self.target, &part[0]), &error, report)?,
            }
        }
        Ok(())
    }

    fn foreign_rows(&self, rows: u64) -> Error {
        Error::new(
            ErrorKind::Invalid,
            format!(
                "{} has no key, so it is replaced as a whole, but it has {rows} rows that this job has not written; empty the \
                 table, or let the job delete rows (--delete)",
                self.target.place()
            ),
        )
    }
}

impl Bag {
    async fn of(side: &Side) -> Result<Self> {
        let mut bag = Self::default();
        let mut rows = side.connection.stream(side.select());
        while let Some(row) = rows.next().await? {
            // A row that cannot be read as the type of the target differs from every row there.
            let number = side.typed(&row).map_or_else(|_| hash(row.values()), |values| hash(&values));
            *bag.counts.entry(number).or_default() += 1;
            bag.rows += 1;
        }
        Ok(bag)
    }

    /// Reports the rows that this side has more often.
    async fn beyond(
        &self,
        other: &Self,
        side: &Side,
        kind: DifferenceKind,
        differences: &mut Differences,
    ) -> Result<()> {
        let mut left: HashMap<u64, i64> = HashMap::new();
        for (row, count) in &self.counts {
            let more = count - other.counts.get(row).copied().unwrap_or(0);
            if more > 0 {
                left.insert(*row, more);
            }
        }
        let mut rows = side.connection.stream(side.select());
        while let Some(row) = rows.next().await? {
            let number = side.typed(&row).map_or_else(|_| hash(row.values()), |values| hash(&values));
            if let Some(count) = left.get_mut(&number).filter(|count| **count > 0) {
                *count -= 1;
                differences.add(shown(side, row.values()), kind.clone());
            }
        }
        Ok(())
    }
}

fn hash(values: &[activerecord_core::Value]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for value in values {
        format!("{:?}", normal(value.clone())).hash(&mut hasher);
    }
    hasher.finish()
}

/// The first columns of a row, for messages.
fn shown(side: &Side, values: &[activerecord_core::Value]) -> String {
    const COLUMNS: usize = 3;
    let part = |(column, value): (&super::SideColumn, &activerecord_core::Value)| {
        let text: String = value.to_json().to_string().chars().take(60).collect();
        format!("{} = {text}", column.name)
    };
    side.columns.iter().zip(values).take(COLUMNS).map(part).collect::<Vec<_>>().join(", ")
}
