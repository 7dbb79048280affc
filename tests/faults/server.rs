//! A server that a test may kill.

use activerecord::PoolOptions;
use std::time::Duration;

use activerecord::prelude::*;
use tokio::sync::Mutex;

use test_support::is_left_out;
use test_support::services::{self, services};

/// Held by the test that has the servers.
pub(crate) static ALONE: Mutex<()> = Mutex::const_new(());

/// One of the servers that `cargo xtask services up` has started.
#[derive(Debug)]
pub(crate) struct Server {
    /// Its name there.
    pub(crate) name: &'static str,
    pub(crate) variable: &'static str,
    pub(crate) family: Family,
    /// A query that takes a minute.
    pub(crate) sleep: &'static str,
    /// How many connections run it.
    pub(crate) sleepers: &'static str,
    /// How many sessions are inside a transaction.
    pub(crate) open_transactions: &'static str,
    /// Makes a table lose its rows when the server crashes: what stands before and behind `TABLE name (..)`.
    pub(crate) forgetful: (&'static str, &'static str),
}

/// Which driver speaks to it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Family {
    Postgres,
    Mysql,
}

pub(crate) const POSTGRES: Server = Server {
    name: "postgres-2",
    variable: "DATABASE_URL_POSTGRES_2",
    family: Family::Postgres,
    sleep: "SELECT 1 FROM pg_sleep(60)",
    sleepers: "SELECT count(*) FROM pg_stat_activity \
               WHERE state = 'active' AND query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()",
    open_transactions: "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'",
    forgetful: ("UNLOGGED", ""),
};

pub(crate) const MARIADB: Server = Server {
    name: "mariadb-2",
    variable: "DATABASE_URL_MARIADB_2",
    family: Family::Mysql,
    sleep: "SELECT sleep(60)",
    sleepers: "SELECT count(*) FROM information_schema.processlist \
               WHERE info LIKE '%sleep(60)%' AND id <> connection_id()",
    open_transactions: "SELECT count(*) FROM information_schema.innodb_trx",
    forgetful: ("", "ENGINE = MEMORY"),
};

/// There is one only: it is not killed.
pub(crate) const MYSQL: Server = Server { name: "mysql", variable: "DATABASE_URL_MYSQL", ..MARIADB };

impl Server {
    pub(crate) fn is_left_out(&self) -> bool {
        is_left_out(self.name)
    }

    /// Registers a connection to it.
    pub(crate) fn configure(&self, name: &str, connections: usize) -> Result<()> {
        let pool = PoolOptions::new().max_connections(connections).acquire_timeout(Duration::from_secs(300));
        ConnectionManager::configure(name, Config::url(self.url()?)?.pool(pool))
    }

    pub(crate) fn url(&self) -> Result<String> {
        services::url(self.variable)
    }

    /// Kills it, as a power cut would.
    pub(crate) fn kill(&self) -> Result<()> {
        services("kill", self.name)
    }

    /// Starts it again, on the same port with the same data, and waits until it answers.
    pub(crate) fn restart(&self) -> Result<()> {
        services("restart", self.name)
    }
}
