//! Dialects: the SQL of each database, as data that the renderer reads.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

mod capabilities;
mod carrying;
mod catalog;
mod convert;
mod equality;
mod horizon;
mod keeps;
mod logins;
mod mysql;
mod postgresql;
mod precondition;
mod row_digests;
mod sequences;
mod sqlite;
mod stores;
mod tokens;
mod traces;
mod triggers;

pub use capabilities::Capabilities;
pub use mysql::MYSQL;
pub use postgresql::POSTGRESQL;
pub use sqlite::SQLITE;

pub(crate) use carrying::{Carrying, PlaceForm, TextForm};
pub use carrying::{KeptJson, Room as TableRoom};
pub(crate) use catalog::{Catalog, sizes, without_sizes};
pub(crate) use equality::Equality;
pub(crate) use horizon::Horizon;
pub(crate) use keeps::{Holder, Keeping, Room};
pub(crate) use logins::Logins;
pub(crate) use precondition::{Accepts, Identity, Precondition};
pub(crate) use row_digests::{Digests, Spellings};
pub(crate) use sequences::{AutoIncrement, Sequences};
pub(crate) use stores::{StoredDefaults, Stores};
pub(crate) use tokens::TokenRules;
pub(crate) use traces::TraceRules;
pub(crate) use triggers::{TriggerForm, Triggers};

use crate::error::{Error, Result};
use crate::statement::{Aggregate, qualified};
use crate::value::{Stored, ValueType};

/// The SQL dialect of a database.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dialect {
    /// `sqlite`, `postgresql` or `mysql`.
    pub(crate) name: &'static str,
    /// The capabilities that all supported versions of the database have.
    pub(crate) capabilities: Capabilities,
    /// The length in bytes after which the database silently shortens a name; None: it does not.
    pub(crate) name_bytes: Option<usize>,
    /// The quote of names. It is doubled inside a name.
    pub(crate) quote: char,
    pub(crate) placeholder: Placeholder,
    pub(crate) upsert: Upsert,
    pub(crate) unnamed_conflicts: Option<UnnamedConflicts>,
    /// Whether an upsert fails when two of its rows have the same key.
    pub(crate) upserts_once: bool,
    /// Whether a generated key is given out again after the transaction that used it was rolled back.
    pub(crate) reuses_keys: bool,
    /// The approximate size of the values in one statement of a bulk write, in bytes. A single row can be larger.
    pub(crate) bulk_bytes: usize,
    pub(crate) in_list: InList,
    pub(crate) like: Like,
    pub(crate) decimal: DecimalMath,
    /// Whether ORDER BY takes NULL as the smallest value, and not as the greatest.
    pub(crate) nulls_smallest: bool,
    /// Whether ORDER BY supports NULLS FIRST and NULLS LAST.
    pub(crate) nulls_keyword: bool,
    /// The LIMIT that means "no limit", on a dialect whose OFFSET needs a LIMIT.
    pub(crate) no_limit: Option<&'static str>,
    /// The aggregates that are not the plain function: `{}` is the argument, and `{over}` the window, if there is one.
    pub(crate) aggregates: &'static [(Aggregate, ValueType, &'static str)],
    /// Converts `{}` to a type.
    pub(crate) casts: &'static [(ValueType, &'static str)],
    /// Removes the limits of a column's own type from `{}`, such as the length of a text. The first part of a recursive
    /// query decides the types of its columns, and later rows can need more room.
    pub(crate) widened: &'static [(ValueType, &'static str)],
    /// The part of an INSERT that adds one row of default values.
    pub(crate) default_row: &'static str,
    /// The rules of the scanner of SQL text.
    pub(crate) tokens: TokenRules,
    /// What in a program's own SQL changes its session.
    pub(crate) traces: TraceRules,
    pub(crate) set_query: SetQuery,
    pub(crate) locks: Option<Locks>,
    pub(crate) dates: Dates,
    pub(crate) json: JsonPaths,
    /// Whether the database uses an index for `(a, b) > (x, y)`. If not, it uses one for `a > x OR (a = x AND b > y)`.
    pub(crate) row_values: bool,
    pub(crate) division: Division,
    /// Whether arithmetic of single-precision floats has single precision.
    pub(crate) computes_singles: bool,
    pub(crate) range_checks: RangeChecks,
    /// Whether an assignment of an UPDATE sees the values that the assignments before it have set.
    pub(crate) assigns_in_order: bool,
    pub(crate) bound_types: BoundTypes,
    /// Whether a computed column of a derived table becomes an expression of the query around it, with other answers.
    pub(crate) merges_derived: bool,
    /// Whether the database runs EXISTS as a join, and then counts a row several times for OFFSET: SQLite 3.51. A LIMIT inside
    /// prevents it.
    pub(crate) joins_exists: bool,
    /// The function that counts the characters of a text.
    pub(crate) length: &'static str,
    /// The operator that joins texts; None: the function CONCAT.
    pub(crate) concat: Option<&'static str>,
    /// The prefix of a statement that shows its plan.
    pub(crate) explain: &'static str,
    /// The current time of the database, in UTC.
    pub(crate) now: &'static str,
    /// How the start of the oldest transaction that can still write is found; None: there is one writer at a time.
    pub(crate) horizon: Option<Horizon>,
    pub(crate) definitions: Definitions,
    /// The text before the table and after the columns in the prefix of a bulk load.
    pub(crate) load: Option<(&'static str, &'static str)>,
    pub(crate) triggers: Triggers,
    pub(crate) catalog: Catalog,
    pub(crate) digests: Digests,
    pub(crate) stores: Stores,
    /// What stands before a list of rows in IN.
    pub(crate) row_list: &'static str,
    pub(crate) keeping: Keeping,
    pub(crate) carrying: Carrying,
    /// Whether a transaction that will be prepared gets its name when it begins.
    pub(crate) branch_at_begin: bool,
    /// Limits the idle time of the session of an open transaction.
    pub(crate) idle_limit: Option<IdleLimit>,
    /// Sends a notification. The binds are the channel and the text.
    pub(crate) notify: Option<&'static str>,
    /// The settings that a transaction across databases needs.
    pub(crate) preconditions: &'static [Precondition],
    pub(crate) identity: Identity,
    /// Whether a query that is grouped by the key of a table can select the other columns of the table.
    pub(crate) key_determines_row: bool,
    pub(crate) sequences: Sequences,
    pub(crate) equality: Equality,
}

impl fmt::Debug for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Dialect").field(&self.name).finish()
    }
}

/// How the database finds the types of bound values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BoundTypes {
    /// They are those of the values.
    OfValues,
    /// It infers those of texts and JSON from the expression around them. A CASE of nothing but such values is a text for
    /// it, whatever the CASE is compared with or assigned to.
    Inferred,
    /// It guesses them before it gets the values: MIN and MAX of a bound text are those of a number, and no value is NULL.
    Guessed,
}

/// The syntax of integer division.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Division {
    /// The operator.
    pub(crate) operator: &'static str,
    /// Whether the operator truncates numbers of every type. If not, an operand that may not be an integer for the
    /// database needs a cast.
    pub(crate) truncates: bool,
    /// The function for unsigned integers of 64 bits, on a database that stores them as decimals.
    pub(crate) unsigned: Option<&'static str>,
}

/// How an UPDATE refuses a computed value that a field cannot hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RangeChecks {
    /// The backend's function for numbers that are not decimals, with the value and its limits as arguments; None: a CASE.
    pub(crate) function: Option<&'static str>,
    /// Types of the database that have the limits of a type of values: a cast checks them.
    pub(crate) casts: &'static [(ValueType, &'static str)],
    /// The condition for a decimal with the digits of a `Decimal`; None: arithmetic refuses other decimals.
    pub(crate) decimal: Option<&'static str>,
    /// Fails, unless the value is NULL.
    pub(crate) failure: &'static str,
}

/// The SQL that limits the idle time of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct IdleLimit {
    /// The text before the time.
    pub(crate) set: &'static str,
    /// The unit of the time. A fraction is rounded up.
    pub(crate) unit: Duration,
    /// Removes the limit after the transaction; None: the limit ends with the transaction.
    pub(crate) lift: Option<&'static str>,
}

/// The parts of CREATE TABLE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Definitions {
    /// The SQL types of the types of values.
    pub(crate) types: &'static [(ValueType, &'static str)],
    /// The SQL type of an array; None: the type of the element with `[]` after it.
    pub(crate) array: Option<&'static str>,
    /// The SQL type of a text in a key or an index.
    pub(crate) indexed_text: Size,
    /// The SQL type of bytes in a key or an index.
    pub(crate) indexed_bytes: Size,
    /// The SQL type of an exact decimal.
    pub(crate) decimal: Size,
    /// The SQL types of spellings that need another type than their values.
    pub(crate) stored: &'static [(Stored, &'static str)],
    /// The SQL types of integers that the database generates.
    pub(crate) numbers: &'static [(ValueType, &'static str)],
    pub(crate) autoincrement: AutoIncrement,
    pub(crate) logins: Logins,
    /// Whether indexes are part of CREATE TABLE. If not, each index is a statement of its own.
    pub(crate) inline_indexes: bool,
    /// The methods of indexes that are written before `KEY`.
    pub(crate) index_keywords: &'static [&'static str],
    /// The clause of an index that queries do not use.
    pub(crate) invisible_index: &'static str,
    /// Whether the schema of an index is written before its name. If not, it is that of the table after ON.
    pub(crate) schema_of_index: bool,
    /// Whether a foreign key can name the schema of its target.
    pub(crate) schema_of_target: bool,
    /// Whether a foreign key can be checked at the COMMIT.
    pub(crate) deferrable_targets: bool,
    /// The types after which `NULL` is written for a column that can be NULL.
    pub(crate) explicit_null: &'static [&'static str],
    pub(crate) comments: Comments,
    pub(crate) constants: Constants,
    /// The clauses after the columns of a new table. Empty: none.
    pub(crate) options: &'static str,
}

/// The syntax of comments on tables, columns and indexes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comments {
    /// The database has no comments.
    None,
    /// A clause of CREATE TABLE.
    Inline,
    /// `COMMENT ON`.
    Statements,
}

/// The syntax of constants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Constants {
    /// False and true.
    pub(crate) booleans: [&'static str; 2],
    /// The text before the hexadecimal digits of bytes.
    pub(crate) bytes: &'static str,
    /// The offset of UTC after a timestamp.
    pub(crate) utc: &'static str,
}

/// The SQL type of values that have a size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Size {
    /// The type has no size.
    None(&'static str),
    /// The type needs a length. `usual` is the default, and `most` is the largest length.
    Length { word: &'static str, usual: u32, most: u32 },
    /// The type has a precision of at most `most` and a scale of at most `scale`. The type `usual` serves decimals
    /// without known sizes, and with larger ones: a larger scale would add zeros that do not fit a `Decimal`.
    Digits { word: &'static str, usual: &'static str, most: u32, scale: u32 },
}

/// The placeholder of the n-th bind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Placeholder {
    /// `?`
    Question,
    /// `$n`
    Dollar,
}

/// The conflict clause of an INSERT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Upsert {
    /// `ON CONFLICT (keys) DO UPDATE SET c = excluded.c`
    OnConflict,
    /// `ON DUPLICATE KEY UPDATE c = VALUES(c)`
    OnDuplicateKey,
}

/// Upserts on a dialect whose conflict clause cannot name a unique key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UnnamedConflicts {
    /// The code of the error when a row conflicts on another unique key than that of the upsert.
    pub(crate) code: &'static str,
}

/// The syntax of IN with values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InList {
    /// `= ANY($1)`: one bind of an array type, so that one text serves all lengths.
    AnyArray,
    /// `IN (?, ?, ..)`, padded with the last value to a power of two, so that few texts serve all lengths.
    Padded,
}

/// The syntax of IN with a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SetQuery {
    /// `IN (SELECT ..)`
    Plain,
    /// `IN (SELECT * FROM (SELECT ..) AS source)` when the query has a limit, or the statement writes. The database
    /// refuses a limit, and a read of the table that is written, in the plain form.
    Derived,
}

/// The syntax of locking reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Locks {
    /// `FOR UPDATE` and `FOR SHARE`, with `OF`, `SKIP LOCKED` and `NOWAIT`.
    Standard,
    /// `FOR UPDATE` with `SKIP LOCKED` and `NOWAIT`, and `LOCK IN SHARE MODE`, to which not all versions can add them.
    ShareMode,
}

/// The syntax of parts of dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dates {
    /// `strftime('%Y', x)`, of text.
    Strftime,
    /// `EXTRACT(YEAR FROM x)`, of an instant in a time zone.
    ExtractInZone,
    /// `EXTRACT(YEAR FROM x)`, with functions for the date and the day of the week.
    Extract,
}

/// The syntax of paths into JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JsonPaths {
    /// `jsonb_extract_path(x, VARIADIC path)`, with an array of texts as the path.
    Jsonb,
    /// `json_extract(x, path)`, which returns SQL values.
    Extract,
    /// `JSON_EXTRACT(x, path)`, which returns JSON, and `JSON_CONTAINS(x, y)`.
    ExtractJson,
}

/// The syntax of patterns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Like {
    /// LIKE is case-sensitive, and ILIKE is not.
    Ilike,
    /// LIKE ignores the case of ASCII letters. GLOB is case-sensitive, with another syntax of patterns.
    Glob,
    /// LIKE uses the collation of the column. This collation is case-sensitive.
    Collation(&'static str),
}

/// Comparison and arithmetic of exact decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DecimalMath {
    /// The database has a decimal type.
    Native,
    /// Decimals are text. The backend adds a collation, and the functions `PREFIX_add`, `PREFIX_sub` and `PREFIX_mul`.
    Functions { collation: &'static str, prefix: &'static str },
}

impl Dialect {
    /// Writes a quoted name.
    pub(crate) fn quote(&self, name: &str, text: &mut String) {
        text.push(self.quote);
        if name.contains(self.quote) {
            text.push_str(&name.replace(self.quote, &format!("{0}{0}", self.quote)));
        } else {
            text.push_str(name);
        }
        text.push(self.quote);
    }

    /// Returns a quoted name. A dot separates the schema and the table.
    pub(crate) fn quoted(&self, name: &str) -> String {
        let (schema, table) = qualified::parts(name);
        let schema = schema.map(|schema| self.quoted_part(&schema) + ".").unwrap_or_default();
        schema + &self.quoted_part(&table)
    }

    /// Whether a statement of the other dialect is one of this dialect. They can differ in how columns are stored.
    pub(crate) fn has_sql_of(&self, other: &Self) -> bool {
        self.name == other.name
    }

    /// Returns `sqlite`, `postgresql` or `mysql`. Test the [capabilities](Self::capabilities) instead of the name to
    /// find out what the database supports.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the capabilities that all supported versions of the database have.
    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// Returns the spelling that converts `{}` to a type.
    pub(crate) fn cast(&self, ty: ValueType) -> Option<&'static str> {
        self.casts.iter().find(|(known, _)| *known == ty).map(|(_, spelling)| *spelling)
    }

    /// Returns true when rows with a value of type `ty` have a [digest](crate::backend::RowDigest). `column` is the
    /// type of the values in the database, as [`TableInfo`](crate::TableInfo) reports it.
    pub fn has_digest(&self, ty: ValueType, column: Option<ValueType>) -> bool {
        self.digests.has(ty, column)
    }

    /// Returns the dialect with this name: `sqlite`, `postgresql` (or `postgres`), `mysql` (or `mariadb`). `parse` does
    /// the same.
    ///
    /// ```
    /// # use activerecord_core::Dialect;
    /// let dialect = Dialect::named("postgresql")?;
    /// assert!(dialect.capabilities().arrays);
    /// assert_eq!("postgres".parse::<&Dialect>()?, dialect);
    /// # Ok::<(), activerecord_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Configuration` when no dialect has this name.
    pub fn named(name: &str) -> Result<&'static Self> {
        match name {
            "sqlite" => Ok(&SQLITE),
            "postgresql" | "postgres" => Ok(&POSTGRESQL),
            "mysql" | "mariadb" => Ok(&MYSQL),
            _ => Err(Error::configuration(format!(
                "unknown dialect `{name}`; the dialects are sqlite, postgresql and mysql"
            ))),
        }
    }
}

impl FromStr for &'static Dialect {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Dialect::named(name)
    }
}
