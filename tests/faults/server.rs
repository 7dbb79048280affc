//! A server that a test may kill.

use activerecord::PoolOptions;
use std::time::Duration;

use activerecord::prelude::*;
use tokio::sync::Mutex;

use test_support::services::{self, services};
use test_support::{TIME_LIMIT, is_left_out};

/// Locked by the test that uses the servers.
pub(crate) static ALONE: Mutex<()> = Mutex::const_new(());

/// One of the servers that `cargo xtask services up` has started.
#[derive(Debug)]
pub(crate) struct Server {
    /// Its name in `cargo xtask services`.
    pub(crate) name: &'static str,
    pub(crate) variable: &'static str,
    pub(crate) family: Family,
    /// A query that takes ten minutes: the server is killed before its end, also on a slow machine.
    pub(crate) sleep: &'static str,
    /// Counts the connections that run it.
    pub(crate) sleepers: &'static str,
    /// Counts the sessions inside a transaction.
    pub(crate) open_transactions: &'static str,
    /// The SQL before and after `TABLE name (..)` of a table that loses its rows in a crash.
    pub(crate) forgetful: (&'static str, &'static str),
}

/// The driver of a server.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Family {
    Postgres,
    Mysql,
}

pub(crate) const POSTGRES: Server = Server {
    name: "postgres-2",
    variable: "DATABASE_URL_POSTGRES_2",
    family: Family::Postgres,
    sleep: "SELECT 1 FROM pg_sleep(600)",
    sleepers: "SELECT count(*) FROM pg_stat_activity \
               WHERE state = 'active' AND query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()",
    open_transactions: "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'",
    forgetful: ("UNLOGGED", ""),
};

pub(crate) const MARIADB: Server = Server {
    name: "mariadb-2",
    variable: "DATABASE_URL_MARIADB_2",
    family: Family::Mysql,
    sleep: "SELECT sleep(600)",
    sleepers: "SELECT count(*) FROM information_schema.processlist \
               WHERE info LIKE '%sleep(600)%' AND id <> connection_id()",
    open_transactions: "SELECT count(*) FROM information_schema.innodb_trx",
    forgetful: ("", "ENGINE = MEMORY"),
};

/// There is only one MySQL server, so it is not killed.
pub(crate) const MYSQL: Server = Server { name: "mysql", variable: "DATABASE_URL_MYSQL", ..MARIADB };

impl Server {
    pub(crate) fn is_left_out(&self) -> bool {
        is_left_out(self.name)
    }

    /// Registers a connection to it.
    pub(crate) fn configure(&self, name: &str, connections: usize) -> Result<()> {
        let pool = PoolOptions::new().max_connections(connections).acquire_timeout(Duration::from_secs(300));
        ConnectionManager::configure(name, Config::url(self.url()?)?.option("connect_timeout", TIME_LIMIT).pool(pool))
    }

    pub(crate) fn url(&self) -> Result<String> {
        services::url(self.variable)
    }

    /// Kills the server with SIGKILL.
    pub(crate) fn kill(&self) -> Result<()> {
        services("kill", self.name)
    }

    /// Restarts the server on the same port with the same data, and waits until it answers.
    pub(crate) fn restart(&self) -> Result<()> {
        services("restart", self.name)
    }
}
