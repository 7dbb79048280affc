use crate::{TASKS, Workload};

/// The table of every workload.
pub(crate) const SCHEMA: &str =
    "CREATE TABLE users (id INTEGER PRIMARY KEY NOT NULL, name TEXT NOT NULL, hair_color TEXT)";

/// The statement that fills the table with [`Row::nth`] of 1 to `rows`, inside the database: the same for everyone.
pub(crate) fn fill(rows: u64) -> String {
    format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows}) \
         INSERT INTO users (id, name, hair_color) \
         SELECT i, 'User ' || i, CASE i % 3 WHEN 1 THEN 'black' WHEN 2 THEN 'brown' END FROM n"
    )
}

/// One row of the table.
#[derive(Clone, Debug)]
pub struct Row {
    /// The key; 0 in a row to insert, where the database chooses.
    pub id: i64,
    /// A text.
    pub name: String,
    /// A text, missing in every third row.
    pub hair_color: Option<String>,
}

impl Row {
    /// The row that the table has under a key.
    pub fn nth(id: i64) -> Self {
        let hair_color = match id % 3 {
            1 => Some("black".to_owned()),
            2 => Some("brown".to_owned()),
            _ => None,
        };
        Self { id, name: format!("User {id}"), hair_color }
    }
}

/// What an operation of [`Workload::Update`] and [`Workload::Save`] writes.
#[derive(Clone, Debug)]
pub struct Change {
    /// The key of the row.
    pub id: i64,
    /// The new name.
    pub name: String,
    /// The new colour; written by [`Workload::Save`] only.
    pub hair_color: Option<String>,
}

/// The input of one run, made before the clock starts.
#[derive(Clone, Debug)]
pub struct Job {
    /// What to do.
    pub workload: Workload,
    /// How often.
    pub operations: u64,
    /// The key of each operation ([`Workload::Point`], [`Workload::Tasks`]).
    pub keys: Vec<i64>,
    /// The rows to insert in each operation ([`Workload::Insert`]), their `id` 0.
    pub rows: Vec<Row>,
    /// The change of each operation ([`Workload::Update`], [`Workload::Save`]).
    pub changes: Vec<Change>,
}

impl Job {
    pub(crate) fn new(workload: Workload, operations: u64, run: u64) -> Self {
        let operations = match workload {
            Workload::Tasks => operations.next_multiple_of(TASKS as u64),
            _ => operations,
        };
        let mut job = Self { workload, operations, keys: Vec::new(), rows: Vec::new(), changes: Vec::new() };
        let keys = keys(run, workload.table_rows()).take(operations as usize);
        match workload {
            Workload::Rows(_) => {}
            Workload::Point | Workload::Tasks => job.keys.extend(keys),
            Workload::Insert(rows) => job.rows.extend((1..=rows as i64).map(|id| Row { id: 0, ..Row::nth(id) })),
            Workload::Update | Workload::Save => job.changes.extend(keys.zip(0..).map(|(id, n)| change(id, run, n))),
        }
        job
    }

    /// The keys of each task ([`Workload::Tasks`]): [`TASKS`] parts of the same length.
    pub fn tasks(&self) -> impl Iterator<Item = &[i64]> {
        self.keys.chunks(self.keys.len() / TASKS)
    }
}

/// Keys in an order that no cache foresees, each run its own: a linear congruential generator's upper bits.
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
