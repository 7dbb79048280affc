//! The contestants.

use protocol::Database;

use crate::options::Options;

/// A contestant. The folder of its workspace has the same name.
#[derive(Debug)]
pub struct Entry {
    /// Its name.
    pub name: &'static str,
    /// The package whose version is the contestant's.
    pub package: &'static str,
    /// The databases that it supports. It has one program per database, built with the feature of that name, unless it
    /// supports only one database.
    pub databases: &'static [Database],
    /// Whether it is the raw driver, with which the others are compared.
    pub is_raw: bool,
}

const ALL: &[Database] = &[Database::Sqlite, Database::Postgres, Database::Mariadb];

/// All contestants, in the order of a round.
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

/// The selected contestants on a database. The raw driver is always included, and comes first.
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
