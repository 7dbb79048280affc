use crate::{Contestant, Database, Result, Store, Workload};

/// A database on a server for this process alone.
pub(crate) struct Home {
    server: Store,
    name: String,
}

impl Home {
    /// Makes it.
    pub(crate) async fn new<C: Contestant>(server: &Store) -> Result<Self> {
        let home = Self { server: server.clone(), name: format!("bench_{}", std::process::id()) };
        let mut contestant = home.enter::<C>().await?;
        contestant.execute(&home.dropped()).await?;
        contestant.execute(&format!("CREATE DATABASE {}", home.name)).await?;
        if server.database() == Database::Postgres {
            // As SQLite here: a commit survives the program, not a loss of power. And one plan for each prepared
            // statement: by itself the server changes plans in the middle of a measurement, for some and not for others.
            for setting in ["synchronous_commit = off", "plan_cache_mode = force_generic_plan"] {
                contestant.execute(&format!("ALTER DATABASE {} SET {setting}", home.name)).await?;
            }
        }
        Ok(home)
    }

    /// Whether it is on that server.
    pub(crate) fn is_on(&self, server: &Store) -> bool {
        self.server == *server
    }

    /// Where it is.
    pub(crate) fn store(&self) -> Store {
        self.server.with_database(&self.name)
    }

    /// Deletes it.
    pub(crate) async fn leave<C: Contestant>(self) -> Result<()> {
        self.enter::<C>().await?.execute(&self.dropped()).await
    }

    /// A connection to the server's own database.
    async fn enter<C: Contestant>(&self) -> Result<C> {
        C::open(&self.server, Workload::Point).await
    }

    fn dropped(&self) -> String {
        // Pools that were dropped may still be closing their connections.
        let force = if self.server.database() == Database::Postgres { " WITH (FORCE)" } else { "" };
        format!("DROP DATABASE IF EXISTS {}{force}", self.name)
    }
}
