//! Many tasks at once.

mod common;

use activerecord::prelude::*;
use common::Database;

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[table = "counters"]
struct Counter {
    id: i64,
    value: i64,
}

#[tokio::test]
async fn smoke() -> Result<()> {
    let database = Database::new(["counters (id INTEGER PRIMARY KEY, value INTEGER NOT NULL)"]).await;
    with_connection(&database, async || Counter::create(Counter::default()).await).await?;
    Ok(())
}
