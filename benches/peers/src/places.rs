//! Where the databases are.

use std::path::Path;

use clap::ValueEnum;
use protocol::{Database, Store};

use crate::Result;

/// A kind of place for a database; each is a table and a plot of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Place {
    /// SQLite, in memory.
    Memory,
    /// SQLite, in a file.
    File,
    /// PostgreSQL.
    Postgres,
    /// MariaDB.
    Mariadb,
}

impl Place {
    /// All of them, in the order of the report.
    pub const ALL: [Self; 4] = [Self::Memory, Self::File, Self::Postgres, Self::Mariadb];

    /// The database there.
    pub fn database(self) -> Database {
        match self {
            Self::Memory | Self::File => Database::Sqlite,
            Self::Postgres => Database::Postgres,
            Self::Mariadb => Database::Mariadb,
        }
    }

    /// As in the report's headings.
    pub fn title(self) -> &'static str {
        match self {
            Self::Memory => "SQLite in memory",
            Self::File => "SQLite in a file",
            Self::Postgres => "PostgreSQL",
            Self::Mariadb => "MariaDB",
        }
    }

    /// As on the command line and in names of files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::File => "file",
            Self::Postgres => "postgres",
            Self::Mariadb => "mariadb",
        }
    }

    /// A database there for one workload of a contestant.
    ///
    /// # Errors
    /// Nothing says where the server is.
    pub fn store(self, directory: &Path, name: &str) -> Result<Store> {
        match self {
            Self::Memory => Ok(Store::Memory),
            Self::File => Ok(Store::File(directory.join(format!("{name}.db")))),
            Self::Postgres => server("DATABASE_URL_POSTGRES"),
            Self::Mariadb => server("DATABASE_URL_MARIADB"),
        }
    }
}

/// The name of a database's feature in the contestants' manifests.
pub fn feature(database: Database) -> &'static str {
    match database {
        Database::Sqlite => "sqlite",
        Database::Postgres => "postgres",
        Database::Mariadb => "mariadb",
    }
}

fn server(variable: &str) -> Result<Store> {
    match std::env::var(variable) {
        Ok(url) => Ok(Store::from(url.as_str())),
        Err(_) => Err(format!(
            "{variable} is not set: `cargo xtask bench` starts a server and sets it; --database sqlite needs none"
        )
        .into()),
    }
}
