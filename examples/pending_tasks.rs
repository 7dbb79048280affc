//! The outbox: a registration enqueues a task in its own transaction, and a worker handles it in another database. A
//! task that fails five times becomes a dead letter, with its last error.
//!
//! ```text
//! cargo run --example pending_tasks
//! ```
//!
//! It uses only SQLite files, created anew on every run.

use std::time::Duration;

use activerecord::Backoff;
use activerecord::outbox::Task;
use activerecord::prelude::*;

#[derive(ActiveRecord, Clone, Debug, Default)]
struct User {
    id: i64,
    email: String,
}

#[derive(ActiveRecord, Clone, Debug, Default)]
#[connection = "analytics"]
#[table = "user_analytics"]
struct UserAnalytics {
    id: i64,
    user_id: i64,
    domain: String,
}

/// Writes the user and the task in one transaction.
async fn register(email: &str) -> Result<User> {
    transaction("primary", async || {
        let user = User::create(User { id: 0, email: email.into() }).await?;
        Outbox::enqueue("create_user_analytics", &user.id).await?;
        Ok(user)
    })
    .await
}

/// May be called more than once for one task; the code inside `once` takes effect once.
async fn create_user_analytics(task: Task<i64>) -> Result<()> {
    let user = User::find(*task.payload()).await?;
    let domain = user.email.split_once('@').map(|(_, domain)| domain.to_owned());
    let domain = domain.ok_or_else(|| Error::invalid(format!("`{}` has no domain", user.email)))?;
    println!("  attempt {} at task {}: {domain}", task.attempt(), task.id());
    task.once("analytics", async || UserAnalytics { id: 0, user_id: user.id, domain }.insert().await).await.map(drop)
}

#[tokio::main]
async fn main() -> Result<()> {
    let folder = tempfile::tempdir().map_err(Error::custom)?;
    for name in ["primary", "analytics"] {
        ConnectionManager::configure(name, format!("sqlite://{}/{name}.db?mode=rwc", folder.path().display()))?;
    }
    let users = "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL)";
    connection("primary")?.execute(users, []).await?;
    let analytics =
        "CREATE TABLE user_analytics (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL, domain TEXT NOT NULL)";
    connection("analytics")?.execute(analytics, []).await?;

    println!("Three registrations; one has an email address without a domain");
    for email in ["first@example.com", "nowhere", "second@example.org"] {
        register(email).await?;
    }

    println!("\nA worker runs until all tasks are handled");
    let worker = Worker::new("primary")
        .handle("create_user_analytics", create_user_analytics)
        .max_attempts(5)
        .backoff(Backoff::new(Duration::from_millis(1), Duration::from_millis(10)))
        .poll(Duration::from_millis(5));
    let done = async {
        loop {
            let stats = Outbox::stats("primary").await;
            if stats.is_ok_and(|topics| topics.iter().all(|topic| topic.due + topic.later + topic.leased == 0)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    worker.run_until(done).await?;

    println!("\n{} users, {} with analytics", User::count().await?, UserAnalytics::count().await?);
    println!("\nDead letters");
    for task in Outbox::dead("primary", None, 10).await? {
        println!(
            "  {} {} after {} attempts: {}",
            task.topic,
            task.payload,
            task.attempts,
            task.last_error.unwrap_or_default()
        );
    }
    Ok(())
}
