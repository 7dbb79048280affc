//! A saga over two databases: it creates a user in one, and the user's analytics in the other. In the first run the
//! second step fails, and the first step is compensated; in the second run both steps succeed.
//!
//! ```text
//! cargo run --example create_user_with_analytics
//! ```
//!
//! Both databases are SQLite files, created anew on every run. The code for two servers is the same.

use activerecord::prelude::*;
use activerecord::saga::{Sagas, StepContext};

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

/// The whole saga. Each step runs in its own transaction, together with a row that records it. So after a crash a step
/// is not repeated, and a compensation takes effect once.
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

    // First finish sagas that an earlier process left unfinished. In this example there are none.
    let saga = create_user_with_analytics();
    saga.register()?;
    println!("unfinished sagas of an earlier process: {:?}", Saga::resume_all().await?);

    println!("\nA run in which analytics rejects the source:");
    let refused = saga.run(&("first@example.com", "")).await;
    println!("  {}", refused.err().map(|error| error.to_string()).unwrap_or_default());
    show().await?;

    println!("\nA run in which analytics accepts the source:");
    let id = saga.run(&("second@example.com", "newsletter")).await?;
    show().await?;

    println!("\nThe log of the second run:");
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
