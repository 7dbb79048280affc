//! Who takes part.

use protocol::Database;

use crate::options::Options;

/// A contestant: the folder of its workspace has its name.
#[derive(Debug)]
pub struct Entry {
    /// Its name.
    pub name: &'static str,
    /// The package whose version is the contestant's.
    pub package: &'static str,
    /// Where it takes part. Of each database there is another program, built with the feature of that name, unless there
    /// is one database only.
    pub databases: &'static [Database],
    /// Whether the others of its databases are compared with it.
    pub is_raw: bool,
}

const ALL: &[Database] = &[Database::Sqlite, Database::Postgres, Database::Mariadb];

/// All of them, in the order of a round.
pub const ENTRIES: [Entry; 10] = [
    raw("rusqlite", "rusqlite", &[Database::Sqlite]),
    raw("sqlx-ordinal", "sqlx", &[Database::Postgres, Database::Mariadb]),
    entry("activerecord", ALL),
    entry("diesel", ALL),
    entry("diesel-async", ALL),
    entry("sqlx", ALL),
    entry("sea-orm", ALL),
    entry("toasty", ALL),
    entry("tokio-postgres", &[Database::Postgres]),
    entry("mysql_async", &[Database::Mariadb]),
];

/// Those that the options want on a database: the raw driver always, and first.
pub fn on(database: Database, options: &Options) -> impl Iterator<Item = &'static Entry> {
    ENTRIES.iter().filter(move |entry| entry.databases.contains(&database) && (entry.is_raw || options.has(entry.name)))
}

const fn entry(name: &'static str, databases: &'static [Database]) -> Entry {
    Entry { name, package: name, databases, is_raw: false }
}

const fn raw(name: &'static str, package: &'static str, databases: &'static [Database]) -> Entry {
    Entry { name, package, databases, is_raw: true }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_database_has_one_raw_driver_and_it_comes_first() {
        for database in ALL {
            let names: Vec<_> = on(*database, &Options::default()).map(|entry| entry.is_raw).collect();
            assert!(names[0]);
            assert!(!names[1..].contains(&true));
        }
    }
}
