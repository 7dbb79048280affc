use std::fmt;
use std::str::FromStr;

/// The number of rows in the table for single lookups and updates.
pub const TABLE_ROWS: u64 = 10_000;

/// The number of tasks (or threads) that share the work of [`Workload::Tasks`].
pub const TASKS: usize = 32;

/// The pool size for a server or a SQLite file, if the library has a pool.
pub const CONNECTIONS: usize = 8;

/// The users of [`Workload::Associations`].
const PARENTS: u64 = 100;

/// One kind of work. Each variant describes one operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workload {
    /// Reads one of 10,000 records by its key.
    Point,
    /// Reads the whole table with this number of rows into a `Vec` of structs.
    Rows(u64),
    /// Reads the users with black hair (every second one of this number), each with its post or none, by key, in one
    /// query.
    Join(u64),
    /// Reads 100 users, their 1,000 posts and the 10,000 comments on these, in three queries, grouped.
    Associations,
    /// Inserts this number of rows at once.
    Insert(u64),
    /// Updates one column of one record, by its key.
    Update,
    /// Updates every column of one record, by its key.
    Save,
    /// Reads one record by its key, with 32 concurrent tasks.
    Tasks,
}

impl Workload {
    /// All workloads, in the order of the report. Sizes are those of Diesel's own benchmark.
    pub const ALL: [Self; 20] = [
        Self::Point,
        Self::Tasks,
        Self::Rows(1),
        Self::Rows(10),
        Self::Rows(100),
        Self::Rows(1_000),
        Self::Rows(10_000),
        Self::Join(1),
        Self::Join(10),
        Self::Join(100),
        Self::Join(1_000),
        Self::Join(10_000),
        Self::Associations,
        Self::Insert(1),
        Self::Insert(10),
        Self::Insert(25),
        Self::Insert(50),
        Self::Insert(100),
        Self::Update,
        Self::Save,
    ];

    /// The number of users in the table before the first operation.
    pub fn table_rows(self) -> u64 {
        match self {
            Self::Rows(rows) | Self::Join(rows) => rows,
            Self::Associations => PARENTS,
            Self::Insert(_) => 0,
            Self::Point | Self::Update | Self::Save | Self::Tasks => TABLE_ROWS,
        }
    }

    /// The factor by which a round of this workload is longer than other rounds. Waking 32 threads takes longer than a
    /// few lookups, but the workload measures sustained load.
    pub fn stretch(self) -> u32 {
        if self == Self::Tasks { 10 } else { 1 }
    }

    /// The number of operations is a multiple of this.
    pub fn parts(self) -> u64 {
        if self == Self::Tasks { TASKS as u64 } else { 1 }
    }

    /// The name of the workload in the report.
    pub fn title(self) -> String {
        match self {
            Self::Point => "point lookup".to_owned(),
            Self::Tasks => format!("point lookups from {TASKS} tasks"),
            Self::Rows(rows) => format!("all rows of a table of {rows}"),
            Self::Join(rows) => format!("join with the users of {rows}"),
            Self::Associations => "associations, 3 queries".to_owned(),
            Self::Insert(rows) => format!("insert of {rows}"),
            Self::Update => "update of a column by key".to_owned(),
            Self::Save => "save of a whole record".to_owned(),
        }
    }

    /// Whether the table changes.
    pub fn writes(self) -> bool {
        matches!(self, Self::Insert(_) | Self::Update | Self::Save)
    }
}

impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Point => f.pad("point"),
            Self::Rows(rows) => f.pad(&format!("rows-{rows}")),
            Self::Join(rows) => f.pad(&format!("join-{rows}")),
            Self::Associations => f.pad("associations"),
            Self::Insert(rows) => f.pad(&format!("insert-{rows}")),
            Self::Update => f.pad("update"),
            Self::Save => f.pad("save"),
            Self::Tasks => f.pad("tasks-32"),
        }
    }
}

impl FromStr for Workload {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|workload| workload.to_string() == name).ok_or(format!("no workload `{name}`"))
    }
}
