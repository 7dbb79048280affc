use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// The rows of the table that single rows are looked up in and updated.
pub const TABLE_ROWS: u64 = 10_000;

/// How many tasks (or threads) share the work of [`Workload::Tasks`].
pub const TASKS: usize = 32;

/// One kind of work. What an operation is, is said at each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workload {
    /// One record by its key, of 10,000.
    Point,
    /// The whole table of so many rows, into a `Vec` of structs.
    Rows(u64),
    /// So many new rows at once.
    Insert(u64),
    /// One column of one record, by its key.
    Update,
    /// Every column of one record, by its key.
    Save,
    /// One record by its key, while 32 tasks ask at the same time.
    Tasks,
}

impl Workload {
    /// All of them, in the order of the report.
    pub const ALL: [Self; 14] = [
        Self::Point,
        Self::Tasks,
        Self::Rows(1),
        Self::Rows(10),
        Self::Rows(100),
        Self::Rows(1_000),
        Self::Rows(10_000),
        Self::Insert(1),
        Self::Insert(10),
        Self::Insert(25),
        Self::Insert(50),
        Self::Insert(100),
        Self::Update,
        Self::Save,
    ];

    /// How many rows the table has before the first operation.
    pub fn table_rows(self) -> u64 {
        match self {
            Self::Rows(rows) => rows,
            Self::Insert(_) => 0,
            Self::Point | Self::Update | Self::Save | Self::Tasks => TABLE_ROWS,
        }
    }

    /// The fewest operations worth timing. Waking 32 threads takes longer than a few lookups; it is sustained load that
    /// is meant.
    pub fn least_operations(self) -> u64 {
        if self == Self::Tasks { 1_000 * TASKS as u64 } else { 1 }
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

/// Where the database is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Store {
    /// In the process's memory.
    Memory,
    /// In a file, which does not exist yet.
    File(PathBuf),
}

impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.write_str("memory"),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

impl From<&str> for Store {
    fn from(text: &str) -> Self {
        if text == "memory" { Self::Memory } else { Self::File(text.into()) }
    }
}
