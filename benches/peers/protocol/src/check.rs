use std::collections::HashMap;

use crate::{Change, Contestant, Job, Result, Row, Workload};

/// A sum over what a contestant has read, or the count of rows it says it has written. Kept by every contestant inside
/// the timed part, so that nothing read can be optimised away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    rows: u64,
    keys: i64,
    text: u64,
}

impl Tally {
    /// Counts a row that was read.
    pub fn read(&mut self, id: i64, name: &str, hair_color: Option<&str>) {
        self.rows += 1;
        self.keys += id;
        self.text += name.len() as u64 + 3 * hair_color.map_or(0, str::len) as u64;
    }

    /// Counts rows that were written.
    pub fn wrote(&mut self, rows: u64) {
        self.rows += rows;
    }

    /// Adds another task's sum.
    pub fn add(&mut self, other: Self) {
        self.rows += other.rows;
        self.keys += other.keys;
        self.text += other.text;
    }

    fn of(rows: impl Iterator<Item = Row>) -> Self {
        let mut tally = Self::default();
        rows.for_each(|row| tally.read(row.id, &row.name, row.hair_color.as_deref()));
        tally
    }

    fn times(self, n: u64) -> Self {
        Self { rows: self.rows * n, keys: self.keys * n as i64, text: self.text * n }
    }
}

/// Whether a run has read the right rows, and left the right ones behind.
pub(crate) fn check(job: &Job, tally: Tally, contestant: &mut impl Contestant) -> Result<()> {
    let expected = expected(job);
    if tally != expected {
        return Err(format!("{}: {tally:?} instead of {expected:?}", job.workload).into());
    }
    match job.workload {
        Workload::Insert(_) => check_inserted(job, contestant),
        Workload::Update | Workload::Save => check_changed(job, contestant),
        Workload::Point | Workload::Tasks | Workload::Rows(_) => Ok(()),
    }
}

fn expected(job: &Job) -> Tally {
    match job.workload {
        Workload::Point | Workload::Tasks => Tally::of(job.keys.iter().map(|&key| Row::nth(key))),
        Workload::Rows(rows) => Tally::of((1..=rows as i64).map(Row::nth)).times(job.operations),
        Workload::Insert(rows) => Tally { rows: rows * job.operations, ..Tally::default() },
        Workload::Update | Workload::Save => Tally { rows: job.operations, ..Tally::default() },
    }
}

fn check_inserted(job: &Job, contestant: &mut impl Contestant) -> Result<()> {
    let sum = |text: fn(&Row) -> usize| job.operations * job.rows.iter().map(|row| text(row) as u64).sum::<u64>();
    let rows = job.operations * job.rows.len() as u64;
    let colors = sum(|row| row.hair_color.as_ref().map_or(0, String::len));
    let expected = format!("{rows} {} {colors}", sum(|row| row.name.len()));
    let found = contestant.text(
        "SELECT count(*) || ' ' || sum(length(name)) || ' ' || coalesce(sum(length(hair_color)), 0) FROM users",
    )?;
    same(&found, &expected)
}

fn check_changed(job: &Job, contestant: &mut impl Contestant) -> Result<()> {
    let last: HashMap<i64, &Change> = job.changes.iter().map(|change| (change.id, change)).collect();
    let run = job.changes.first().and_then(|change| change.name.split(',').next()).unwrap_or_default();
    let changed = contestant.text(&format!("SELECT count(*) || '' FROM users WHERE name LIKE '{run},%'"))?;
    same(&changed, &last.len().to_string())?;
    let Some(change) = job.changes.last() else { return Ok(()) };
    let color = match job.workload {
        Workload::Save => change.hair_color.clone(),
        _ => Row::nth(change.id).hair_color,
    };
    let row = format!("SELECT name || ' ' || coalesce(hair_color, '') FROM users WHERE id = {}", change.id);
    same(&contestant.text(&row)?, &format!("{} {}", change.name, color.unwrap_or_default()))
}

fn same(found: &str, expected: &str) -> Result<()> {
    if found == expected { Ok(()) } else { Err(format!("the table has {found:?} instead of {expected:?}").into()) }
}
