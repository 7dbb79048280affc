use crate::{Contestant, Database, Result, Store, Workload};

/// A private database of this process on a server.
pub(crate) struct Home {
    server: Store,
    name: String,
}

impl Home {
    /// Creates the database.
    pub(crate) async fn new<C: Contestant>(server: &Store) -> Result<Self> {
        let home = Self { server: server.clone(), name: format!("bench_{}", std::process::id()) };
        let mut contestant = home.enter::<C>().await?;
        contestant.execute(&home.dropped()).await?;
        contestant.execute(&format!("CREATE DATABASE {}", home.name)).await?;
        if server.database() == Database::Postgres {
            // As with SQLite here, a commit survives the end of the program, but not a power failure. And one plan per
            // prepared statement: by default the server changes plans during a measurement, for some contestants only.
            for setting in ["synchronous_commit = off", "plan_cache_mode = force_generic_plan"] {
                contestant.execute(&format!("ALTER DATABASE {} SET {setting}", home.name)).await?;
            }
        }
        Ok(home)
    }

    /// Whether the database is on this server.
    pub(crate) fn is_on(&self, server: &Store) -> bool {
        self.server == *server
    }

    /// The store of the database.
    pub(crate) fn store(&self) -> Store {
        self.server.with_database(&self.name)
    }

    /// Drops the database.
    pub(crate) async fn leave<C: Contestant>(self) -> Result<()> {
        self.enter::<C>().await?.execute(&self.dropped()).await
    }

    /// Opens a connection to the server's default database.
    async fn enter<C: Contestant>(&self) -> Result<C> {
        C::open(&self.server, Workload::Point).await
    }

    fn dropped(&self) -> String {
        // Dropped pools may still have open connections.
        let force = if self.server.database() == Database::Postgres { " WITH (FORCE)" } else { "" };
        format!("DROP DATABASE IF EXISTS {}{force}", self.name)
    }
}
