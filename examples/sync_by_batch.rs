//! Synchronization in batches: a job copies the rows that have changed since its last run, and can verify that nothing
//! differs. It handles the cases in which a loop over `updated_at` loses rows: late commits, equal timestamps, clock
//! differences, crashes.
//!
//! ```text
//! cargo run --example sync_by_batch
//! ```
//!
//! It uses only SQLite files, created anew on every run.

use activerecord::prelude::*;
use chrono::{DateTime, Utc};

#[derive(ActiveRecord, Clone, Debug, Default)]
struct User {
    id: i64,
    email: String,
    #[updated_at]
    updated_at: DateTime<Utc>,
}

#[derive(ActiveRecord, Clone, Debug, Default)]
#[connection = "analytics"]
#[table = "user_analytics"]
struct UserAnalytics {
    #[primary_key]
    user_id: i64,
    domain: String,
}

impl From<User> for UserAnalytics {
    fn from(user: User) -> Self {
        let domain = user.email.split_once('@').map_or("", |(_, domain)| domain);
        Self { user_id: user.id, domain: domain.to_owned() }
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let folder = tempfile::tempdir().map_err(Error::custom)?;
    for name in ["primary", "analytics"] {
        ConnectionManager::configure(name, format!("sqlite://{}/{name}.db?mode=rwc", folder.path().display()))?;
    }
    let users = "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL, updated_at TEXT NOT NULL)";
    connection("primary")?.execute(users, []).await?;
    let analytics = "CREATE TABLE user_analytics (user_id INTEGER PRIMARY KEY, domain TEXT NOT NULL)";
    connection("analytics")?.execute(analytics, []).await?;

    let new = |number: i64| User { email: format!("user{number}@example{}.org", number % 7), ..User::default() };
    User::bulk_insert(&(1..=10_000).map(new).collect::<Vec<_>>()).await?;

    let job = SyncJob::from::<User>()
        .to::<UserAnalytics>()
        .map(UserAnalytics::from)
        .keys([UserAnalytics::USER_ID])
        .since(User::UPDATED_AT)
        .delete_missing(0.1);
    println!("Everything        {}", job.run().await?);
    // All rows are read again, because their timestamps are recent and a clock could be behind. None is written.
    println!("Nothing new       {}", job.run().await?);

    let mut user = User::find(7).await?;
    user.email = "seven@example.net".into();
    user.save().await?;
    User::filter(User::ID.gt(9_990)).delete().await?;
    println!("Changes           {}", job.run().await?);

    UserAnalytics::filter(UserAnalytics::USER_ID.le(3)).update((UserAnalytics::DOMAIN.set("elsewhere"),)).await?;
    for row in job.verify().await?.rows {
        println!("Differs           {} {:?}", row.key, row.kind);
    }
    println!("Repaired          {}", job.repair().await?);
    println!("Differences       {}", job.verify().await?.count);
    Ok(())
}
