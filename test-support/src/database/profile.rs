//! The expected behaviour of each database. `capabilities.rs` and the cases check it.

use std::env;
use std::ops::RangeInclusive;

use activerecord::{Config, Error, Result};

use super::columns;
use super::schemas::{self, Rich};
use super::sequences::{self, Sequenced};
use super::tables;
use crate::pool::TIME_LIMIT;

/// The environment variable with the name of the database to test: one of [`PROFILES`].
const CHOICE: &str = "ACTIVERECORD_TEST_DATABASE";

/// The expected behaviour of a database.
#[derive(Debug)]
pub struct Profile {
    name: &'static str,
    /// The environment variable with the URL of its server.
    variable: Option<&'static str>,
    pub(super) kind: Kind,
    pub(super) types: &'static tables::Types,
    /// The capabilities that its connections report.
    pub capabilities: Expected,
    /// Whether an error names the violated constraint. If not, it names the columns.
    pub names_constraints: bool,
    /// Whether the error of an upsert names the violated unique key, if that is not the key of the upsert.
    pub names_other_conflicts: bool,
    /// Whether foreign keys can be checked at the COMMIT.
    pub deferred_constraints: bool,
    /// Whether a column refuses a value that exceeds its declared size.
    pub limited_columns: bool,
    /// Whether text can contain the character NUL.
    pub nul: bool,
    /// Whether floats can be infinite.
    pub infinities: bool,
    /// Whether floats can be NaN.
    pub nan: bool,
    /// The greatest `u64` that a column can store.
    pub greatest_u64: u64,
    /// The years that dates and times can have.
    pub years: RangeInclusive<i32>,
    /// Whether 23:59:60 is a valid time.
    pub leap_seconds: bool,
    /// The database has a type for UUIDs, so that a UUID has one spelling.
    pub has_uuids: bool,
    /// Whether generated keys continue after the greatest key that a program has written.
    pub keys_go_on: bool,
    /// Tables whose keys do not follow the greatest key that a program has written.
    pub sequenced: &'static [Sequenced],
    /// Types of columns, each with two texts that it finds equal.
    pub merged: &'static [(&'static str, &'static str, &'static str)],
    /// The statements that the types of `merged` need.
    pub merging: &'static [&'static str],
    /// Statements that give up, for the rest of a transaction, the right to move the sequence of the table `tickets`, whose
    /// key has the type ID. Empty: such a key has no sequence.
    pub without_sequence: &'static [&'static str],
    /// The option, and its value, that makes a connection wait only briefly for a lock.
    pub(super) impatience: (&'static str, &'static str),
    /// Types of columns, in the SQL of the database. They hold values of all kinds, with and without limits.
    pub columns: &'static [&'static [&'static str]],
    /// SQL that ends its session.
    pub last_words: &'static str,
    /// A column type that the library does not support.
    pub foreign_type: &'static str,
    /// Tables with everything that the database can say of a table.
    pub rich: &'static Rich,
    /// Defines the type STATUS of columns. None: it needs no definition.
    pub enum_definition: Option<&'static str>,
    /// The query that tells whether the server can prepare transactions. None: the database cannot.
    pub prepared_if: Option<&'static str>,
}

/// The capabilities that a connection must report.
#[derive(Debug)]
#[allow(missing_docs, clippy::struct_excessive_bools, reason = "they are the flags of `Capabilities`")]
pub struct Expected {
    pub insert_returning: bool,
    pub update_returning: bool,
    pub row_locks: bool,
    pub skip_locked: bool,
    pub distinct_on: bool,
    pub json_contains: bool,
    pub concurrent_writers: bool,
    pub arrays: bool,
    pub isolation_levels: bool,
    pub transactional_ddl: bool,
    pub typed_columns: bool,
    pub notifications: bool,
    pub truncate_triggers: bool,
    pub max_binds: usize,
}

/// What each test gets.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    File,
    Schema,
    Database { collation: &'static str },
}

static SQLITE: Profile = SQLITE_PROFILE;

/// The values that every database can store, so that they can be copied between any two.
static LEAST: Profile =
    Profile { name: "least", nul: false, infinities: false, years: 1..=9999, leap_seconds: false, ..SQLITE_PROFILE };

const SQLITE_PROFILE: Profile = Profile {
    name: "sqlite",
    variable: None,
    kind: Kind::File,
    types: &tables::SQLITE,
    capabilities: Expected {
        insert_returning: true,
        update_returning: true,
        row_locks: false,
        skip_locked: false,
        distinct_on: false,
        json_contains: false,
        concurrent_writers: false,
        arrays: false,
        isolation_levels: false,
        transactional_ddl: true,
        typed_columns: false,
        notifications: false,
        truncate_triggers: false,
        max_binds: 32_766,
    },
    names_constraints: false,
    names_other_conflicts: true,
    deferred_constraints: true,
    limited_columns: false,
    nul: true,
    infinities: true,
    nan: false,
    greatest_u64: i64::MAX as u64,
    years: 0..=9999,
    leap_seconds: true,
    has_uuids: false,
    keys_go_on: true,
    sequenced: &[],
    merged: &[("TEXT COLLATE NOCASE", "a", "A"), ("TEXT COLLATE RTRIM", "a", "a  ")],
    merging: &[],
    without_sequence: &[],
    impatience: ("busy_timeout", "20ms"),
    columns: &[columns::SQLITE],
    last_words: "PRAGMA query_only = 0",
    foreign_type: "SPATIAL",
    rich: &schemas::SQLITE,
    enum_definition: None,
    prepared_if: None,
};

static POSTGRES: Profile = Profile {
    name: "postgres",
    variable: Some("DATABASE_URL_POSTGRES"),
    kind: Kind::Schema,
    types: &tables::POSTGRES,
    capabilities: Expected {
        insert_returning: true,
        update_returning: true,
        row_locks: true,
        skip_locked: true,
        distinct_on: true,
        json_contains: true,
        concurrent_writers: true,
        arrays: true,
        isolation_levels: true,
        transactional_ddl: true,
        typed_columns: true,
        notifications: true,
        truncate_triggers: true,
        max_binds: 65_535,
    },
    names_constraints: true,
    names_other_conflicts: true,
    deferred_constraints: true,
    limited_columns: true,
    nul: false,
    infinities: true,
    nan: true,
    greatest_u64: u64::MAX,
    years: -4712..=262_142,
    leap_seconds: false,
    has_uuids: true,
    keys_go_on: false,
    sequenced: &sequences::POSTGRES,
    merged: &[("text COLLATE no_case", "a", "A"), ("varchar(50) COLLATE composed", "\u{e9}", "e\u{301}")],
    merging: &[
        "CREATE COLLATION no_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
        "CREATE COLLATION composed (provider = icu, locale = 'und', deterministic = false)",
    ],
    without_sequence: &[
        "CREATE ROLE \"a \"\"lesser\"\" login\"",
        "DO $$ BEGIN EXECUTE format('GRANT ALL ON SCHEMA %I TO \"a \"\"lesser\"\" login\"', current_schema()); END $$",
        "GRANT ALL ON tickets TO \"a \"\"lesser\"\" login\"",
        "SET LOCAL ROLE \"a \"\"lesser\"\" login\"",
    ],
    impatience: ("lock_timeout", "20ms"),
    columns: &[columns::POSTGRES],
    last_words: "SET ROLE NONE",
    foreign_type: "interval",
    rich: &schemas::POSTGRES,
    enum_definition: Some("CREATE TYPE status AS ENUM ('active', 'suspended', 'closed')"),
    prepared_if: Some("SELECT CAST(current_setting('max_prepared_transactions') AS integer) > 0"),
};

static MARIADB: Profile = Profile {
    name: "mariadb",
    variable: Some("DATABASE_URL_MARIADB"),
    kind: Kind::Database { collation: "utf8mb4_nopad_bin" },
    capabilities: Expected { insert_returning: true, ..MYSQL_CAPABILITIES },
    columns: &[columns::MYSQL, columns::ONLY_MARIADB],
    rich: &schemas::MARIADB,
    sequenced: &sequences::MARIADB,
    ..MYSQL_PROFILE
};

static MYSQL: Profile = MYSQL_PROFILE;

const MYSQL_PROFILE: Profile = Profile {
    name: "mysql",
    variable: Some("DATABASE_URL_MYSQL"),
    kind: Kind::Database { collation: "utf8mb4_0900_bin" },
    types: &tables::MYSQL,
    capabilities: MYSQL_CAPABILITIES,
    names_constraints: true,
    names_other_conflicts: false,
    deferred_constraints: false,
    limited_columns: true,
    nul: true,
    infinities: false,
    nan: false,
    greatest_u64: u64::MAX,
    years: 1..=9999,
    leap_seconds: false,
    has_uuids: false,
    keys_go_on: true,
    sequenced: &[],
    merged: &[
        ("VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci", "a", "A"),
        ("VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci", "\u{e9}", "e\u{301}"),
        ("VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", "a", "a "),
        ("VARCHAR(50) CHARACTER SET latin1 COLLATE latin1_swedish_ci", "\u{e9}", "E"),
    ],
    merging: &[],
    without_sequence: &[],
    impatience: ("lock_timeout", "1s"),
    columns: &[columns::MYSQL],
    last_words: "SET @spent = 1",
    foreign_type: "point",
    rich: &schemas::MYSQL,
    enum_definition: None,
    prepared_if: Some("SELECT 1 = 1"),
};

const MYSQL_CAPABILITIES: Expected = Expected {
    insert_returning: false,
    update_returning: false,
    row_locks: true,
    skip_locked: true,
    distinct_on: false,
    json_contains: true,
    concurrent_writers: true,
    arrays: false,
    isolation_levels: true,
    transactional_ddl: false,
    typed_columns: true,
    notifications: false,
    truncate_triggers: false,
    max_binds: 65_535,
};

/// The databases of the tests.
const PROFILES: [&Profile; 4] = [&SQLITE, &POSTGRES, &MARIADB, &MYSQL];

impl Profile {
    /// Returns the profile that the environment selects.
    pub fn current() -> Result<&'static Self> {
        let choice = env::var(CHOICE).unwrap_or_else(|_| SQLITE.name.into());
        let profile = PROFILES.into_iter().find(|profile| profile.name == choice);
        profile.ok_or_else(|| {
            let names = PROFILES.map(|profile| profile.name).join(", ");
            Error::configuration(format!("{CHOICE} is `{choice}`; the databases are {names}"))
        })
    }

    /// Makes a connection wait only briefly for a lock.
    pub fn impatient(&self, config: Config) -> Config {
        let (option, value) = self.impatience;
        config.option(option, value)
    }

    /// Makes a connection wait so long that only a hang reaches the limit.
    pub(super) fn patient(&self, config: Config) -> Config {
        match self.kind {
            Kind::File => config.option("busy_timeout", TIME_LIMIT),
            Kind::Schema | Kind::Database { .. } => config.option("connect_timeout", TIME_LIMIT),
        }
    }

    /// Returns the URL of its server. None: it is a file.
    pub(super) fn server(&self) -> Result<Option<String>> {
        let Some(variable) = self.variable else { return Ok(None) };
        env::var(variable).map(Some).map_err(|_| {
            Error::configuration(format!(
                "{variable} is not set: `cargo xtask test` starts the servers and runs these tests on each of them"
            ))
        })
    }

    /// All profiles.
    pub fn all() -> [&'static Self; 4] {
        PROFILES
    }

    /// The profile of the values that every database can store.
    pub fn least() -> &'static Self {
        &LEAST
    }

    /// Its name in `ACTIVERECORD_TEST_DATABASE`.
    pub fn name(&self) -> &'static str {
        self.name
    }
}
