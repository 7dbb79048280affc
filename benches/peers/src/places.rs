//! The places of the databases.

use std::path::Path;

use clap::ValueEnum;
use protocol::{Database, Store};

use crate::Result;

/// A kind of place for a database. Each has its own table and plot.
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

    /// The database at this place.
    pub fn database(self) -> Database {
        match self {
            Self::Memory | Self::File => Database::Sqlite,
            Self::Postgres => Database::Postgres,
            Self::Mariadb => Database::Mariadb,
        }
    }

    /// The name in the report's headings.
    pub fn title(self) -> &'static str {
        match self {
            Self::Memory => "SQLite in memory",
            Self::File => "SQLite in a file",
            Self::Postgres => "PostgreSQL",
            Self::Mariadb => "MariaDB",
        }
    }

    /// The name on the command line and in file names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::File => "file",
            Self::Postgres => "postgres",
            Self::Mariadb => "mariadb",
        }
    }

    /// Returns the database for one workload of a contestant.
    ///
    /// # Errors
    /// If the environment has no URL of the server.
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
            "{variable} is not set: run `cargo xtask bench`, which starts a server and sets it, or use --database sqlite"
        )
        .into()),
    }
}
