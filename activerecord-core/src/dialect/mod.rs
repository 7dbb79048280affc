//! How a database spells SQL: one value per database, read by the renderer.

use std::time::Duration;

mod capabilities;
mod catalog;
mod mysql;
mod postgresql;
mod precondition;
mod row_digests;
mod sqlite;
mod tokens;
mod triggers;

pub use capabilities::Capabilities;
pub use mysql::MYSQL;
pub use postgresql::POSTGRESQL;
pub use sqlite::SQLITE;

pub(crate) use catalog::{Catalog, sizes};
pub(crate) use precondition::{Accepts, Precondition};
pub(crate) use row_digests::{Digests, Spellings};
pub(crate) use tokens::TokenRules;
pub(crate) use triggers::Triggers;

use crate::error::{Error, Result};
use crate::value::ValueType;

/// How a database spells SQL.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dialect {
    /// `sqlite`, `postgresql` or `mysql`.
    pub(crate) name: &'static str,
    /// What every supported version of the database can do.
    pub(crate) capabilities: Capabilities,
    /// Stands around names, and is doubled inside them.
    pub(crate) quote: char,
    pub(crate) placeholder: Placeholder,
    pub(crate) upsert: Upsert,
    pub(crate) unnamed_conflicts: Option<UnnamedConflicts>,
    /// Whether an upsert refuses to update a row that it has just written.
    pub(crate) upserts_once: bool,
    /// About how many bytes of values one statement of a bulk write holds; one row may be larger.
    pub(crate) bulk_bytes: usize,
    pub(crate) in_list: InList,
    pub(crate) like: Like,
    pub(crate) decimal: DecimalMath,
    /// Whether NULL is the smallest value of an ORDER BY; it is the greatest otherwise.
    pub(crate) nulls_smallest: bool,
    /// Whether ORDER BY takes NULLS FIRST and NULLS LAST.
    pub(crate) nulls_keyword: bool,
    /// What stands for "no limit" before an OFFSET, where there must be a LIMIT.
    pub(crate) no_limit: Option<&'static str>,
    /// Whether AVG goes by its argument's type: four digits more than an integer or a decimal has, up to 30.
    pub(crate) typed_averages: bool,
    /// An INSERT of one row of nothing but defaults.
    pub(crate) default_row: &'static str,
    pub(crate) tokens: TokenRules,
    pub(crate) set_query: SetQuery,
    pub(crate) locks: Option<Locks>,
    pub(crate) dates: Dates,
    pub(crate) json: JsonPaths,
    /// Whether it uses an index for `(a, b) > (x, y)`; else it does for `a > x OR (a = x AND b > y)`.
    pub(crate) row_values: bool,
    /// Stands between two integers that are divided.
    pub(crate) integer_division: &'static str,
    /// Counts the characters of a text.
    pub(crate) length: &'static str,
    /// Stands between texts that become one; None: the function CONCAT makes them one.
    pub(crate) concat: Option<&'static str>,
    /// Stands before a statement whose plan is asked for.
    pub(crate) explain: &'static str,
    /// The time of the database's clock, in UTC.
    pub(crate) now: &'static str,
    /// Asks since when the oldest transaction is open that may still write; it is now when there is none.
    pub(crate) horizon: Option<&'static str>,
    pub(crate) definitions: Definitions,
    /// Stands before the table, and behind the columns, in a statement that rows come behind.
    pub(crate) load: Option<(&'static str, &'static str)>,
    pub(crate) triggers: Triggers,
    pub(crate) catalog: Catalog,
    pub(crate) digests: Digests,
    /// Whether a transaction that is to be prepared gets its name when it begins.
    pub(crate) branch_at_begin: bool,
    /// How the database is told to end the session of the open transaction when it is idle.
    pub(crate) idle_limit: Option<IdleLimit>,
    /// Sends a notification: binds the channel and the text.
    pub(crate) notify: Option<&'static str>,
    /// What has to be set for a transaction across databases.
    pub(crate) preconditions: &'static [Precondition],
}

/// How a session is told for how long it may be idle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct IdleLimit {
    /// Stands before the time.
    pub(crate) set: &'static str,
    /// What the time is counted in; parts of it are rounded up.
    pub(crate) unit: Duration,
    /// Takes the limit back behind the end of the transaction, where it does not end by itself.
    pub(crate) lift: Option<&'static str>,
}

/// How tables are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Definitions {
    /// The type of a column by what it holds.
    pub(crate) types: &'static [(ValueType, &'static str)],
    /// The type of an array; None: its element's, with `[]` behind it.
    pub(crate) array: Option<&'static str>,
    /// The type of a text that is part of a key or of an index.
    pub(crate) indexed_text: Size,
    /// The type of bytes that are.
    pub(crate) indexed_bytes: Size,
    /// The type of an exact decimal.
    pub(crate) decimal: Size,
    /// What makes a key of one integer, of which the database gives the next.
    pub(crate) numbered_key: &'static str,
    /// Whether a table's indexes stand in its definition; else each is a statement of its own.
    pub(crate) inline_indexes: bool,
    /// Stands behind a table's definition.
    pub(crate) options: &'static str,
}

/// How the name of a type goes with the sizes of its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Size {
    /// It takes none.
    None(&'static str),
    /// It needs a length: this one where none is known, and at most that one.
    Length { word: &'static str, usual: u32, most: u32 },
    /// It takes digits and a scale, each at most so many; the usual type is for decimals of which they are not known, or more than
    /// a value here has: with a scale of its own, it would be filled up with zeros past that.
    Digits { word: &'static str, usual: &'static str, most: u32, scale: u32 },
}

/// How the n-th bind is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Placeholder {
    /// `?`
    Question,
    /// `$n`
    Dollar,
}

/// How an INSERT says what it does about a conflict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Upsert {
    /// `ON CONFLICT (keys) DO UPDATE SET c = excluded.c`
    OnConflict,
    /// `ON DUPLICATE KEY UPDATE c = VALUES(c)`
    OnDuplicateKey,
}

/// What there is to know where an upsert cannot name the unique key that it is about, beside the keys that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UnnamedConflicts {
    /// The code of the error when another unique key is taken.
    pub(crate) code: &'static str,
}

/// How a set of values is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InList {
    /// `= ANY($1)`: one bind of array type, one text for every length.
    AnyArray,
    /// `IN (?, ?, ..)`, padded to a power of two with the last value, so that few texts serve all lengths.
    Padded,
}

/// How a query is written that a set comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SetQuery {
    /// `IN (SELECT ..)`
    Plain,
    /// `IN (SELECT * FROM (SELECT ..) AS source)` where the query has a limit, or the statement writes, maybe to the table
    /// that it reads: the database refuses both in the plain form.
    Derived,
}

/// How a read locks its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Locks {
    /// `FOR UPDATE`, `FOR SHARE`, `OF` some tables; each takes `SKIP LOCKED` and `NOWAIT`.
    Standard,
    /// `FOR UPDATE`, and `LOCK IN SHARE MODE`, which takes no more words on all versions alike.
    ShareMode,
}

/// How a part of a date is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dates {
    /// `strftime('%Y', x)`, of text.
    Strftime,
    /// `EXTRACT(YEAR FROM x)`, of an instant in a time zone.
    ExtractInZone,
    /// `EXTRACT(YEAR FROM x)`, and functions for the day and the day of the week.
    Extract,
}

/// How a JSON value is asked for what it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JsonPaths {
    /// `jsonb_extract_path(x, VARIADIC path)`, the path an array of texts.
    Jsonb,
    /// `json_extract(x, path)` gives SQL's values.
    Extract,
    /// `JSON_EXTRACT(x, path)` gives JSON, and `JSON_CONTAINS(x, y)` says whether one holds the other.
    ExtractJson,
}

/// How patterns are matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Like {
    /// LIKE heeds case, ILIKE does not.
    Ilike,
    /// LIKE ignores the case of ASCII letters; GLOB heeds case, with a pattern language of its own.
    Glob,
    /// LIKE goes by the column's collation; this one heeds case.
    Collation(&'static str),
}

/// How exact decimals are compared and computed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DecimalMath {
    /// The database has the type.
    Native,
    /// Decimals are text; the backend brings a collation and functions that know them: the collation's name, and the
    /// prefix of `PREFIX_add`, `PREFIX_sub`, `PREFIX_mul`, `PREFIX_sum` and `PREFIX_avg`.
    Functions { collation: &'static str, prefix: &'static str },
}

impl Dialect {
    /// `sqlite`, `postgresql` or `mysql`. To decide what can be done, ask the capabilities instead.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What every supported version of the database can do.
    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// Whether rows have a [digest](crate::backend::RowDigest) that have a column of this type, which the database says holds values of that one.
    pub fn has_digest(&self, ty: ValueType, column: Option<ValueType>) -> bool {
        self.digests.has(ty, column)
    }

    /// The dialect of this name.
    ///
    /// # Errors
    /// `Configuration` when there is none.
    pub fn named(name: &str) -> Result<&'static Self> {
        match name {
            "sqlite" => Ok(&SQLITE),
            "postgresql" | "postgres" => Ok(&POSTGRESQL),
            "mysql" | "mariadb" => Ok(&MYSQL),
            _ => Err(Error::configuration(format!(
                "there is no dialect `{name}`; the dialects are sqlite, postgresql and mysql"
            ))),
        }
    }
}
