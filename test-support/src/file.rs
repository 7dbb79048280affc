//! An SQLite file of its own for each test. Connections are registered for the whole process: a test reaches its own by
//! `with_connection(&database, async || ..)`.

use std::ops::Deref;
use std::sync::atomic::{AtomicU32, Ordering};

use activerecord::{ConnectionManager, Error, Result, connection};
use tempfile::TempDir;

/// An SQLite file that is registered by a name of its own, which it derefs to.
#[derive(Debug)]
pub struct DatabaseFile {
    name: String,
    folder: TempDir,
}

impl DatabaseFile {
    /// Makes a file with these tables: `airports (id INTEGER PRIMARY KEY, code TEXT NOT NULL)`.
    pub async fn new<const N: usize>(tables: [&str; N]) -> Self {
        Self::with(&tables).await.unwrap_or_else(|error| panic!("no database for a test: {error}"))
    }

    async fn with(tables: &[&str]) -> Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("file-{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let database = Self { name, folder: tempfile::tempdir().map_err(Error::custom)? };
        ConnectionManager::configure(&database, database.url())?;
        for table in tables {
            connection(&database)?.execute(&format!("CREATE TABLE {table}"), []).await?;
        }
        Ok(database)
    }

    /// The URL of the file, for another connection to it. More options are added with `&`.
    pub fn url(&self) -> String {
        format!("sqlite://{}?mode=rwc", self.path())
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
