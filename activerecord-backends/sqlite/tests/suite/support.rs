//! Shared code of the tests: the backend, files, and short forms for statements.

use std::sync::Arc;

use activerecord_core::Config;
use activerecord_core::backend::Backend;
use activerecord_sqlite as _;
use tempfile::TempDir;
pub(crate) use test_support::backend::*;

/// A new file, in a directory that is deleted with it.
pub(crate) struct File {
    pub(crate) directory: TempDir,
    pub(crate) path: std::path::PathBuf,
}

impl File {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("test.db");
        Self { directory, path }
    }

    pub(crate) fn config(&self) -> Config {
        patient(Config::sqlite(self.path.to_str().unwrap()).option("mode", "rwc"))
    }

    pub(crate) fn backend(&self) -> Arc<dyn Backend> {
        backend(&self.config()).unwrap()
    }

    /// A connection of another program to the file.
    pub(crate) fn other(&self) -> rusqlite::Connection {
        let other = rusqlite::Connection::open(&self.path).unwrap();
        other.busy_timeout(std::time::Duration::ZERO).unwrap();
        other
    }
}

pub(crate) fn memory() -> Arc<dyn Backend> {
    backend(&patient(Config::sqlite(":memory:"))).unwrap()
}

/// Waits for locks have a long limit, because a slow machine may need it.
fn patient(config: Config) -> Config {
    config.option("busy_timeout", "60s")
}
