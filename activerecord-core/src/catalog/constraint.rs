//! The constraints of a described table that are not indexes.

/// A foreign key, as the catalog of its database describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ForeignKeyInfo {
    /// The name. None: the statement that created the key gave it no name.
    pub name: Option<String>,
    /// The columns, in the order of the key.
    pub columns: Vec<String>,
    /// The schema of the target table; on MySQL and MariaDB its database. None: the schema of the table.
    pub schema: Option<String>,
    /// The target table.
    pub table: String,
    /// The columns of the target, in the order of `columns`. Empty: the primary key of a target that does not exist.
    pub target: Vec<String>,
    /// The action when the target's key changes.
    pub on_update: ForeignKeyAction,
    /// The action when the target's row is deleted.
    pub on_delete: ForeignKeyAction,
    /// The columns that `on_delete` sets. Empty: all.
    pub on_delete_columns: Vec<String>,
    /// Whether a key with some NULLs is refused (`MATCH FULL`).
    pub match_full: bool,
    /// Whether the key can be checked at the COMMIT.
    pub deferrable: Deferrable,
    /// Whether the existing rows are unchecked (`NOT VALID`).
    pub unchecked: bool,
}

/// The action of a foreign key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ForeignKeyAction {
    /// The change of the target is refused, at the end of the statement or of the transaction.
    #[default]
    NoAction,
    /// The change of the target is refused at once.
    Restrict,
    /// The rows are changed or deleted too.
    Cascade,
    /// The columns become NULL.
    SetNull,
    /// The columns become their defaults.
    SetDefault,
}

/// When a constraint is checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Deferrable {
    /// At each statement.
    #[default]
    No,
    /// At each statement, unless the transaction defers it.
    Immediate,
    /// At the COMMIT, unless the transaction demands it earlier.
    Deferred,
}

/// A check, as the catalog of its database describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckInfo {
    /// The name. None: the statement that created the check gave it no name.
    pub name: Option<String>,
    /// The condition, in the SQL of the database.
    pub expression: String,
    /// The column that the check belongs to, on MariaDB. None: the table.
    pub column: Option<String>,
    /// Whether the check is not enforced.
    pub not_enforced: bool,
    /// Whether the existing rows are unchecked (`NOT VALID`).
    pub unchecked: bool,
    /// Whether partitions and inheriting tables do not have the check.
    pub no_inherit: bool,
}

/// An exclusion constraint of PostgreSQL.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExclusionInfo {
    /// The name.
    pub name: String,
    /// The definition, such as `EXCLUDE USING gist (during WITH &&)`.
    pub definition: String,
}

impl ForeignKeyAction {
    /// All actions with their SQL.
    const ALL: [(Self, &'static str); 5] = [
        (Self::NoAction, "NO ACTION"),
        (Self::Restrict, "RESTRICT"),
        (Self::Cascade, "CASCADE"),
        (Self::SetNull, "SET NULL"),
        (Self::SetDefault, "SET DEFAULT"),
    ];

    /// Returns the SQL of the action.
    pub fn as_sql(self) -> &'static str {
        Self::ALL.into_iter().find(|(action, _)| *action == self).map_or("NO ACTION", |(_, sql)| sql)
    }

    /// Returns the action with this SQL.
    pub(crate) fn of(sql: &str) -> Self {
        let known = |(_, known): &(Self, &str)| known.eq_ignore_ascii_case(sql);
        Self::ALL.into_iter().find(known).map_or(Self::NoAction, |(action, _)| action)
    }
}

impl CheckInfo {
    /// A check of the table.
    pub(crate) fn new(name: Option<String>, expression: String) -> Self {
        Self { name, expression, column: None, not_enforced: false, unchecked: false, no_inherit: false }
    }
}
