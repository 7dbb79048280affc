//! The servers that a test can kill.

use std::time::Duration;

use activerecord::PoolOptions;
use activerecord::prelude::*;

use test_support::services::{self, services};

/// A server that no other part of the run uses.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Server {
    name: &'static str,
    variable: &'static str,
}

pub(crate) const POSTGRES: Server = Server { name: "postgres-2", variable: "DATABASE_URL_POSTGRES_2" };
pub(crate) const MARIADB: Server = Server { name: "mariadb-2", variable: "DATABASE_URL_MARIADB_2" };

impl Server {
    pub(crate) fn url(self) -> Result<String> {
        services::url(self.variable)
    }

    /// Registers a connection to the server, and creates the table of accounts again.
    pub(crate) async fn open(self, name: &str, table: &str) -> Result<()> {
        let pool = PoolOptions::new().max_connections(4).acquire_timeout(Duration::from_secs(300));
        ConnectionManager::configure(name, Config::url(self.url()?)?.pool(pool))?;
        let handle = connection(name)?;
        // Branches of an earlier run hold locks.
        for prepared in handle.prepared().await? {
            if let Some(branch) = prepared.branch {
                handle.rollback_prepared(&branch).await?;
            }
        }
        for table in ["accounts", "ar_2pc", "ar_2pc_mark", "ar_2pc_store", "ar_2pc_name"] {
            handle.execute(&format!("DROP TABLE IF EXISTS {table}"), []).await?;
        }
        handle.execute(table, []).await.map(drop)
    }

    pub(crate) fn is_postgres(self) -> bool {
        self.name == POSTGRES.name
    }

    pub(crate) async fn kill(self) -> Result<()> {
        self.services("kill").await
    }

    /// Restarts the server, and waits until it answers.
    pub(crate) async fn restart(self) -> Result<()> {
        self.services("restart").await
    }

    async fn services(self, verb: &'static str) -> Result<()> {
        tokio::task::spawn_blocking(move || services(verb, self.name)).await.map_err(Error::custom)?
    }
}
