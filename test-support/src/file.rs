//! A separate SQLite file for each test. Connections are registered for the whole process. A test uses its own by
//! `with_connection(&database, async || ..)`.

use std::ops::Deref;
use std::sync::atomic::{AtomicU32, Ordering};

use activerecord::{Config, ConnectionManager, Error, Result, connection};
use tempfile::TempDir;

use crate::pool::{TIME_LIMIT, patient_pool};

/// A registered SQLite file. It derefs to the name of its connection.
#[derive(Debug)]
pub struct DatabaseFile {
    name: String,
    folder: TempDir,
}

impl DatabaseFile {
    /// Creates a file with these tables: `airports (id INTEGER PRIMARY KEY, code TEXT NOT NULL)`.
    pub async fn new<const N: usize>(tables: [&str; N]) -> Self {
        Self::with(&tables).await.unwrap_or_else(|error| panic!("no database for a test: {error}"))
    }

    async fn with(tables: &[&str]) -> Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("file-{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let database = Self { name, folder: tempfile::tempdir().map_err(Error::custom)? };
        ConnectionManager::configure(&database, Config::url(database.url())?.pool(patient_pool(10)))?;
        for table in tables {
            connection(&database)?.execute(&format!("CREATE TABLE {table}"), []).await?;
        }
        Ok(database)
    }

    /// The URL of the file, for another connection to it. Append options with `&`: a second `busy_timeout` replaces this
    /// one, which only a hang reaches.
    pub fn url(&self) -> String {
        format!("sqlite://{}?mode=rwc&busy_timeout={TIME_LIMIT}", self.path())
    }

    /// The path of the file.
    pub fn path(&self) -> String {
        self.folder.path().join("main.db").display().to_string()
    }
}

impl Deref for DatabaseFile {
    type Target = str;

    fn deref(&self) -> &str {
        &self.name
    }
}
