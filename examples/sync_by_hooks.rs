//! Synchronization with hooks: after each commit, a hook applies the change of a user to the user's analytics. This is
//! simple, but not reliable: if the process dies between the commit and the hook, the databases differ, and raw SQL
//! runs no hooks. For reliable synchronization see `sync_by_queue`.
//!
//! ```text
//! cargo run --example sync_by_hooks
//! ```
//!
//! It uses only SQLite files, created anew on every run.

use activerecord::model::ChangeKind;
use activerecord::prelude::*;

#[derive(ActiveRecord, Clone, Debug, Default)]
#[hooks]
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

impl From<&User> for UserAnalytics {
    fn from(user: &User) -> Self {
        let domain = user.email.split_once('@').map_or("", |(_, domain)| domain);
        Self { user_id: user.id, domain: domain.to_owned() }
    }
}

/// Uses `after_commit`, because a hook inside the transaction would write changes to analytics that may still be rolled
/// back.
impl Hooks for User {
    async fn after_commit(&self, change: &Change) -> Result<()> {
        match change.kind() {
            ChangeKind::Deleted => {
                UserAnalytics::filter(UserAnalytics::USER_ID.eq(self.id)).delete().await?;
            }
            _ => UserAnalytics::insert_or_update(&self.into(), [UserAnalytics::USER_ID]).await?,
        }
        Ok(())
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

    let mut first = User::create(User { id: 0, email: "first@example.com".into() }).await?;
    let mut second = User::create(User { id: 0, email: "second@example.com".into() }).await?;
    show("Two users").await?;

    first.email = "first@example.org".into();
    first.save().await?;
    show("One user has a new email address").await?;

    let abandoned = transaction("primary", async || {
        User::create(User { id: 0, email: "third@example.net".into() }).await?;
        Err::<(), _>(Error::invalid("the registration was cancelled"))
    });
    println!("A third user is rolled back: {}", abandoned.await.err().unwrap_or_else(|| Error::invalid("no error")));
    show("Analytics has no third user").await?;

    second.destroy().await?;
    show("The second user is deleted").await
}

async fn show(what: &str) -> Result<()> {
    println!("{what}: {} users in primary", User::count().await?);
    for row in UserAnalytics::query().order_by(UserAnalytics::USER_ID.asc()).all().await? {
        println!("  in analytics: user {} of {}", row.user_id, row.domain);
    }
    Ok(())
}
