use std::fmt;
use std::str::FromStr;

/// The rows of the table that single rows are looked up in and updated.
pub const TABLE_ROWS: u64 = 10_000;

/// How many tasks (or threads) share the work of [`Workload::Tasks`].
pub const TASKS: usize = 32;

/// The size of a pool of connections to a server, or to a file of SQLite, where the library has one.
pub const CONNECTIONS: usize = 8;

/// The users of [`Workload::Associations`].
const PARENTS: u64 = 100;

/// One kind of work. What an operation is, is said at each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workload {
    /// One record by its key, of 10,000.
    Point,
    /// The whole table of so many rows, into a `Vec` of structs.
    Rows(u64),
    /// The users with black hair among so many (every second one), each with its post or none, by key, in one query.
    Join(u64),
    /// 100 users, their 1,000 posts and the 10,000 comments on these, in three queries, grouped.
    Associations,
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
    /// All of them, in the order of the report. Sizes as in Diesel's own benchmark.
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

    /// How many users the table has before the first operation.
    pub fn table_rows(self) -> u64 {
        match self {
            Self::Rows(rows) | Self::Join(rows) => rows,
            Self::Associations => PARENTS,
            Self::Insert(_) => 0,
            Self::Point | Self::Update | Self::Save | Self::Tasks => TABLE_ROWS,
        }
    }

    /// How many rounds of the others are as long as one of this. Waking 32 threads takes longer than a few lookups; it
    /// is sustained load that is meant.
    pub fn stretch(self) -> u32 {
        if self == Self::Tasks { 10 } else { 1 }
    }

    /// What the number of operations is a multiple of.
    pub fn parts(self) -> u64 {
        if self == Self::Tasks { TASKS as u64 } else { 1 }
    }

    /// What an operation is, in the words of the report.
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
