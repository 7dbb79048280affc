//! A saga over two databases: a user in one, the user's analytics in another. The second step fails at first, and the first one
//! is undone; then both succeed.
//!
//! ```text
//! cargo run --example create_user_with_analytics
//! ```
//!
//! Both databases are SQLite files, made anew on every run. With two servers it is the same.

use activerecord::prelude::*;
use activerecord::saga::StepContext;

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
    source: String,
}

/// The whole of it. Each step runs in a transaction of its own, in which a row says that it did: after a crash it is not done
/// twice, and what is undone is undone once.
fn create_user_with_analytics() -> Saga {
    Saga::new("create_user_with_analytics")
        .step_on(
            "primary",
            "create user",
            async |context: &StepContext| {
                let (email, _): (String, String) = context.input()?;
                Ok(User::create(User { id: 0, email }).await?.id)
            },
            async |_: &StepContext, user_id: i64| User::find(user_id).await?.destroy().await,
        )
        .step_on(
            "analytics",
            "create analytics",
            async |context: &StepContext| {
                let (_, source): (String, String) = context.input()?;
                let user_id = context.output("create user")?;
                Ok(UserAnalytics::create(UserAnalytics { id: 0, user_id, source }).await?.id)
            },
            async |_: &StepContext, id: i64| UserAnalytics::find(id).await?.destroy().await,
        )
}

#[tokio::main]
async fn main() -> Result<()> {
    let folder = tempfile::tempdir().map_err(Error::custom)?;
    for name in ["primary", "analytics"] {
        ConnectionManager::configure(name, format!("sqlite://{}/{name}.db?mode=rwc", folder.path().display()))?;
    }
    let users = "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL)";
    connection("primary")?.execute(users, []).await?;
    let analytics = "CREATE TABLE user_analytics (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL, \
                     source TEXT NOT NULL CHECK (source <> ''))";
    connection("analytics")?.execute(analytics, []).await?;

    // What an earlier process of this program has left is finished first: here there is nothing.
    let saga = create_user_with_analytics();
    saga.register()?;
    println!("left by an earlier process: {:?}", Saga::resume_all().await?);

    println!("\nA source that analytics refuses:");
    let refused = saga.run(&("first@example.com", "")).await;
    println!("  {}", refused.err().map(|error| error.to_string()).unwrap_or_default());
    show().await?;

    println!("\nA source that it takes:");
    let id = saga.run(&("second@example.com", "newsletter")).await?;
    show().await?;

    println!("\nIts log:");
    let (record, steps) = Sagas::on("primary").find(id).await?;
    println!("  {} {:?}", record.name, record.state);
    for step in steps {
        println!("  {} {:?}, returned {}", step.name, step.state, step.output.unwrap_or_default());
    }
    Ok(())
}

async fn show() -> Result<()> {
    println!("  {} users, {} with analytics", User::count().await?, UserAnalytics::count().await?);
    Ok(())
}
