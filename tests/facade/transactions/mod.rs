//! Transactions that are dropped or locked out, on SQLite files, where each point of waiting is known. What holds on every
//! database is in `tests/conformance`.

mod cancelled;
mod retried;

use std::ops::Deref;

use activerecord::prelude::*;
use test_support::DatabaseFile;
use test_support::Outside;

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

/// A database with an empty table of airports, whose codes are unique, and a look at it from outside.
struct Airports {
    database: DatabaseFile,
    outside: Outside,
}

impl Airports {
    async fn new() -> Self {
        let database = DatabaseFile::new(["airports (id INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE)"]).await;
        let outside = Outside::new(&database).unwrap_or_else(|error| panic!("{error}"));
        Self { database, outside }
    }

    /// The codes of the airports that are committed. No transaction that writes may be open.
    async fn committed(&self) -> String {
        let codes = async {
            self.outside.take_the_lock().await?;
            self.outside.see("SELECT code FROM airports ORDER BY code").await
        };
        codes.await.unwrap_or_else(|error| panic!("seen from outside: {error}")).join(" ")
    }
}

impl Deref for Airports {
    type Target = str;

    fn deref(&self) -> &str {
        &self.database
    }
}
