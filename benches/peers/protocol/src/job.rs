use crate::data::users;
use crate::{Row, TASKS, User, Workload};

/// The number of operations in the input of `repeat`, of which a run may use only a part.
pub const REPEATED: u64 = 1_000;

/// The data that one operation of [`Workload::Update`] or [`Workload::Save`] writes.
#[derive(Clone, Debug)]
pub struct Change {
    /// The key of the row.
    pub id: i64,
    /// The new name.
    pub name: String,
    /// The new colour; written by [`Workload::Save`] only.
    pub hair_color: Option<String>,
}

/// The input of one run, created before the clock starts.
#[derive(Clone, Debug)]
pub struct Job {
    /// The workload.
    pub workload: Workload,
    /// The number of operations.
    pub operations: u64,
    /// The key of each operation ([`Workload::Point`], [`Workload::Tasks`]).
    pub keys: Vec<i64>,
    /// The rows to insert in each operation ([`Workload::Insert`]).
    pub rows: Vec<Row>,
    /// The change of each operation ([`Workload::Update`], [`Workload::Save`]).
    pub changes: Vec<Change>,
}

impl Job {
    pub(crate) fn new(workload: Workload, operations: u64, run: u64) -> Self {
        let operations = operations.next_multiple_of(workload.parts());
        let mut job = Self { workload, operations, keys: Vec::new(), rows: Vec::new(), changes: Vec::new() };
        let keys = keys(run, workload.table_rows()).take(operations as usize);
        match workload {
            Workload::Rows(_) | Workload::Join(_) | Workload::Associations => {}
            Workload::Point | Workload::Tasks => job.keys.extend(keys),
            Workload::Insert(rows) => job.rows.extend((1..=rows as i64).map(Row::nth)),
            Workload::Update | Workload::Save => job.changes.extend(keys.zip(0..).map(|(id, n)| change(id, run, n))),
        }
        job
    }

    /// Creates a job of `operations` operations. The cost of creating it does not depend on their number.
    pub(crate) fn repeated(workload: Workload, operations: u64, run: u64) -> Self {
        let mut job = Self::new(workload, REPEATED, run);
        job.operations = operations;
        job.keys.truncate(operations as usize);
        job.changes.truncate(operations as usize);
        job
    }

    /// The number of texts that all operations read.
    pub(crate) fn texts(&self) -> u64 {
        let of = |user: User| 1 + u64::from(user.hair_color.is_some());
        match self.workload {
            Workload::Point | Workload::Tasks => self.keys.iter().map(|key| of(User::nth(*key))).sum(),
            Workload::Rows(_) => users(self.workload).map(of).sum::<u64>() * self.operations,
            _ => 0,
        }
    }

    /// The keys of each task ([`Workload::Tasks`]): [`TASKS`] parts of equal length.
    pub fn tasks(&self) -> impl Iterator<Item = &[i64]> {
        self.keys.chunks(self.keys.len() / TASKS)
    }
}

/// Keys in an order that no cache can predict, different in each run: the upper bits of a linear congruential
/// generator.
fn keys(seed: u64, rows: u64) -> impl Iterator<Item = i64> {
    let mut state = seed;
    std::iter::from_fn(move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Some(1 + ((state >> 33) % rows.max(1)) as i64)
    })
}

fn change(id: i64, run: u64, n: u64) -> Change {
    let hair_color = n.is_multiple_of(2).then(|| format!("color {n}"));
    Change { id, name: format!("Run {run}, {n}"), hair_color }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_has_as_many_keys() {
        let job = Job::new(Workload::Tasks, 100, 1);
        assert_eq!(job.operations, 128);
        assert!(job.tasks().all(|keys| keys.len() == 4));
        assert_eq!(job.tasks().count(), TASKS);
    }

    #[test]
    fn the_texts_of_what_is_read() {
        let mut job = Job::new(Workload::Rows(4), 10, 1);
        assert_eq!(job.texts(), 70);
        job = Job { workload: Workload::Point, keys: vec![4, 1], ..job };
        assert_eq!(job.texts(), 3);
    }

    #[test]
    fn a_repeated_job_is_the_beginning_of_a_longer_one() {
        let (short, long) = (Job::repeated(Workload::Point, 10, 1), Job::repeated(Workload::Point, REPEATED, 1));
        assert_eq!(short.keys, long.keys[..10]);
    }
}
