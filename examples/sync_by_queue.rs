//! Synchronization through a queue: triggers capture every change of the users, a relay publishes it, and a consumer
//! applies it to analytics. Each change takes effect once, also after crashes.
//!
//! ```text
//! cargo run --example sync_by_queue
//! cargo run --example sync_by_queue --features nats -- nats://localhost:4222
//! ```
//!
//! It uses only SQLite files, created anew on every run. The queue is in the analytics database, unless the argument is
//! the URL of a broker (`nats:`, `amqp:` or `redis:`, each with the feature of its broker).

use std::sync::Arc;
use std::time::Duration;

use activerecord::prelude::*;
use activerecord::queue::{self, Event, Queue, SqlQueue};
use activerecord::sync::Changed;
use tokio::sync::watch;

#[derive(ActiveRecord, Clone, Debug, Default)]
struct User {
    id: i64,
    email: String,
}

#[derive(ActiveRecord, Clone, Debug, Default)]
#[connection = "analytics"]
#[table = "user_analytics"]
struct UserAnalytics {
    #[primary_key]
    user_id: i64,
    domain: String,
}

const TOPIC: &str = "users_changes";

/// Runs in one transaction with a row of the inbox, so an event that is delivered twice takes effect once.
async fn apply(event: Event<Changed<User>>) -> Result<()> {
    println!("  {} of user {}", event.kind(), event.key().unwrap_or_default());
    match event.into_payload() {
        Changed { after: Some(user), .. } => {
            let domain = user.email.split_once('@').map_or("", |(_, domain)| domain).to_owned();
            UserAnalytics::insert_or_update(&UserAnalytics { user_id: user.id, domain }, [UserAnalytics::USER_ID]).await
        }
        Changed { before: Some(user), .. } => {
            UserAnalytics::filter(UserAnalytics::USER_ID.eq(user.id)).delete().await.map(drop)
        }
        Changed { .. } => Ok(()),
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let folder = tempfile::tempdir().map_err(Error::custom)?;
    for name in ["primary", "analytics"] {
        ConnectionManager::configure(name, format!("sqlite://{}/{name}.db?mode=rwc", folder.path().display()))?;
    }
    let users = "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL)";
    connection("primary")?.execute(users, []).await?;
    let analytics = "CREATE TABLE user_analytics (user_id INTEGER PRIMARY KEY, domain TEXT NOT NULL)";
    connection("analytics")?.execute(analytics, []).await?;
    Capture::install::<User>().await?;
    let queue = open(std::env::args().nth(1).as_deref()).await?;

    let (stop, stopped) = watch::channel(false);
    let until_stopped = |mut stopped: watch::Receiver<bool>| async move {
        let _ = stopped.wait_for(|stop| *stop).await;
    };
    let consumer = Consumer::new(Arc::clone(&queue), TOPIC).on("analytics").handle(apply);
    let consumer = tokio::spawn(consumer.run_until(until_stopped(stopped.clone())));
    let relay = Relay::from("primary").topic(TOPIC).to(queue).poll(Duration::from_millis(20));
    let relay = tokio::spawn(relay.run_until(until_stopped(stopped)));

    println!("Three users are created by the library; raw SQL changes one and deletes one");
    for email in ["first@example.com", "second@example.org", "third@example.net"] {
        User::create(User { id: 0, email: email.into() }).await?;
    }
    let primary = connection("primary")?;
    primary.execute("UPDATE users SET email = 'first@example.org' WHERE email LIKE 'first@%'", []).await?;
    primary.execute("DELETE FROM users WHERE email LIKE 'third@%'", []).await?;

    while analytics_of().await? != [(1, "example.org".to_owned()), (2, "example.org".to_owned())] {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    println!(
        "\nBoth databases have the same two users: {} in primary, {:?} in analytics",
        User::count().await?,
        analytics_of().await?
    );
    stop.send_replace(true);
    for task in [consumer, relay] {
        task.await.map_err(Error::custom)??;
    }
    Ok(())
}

async fn analytics_of() -> Result<Vec<(i64, String)>> {
    let all = UserAnalytics::select((UserAnalytics::USER_ID, UserAnalytics::DOMAIN));
    all.order_by(UserAnalytics::USER_ID.asc()).all().await
}

/// Returns the queue at a broker's URL, or the queue in the analytics database.
async fn open(url: Option<&str>) -> Result<Arc<dyn Queue>> {
    let Some(url) = url else { return Ok(Arc::new(SqlQueue::on("analytics"))) };
    match url.split_once(':').map_or("", |(scheme, _)| scheme) {
        #[cfg(feature = "nats")]
        "nats" => Ok(Arc::new(queue::NatsQueue::connect(url).await?)),
        #[cfg(feature = "rabbitmq")]
        "amqp" => Ok(Arc::new(queue::RabbitQueue::connect(url).await?)),
        #[cfg(feature = "redis")]
        "redis" => Ok(Arc::new(queue::RedisQueue::connect(url).await?)),
        other => Err(Error::configuration(format!(
            "expected a URL with the scheme nats, amqp or redis, found `{other}:`; or enable the broker's feature"
        ))),
    }
}
