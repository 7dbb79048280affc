//! Transactions on one connection.

mod basics;
mod explicit;
mod failed;
mod idle;
mod isolation;
mod nested;
mod prepared;
mod retried;

use std::ops::Deref;

use activerecord::prelude::*;

use test_support::{Database, Profile};

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
    database: Database,
    outside: String,
}

impl Airports {
    async fn new() -> Self {
        let database = Database::new(["airports (id ID, code STRING NOT NULL UNIQUE)"]).await;
        let outside = database.alias("outside", |config| config).unwrap_or_else(|error| panic!("{error}"));
        Self { database, outside }
    }

    /// Returns the codes of the committed airports. No transaction that writes may be open.
    async fn committed(&self) -> String {
        let codes = async {
            self.take_the_lock().await?;
            Airport::using(&self.outside).order_by(Airport::CODE.asc()).pluck(Airport::CODE).await
        };
        codes.await.unwrap_or_else(|error| panic!("on the second connection: {error}")).join(" ")
    }

    /// Begins a write transaction and rolls it back. If only one can write at a time, this fails if a transaction was
    /// left open.
    async fn take_the_lock(&self) -> Result<()> {
        Transaction::begin(&self.outside).independent().await?.rollback().await
    }
}

impl Deref for Airports {
    type Target = str;

    fn deref(&self) -> &str {
        &self.database
    }
}
