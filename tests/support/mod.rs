//! A database of its own for each test.

use std::sync::atomic::{AtomicU32, Ordering};

use activerecord::prelude::*;

/// A new SQLite file, registered under a name that nothing else has. The file goes with it.
pub(crate) struct Database {
    pub(crate) name: String,
    _folder: tempfile::TempDir,
}

impl Database {
    /// A database with these tables, whose statements stand between semicolons.
    pub(crate) async fn new(schema: &str) -> Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = tempfile::tempdir().map_err(Error::custom)?;
        ConnectionManager::configure(&name, format!("sqlite://{}/test.db?mode=rwc", folder.path().display()))?;
        for statement in schema.split(';') {
            connection(&name)?.execute(statement, []).await?;
        }
        Ok(Self { name, _folder: folder })
    }

    /// Runs `body` with every model on this database.
    pub(crate) async fn run<T>(&self, body: impl AsyncFnOnce() -> Result<T>) -> Result<T> {
        with_connection(&self.name, body).await
    }
}
