//! Transactions that are dropped or meet a lock, on SQLite files, where every point of waiting is known. The tests of
//! every database are in `tests/conformance`.

mod cancelled;
mod retried;

use std::ops::Deref;

use activerecord::prelude::*;
use test_support::{DatabaseFile, Outside, TIME_LIMIT};

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[table = "airports"]
struct Airport {
    id: i64,
    code: String,
}

fn airport(code: &str) -> Airport {
    Airport { code: code.into(), ..Airport::default() }
}

/// Inserts an airport.
async fn add(code: &str) -> Result<()> {
    airport(code).insert().await
}

/// A database with an empty table of airports with unique codes, and a second connection to it.
struct Airports {
    database: DatabaseFile,
    outside: Outside,
}

impl Airports {
    async fn new() -> Self {
        Self::with_busy_timeout(TIME_LIMIT).await
    }

    /// The second connection waits this long for a lock.
    async fn with_busy_timeout(busy_timeout: &str) -> Self {
        let database = DatabaseFile::new(["airports (id INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE)"]).await;
        let outside = Outside::new(&database, busy_timeout).unwrap_or_else(|error| panic!("{error}"));
        Self { database, outside }
    }

    /// Returns the codes of the committed airports. No transaction that writes may be open.
    async fn committed(&self) -> String {
        let codes = async {
            self.outside.take_the_lock().await?;
            self.outside.see("SELECT code FROM airports ORDER BY code").await
        };
        codes.await.unwrap_or_else(|error| panic!("on the second connection: {error}")).join(" ")
    }
}

impl Deref for Airports {
    type Target = str;

    fn deref(&self) -> &str {
        &self.database
    }
}
