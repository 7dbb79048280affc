//! What is expected of each database: stated here, and checked by `capabilities.rs` and by the cases.

use std::env;
use std::ops::RangeInclusive;

use activerecord::{Config, Error, Result};

use super::tables;

/// Names the database to run the cases on: one of [`PROFILES`].
const CHOICE: &str = "ACTIVERECORD_TEST_DATABASE";

/// What is expected of a database.
#[derive(Debug)]
pub struct Profile {
    name: &'static str,
    /// The variable with its server's URL.
    variable: Option<&'static str>,
    pub(super) kind: Kind,
    pub(super) types: &'static tables::Types,
    /// What its connections report.
    pub capabilities: Expected,
    /// An error names the constraint; else its columns.
    pub names_constraints: bool,
    /// An upsert that meets another unique key than its own names that key.
    pub names_other_conflicts: bool,
    /// Foreign keys can be checked at the COMMIT.
    pub deferred_constraints: bool,
    /// Columns refuse what is longer or greater than they are declared.
    pub limited_columns: bool,
    /// Text may contain the character NUL.
    pub nul: bool,
    /// Floats may be infinite.
    pub infinities: bool,
    /// Floats may be NaN.
    pub nan: bool,
    /// The greatest `u64` that a column keeps.
    pub greatest_u64: u64,
    /// The years of dates and times.
    pub years: RangeInclusive<i32>,
    /// 23:59:60 is a time.
    pub leap_seconds: bool,
    /// Generated keys go on after the greatest one that was given.
    pub keys_go_on: bool,
    /// The option of a connection that waits for no lock for longer than this.
    pub(super) impatience: (&'static str, &'static str),
    /// A type of columns that the library does not have.
    pub foreign_type: &'static str,
    /// Asks the server whether transactions can be prepared; None: they cannot.
    pub prepared_if: Option<&'static str>,
}

/// The capabilities that a connection has to tell.
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
    pub max_binds: usize,
}

/// What a test gets of its own.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    File,
    Schema,
    Database { collation: &'static str },
}

static SQLITE: Profile = SQLITE_PROFILE;

/// What all of them keep: the values that can be copied from each to each.
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
    keys_go_on: true,
    impatience: ("busy_timeout", "20ms"),
    foreign_type: "SPATIAL",
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
    keys_go_on: false,
    impatience: ("lock_timeout", "20ms"),
    foreign_type: "interval",
    prepared_if: Some("SELECT CAST(current_setting('max_prepared_transactions') AS integer) > 0"),
};

static MARIADB: Profile = Profile {
    name: "mariadb",
    variable: Some("DATABASE_URL_MARIADB"),
    kind: Kind::Database { collation: "utf8mb4_nopad_bin" },
    capabilities: Expected { insert_returning: true, ..MYSQL_CAPABILITIES },
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
    keys_go_on: true,
    impatience: ("lock_timeout", "1s"),
    foreign_type: "point",
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
    max_binds: 65_535,
};

/// The databases that there are cases for.
const PROFILES: [&Profile; 4] = [&SQLITE, &POSTGRES, &MARIADB, &MYSQL];

impl Profile {
    /// The one that the environment chooses.
    pub fn current() -> Result<&'static Self> {
        let choice = env::var(CHOICE).unwrap_or_else(|_| SQLITE.name.into());
        let profile = PROFILES.into_iter().find(|profile| profile.name == choice);
        profile.ok_or_else(|| {
            let names = PROFILES.map(|profile| profile.name).join(", ");
            Error::configuration(format!("{CHOICE} is `{choice}`; the databases are {names}"))
        })
    }

    /// A connection that does not wait for locks.
    pub fn impatient(&self, config: Config) -> Config {
        let (option, value) = self.impatience;
        config.option(option, value)
    }

    /// The URL of its server; None: it needs none.
    pub(super) fn server(&self) -> Result<Option<String>> {
        let Some(variable) = self.variable else { return Ok(None) };
        env::var(variable).map(Some).map_err(|_| {
            Error::configuration(format!(
                "{variable} is not set: `cargo xtask test` starts the servers and runs these tests on each of them"
            ))
        })
    }

    /// All of them.
    pub fn all() -> [&'static Self; 4] {
        PROFILES
    }

    /// What all of them keep.
    pub fn least() -> &'static Self {
        &LEAST
    }

    /// How `ACTIVERECORD_TEST_DATABASE` names it.
    pub fn name(&self) -> &'static str {
        self.name
    }
}
