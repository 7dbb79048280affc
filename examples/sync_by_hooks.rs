//! In step by hooks: what becomes of a user becomes of the analytics of the user, after the commit. Simple, and as safe as the
//! process: one that dies between the commit and the hook leaves the two apart, and raw SQL passes hooks by. Where that
//! must not be, see `sync_by_queue`.
//!
//! ```text
//! cargo run --example sync_by_hooks
//! ```
//!
//! SQLite files alone, made anew on every run.

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

/// `after_commit` is the place: a hook inside the transaction would write to analytics what may yet be rolled back here.
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
    show("One of them moves").await?;

    let abandoned = transaction("primary", async || {
        User::create(User { id: 0, email: "third@example.net".into() }).await?;
        Err::<(), _>(Error::invalid("no, not this one"))
    });
    println!("A third one is rolled back: {}", abandoned.await.err().unwrap_or_else(|| Error::invalid("it was not")));
    show("Analytics never heard of it").await?;

    second.destroy().await?;
    show("The second one goes").await
}

async fn show(what: &str) -> Result<()> {
    println!("{what}: {} users in primary", User::count().await?);
    for row in UserAnalytics::query().order_by(UserAnalytics::USER_ID.asc()).all().await? {
        println!("  in analytics: user {} of {}", row.user_id, row.domain);
    }
    Ok(())
}
