//! Two-phase commit: moves users from a legacy schema to a modern one in another database, atomically, also through
//! crashes.
//!
//! ```text
//! LEGACY_URL=mysql://.. MODERN_URL=postgres://.. cargo run --all-features --example transfer_user_data
//! ```
//!
//! At least one of the two databases must be PostgreSQL, MySQL or MariaDB. Without URLs both are SQLite files; the
//! library refuses this pair, and prints the reason and the alternatives.

use activerecord::prelude::*;

#[derive(ActiveRecord, Clone, Debug, Default)]
#[connection = "legacy"]
#[table = "legacy_users"]
struct LegacyUser {
    id: i64,
    full_name: String,
}

#[derive(ActiveRecord, Clone, Debug, Default)]
#[connection = "modern"]
#[table = "modern_users"]
struct ModernUser {
    #[primary_key]
    uuid: Uuid,
    given_name: String,
    family_name: String,
}

impl From<&LegacyUser> for ModernUser {
    fn from(old: &LegacyUser) -> Self {
        let (given, family) = old.full_name.split_once(' ').unwrap_or((&old.full_name, ""));
        Self { uuid: Uuid::now_v7(), given_name: given.into(), family_name: family.into() }
    }
}

/// Moves a user in both databases or in none.
async fn transfer_user_data(id: i64) -> Result<Uuid> {
    two_phase(["legacy", "modern"], async || {
        let mut old = LegacyUser::find(id).await?;
        let moved = ModernUser::create(ModernUser::from(&old)).await?;
        old.destroy().await?;
        Ok(moved.uuid)
    })
    .await
}

#[tokio::main]
async fn main() -> Result<()> {
    let folder = tempfile::tempdir().map_err(Error::custom)?;
    for (name, variable) in [("legacy", "LEGACY_URL"), ("modern", "MODERN_URL")] {
        let file = format!("sqlite://{}/{name}.db?mode=rwc", folder.path().display());
        ConnectionManager::configure(name, std::env::var(variable).unwrap_or(file))?;
    }
    for (name, table) in [
        ("legacy", "legacy_users (id BIGINT PRIMARY KEY, full_name VARCHAR(100) NOT NULL)"),
        (
            "modern",
            "modern_users (uuid CHAR(36) PRIMARY KEY, given_name VARCHAR(50) NOT NULL, family_name VARCHAR(50) NOT NULL)",
        ),
    ] {
        // PostgreSQL has a UUID type, the other databases have none.
        let uuid = if connection(name)?.dialect().name() == "postgresql" { "UUID" } else { "CHAR(36)" };
        let table = table.replace("CHAR(36)", uuid);
        connection(name)?.execute(&format!("DROP TABLE IF EXISTS {name}_users"), []).await?;
        connection(name)?.execute(&format!("CREATE TABLE {table}"), []).await?;
    }
    for (id, full_name) in [(1, "Orville Wright"), (2, "Amelia Earhart")] {
        LegacyUser { id, full_name: full_name.into() }.insert().await?;
    }

    // First end the transactions that a dead process left in doubt.
    let recovered = TwoPhase::recover().await?;
    println!("recovered: {} committed, {} rolled back", recovered.committed.len(), recovered.aborted.len());
    for finding in TwoPhase::doctor().await? {
        println!("{}: {} is `{}`; {}", finding.connection, finding.what, finding.found, finding.mend);
    }
    for id in [1, 2] {
        match transfer_user_data(id).await {
            Ok(uuid) => println!("user {id} is moved, and is now {uuid}"),
            Err(error) => println!("user {id} is not moved: {error}"),
        }
    }
    println!("{} in legacy, {} in modern", LegacyUser::count().await?, ModernUser::count().await?);
    Ok(())
}
