//! What the integration tests share. Connections are registered for the whole process: each test has a name and a file of
//! its own, and reaches them by `with_connection(&database, async || ..)`.

use std::ops::Deref;
use std::sync::atomic::{AtomicU32, Ordering};

use activerecord::{ConnectionManager, connection};
use tempfile::TempDir;

/// An SQLite file that is registered by a name of its own, which it derefs to.
#[derive(Debug)]
pub(crate) struct Database {
    name: String,
    folder: TempDir,
}

impl Database {
    /// Makes a file with these tables: `airports (id INTEGER PRIMARY KEY, code TEXT NOT NULL)`.
    pub(crate) async fn new<const N: usize>(tables: [&str; N]) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("database-{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let database = Self { name, folder: tempfile::tempdir().unwrap() };
        ConnectionManager::configure(&database, database.url()).unwrap();
        for table in tables {
            connection(&database).unwrap().execute(&format!("CREATE TABLE {table}"), []).await.unwrap();
        }
        database
    }

    /// The URL of the file, for another connection to it. More options are added with `&`.
    pub(crate) fn url(&self) -> String {
        format!("sqlite://{}?mode=rwc", self.path())
    }

    /// The path of the file.
    pub(crate) fn path(&self) -> String {
        self.folder.path().join("main.db").display().to_string()
    }
}

impl Deref for Database {
    type Target = str;

    fn deref(&self) -> &str {
        &self.name
    }
}
