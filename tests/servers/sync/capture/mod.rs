//! Captures never refuse a write of an application, and lose no change silently.

mod images;
mod names;
mod refused;

use activerecord::Message;
use activerecord::prelude::*;
use serde_json::Value as Json;
use test_support::Database;

use super::profiles;

/// A database for each profile, with a table `t` that this SQL creates: of SQLite, of PostgreSQL, of MySQL and MariaDB. An empty
/// text leaves the database out.
async fn databases([sqlite, postgres, mysql]: [&str; 3]) -> Result<Vec<Database>> {
    let mut databases = Vec::new();
    for profile in profiles() {
        let database = Database::on(profile, &[]).await?;
        let sql = match connection(&database)?.dialect().name() {
            "sqlite" => sqlite,
            "postgresql" => postgres,
            _ => mysql,
        };
        if !sql.is_empty() {
            run(&database, &[sql]).await?;
            databases.push(database);
        }
    }
    Ok(databases)
}

async fn run(database: &str, statements: &[&str]) -> Result<()> {
    for statement in statements {
        connection(database)?.execute(statement, []).await?;
    }
    Ok(())
}

/// A captured change.
#[derive(Debug, PartialEq)]
struct Seen {
    topic: String,
    kind: String,
    key: Option<String>,
    before: Json,
    after: Json,
    /// The key of a change without images.
    reread: Json,
}

impl Seen {
    fn short(&self) -> (&str, Option<&str>) {
        (&self.kind, self.key.as_deref())
    }
}

/// Takes the messages out of the outbox, in their order.
async fn taken(database: &str) -> Result<Vec<Seen>> {
    let messages = Message::using(database).order_by(Message::ID.asc()).all().await?;
    Message::using(database).delete().await?;
    let seen = messages.into_iter().map(|message| {
        let mut payload: Json = message.payload()?;
        let mut part = |name: &str| payload[name].take();
        let (before, after, reread) = (part("before"), part("after"), part("key"));
        Ok(Seen { topic: message.topic, kind: message.kind, key: message.key, before, after, reread })
    });
    seen.collect()
}
