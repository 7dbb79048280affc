//! A server that a test may kill.

use std::env;
use std::future::Future;
use std::process::Command;
use std::time::{Duration, Instant};

use activerecord::prelude::*;
use tokio::sync::Mutex;

use crate::left_out::is_left_out;

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
        let pool = Pool::new().max_connections(connections).acquire_timeout(Duration::from_secs(60));
        ConnectionManager::configure(name, Config::url(self.url()?)?.pool(pool))
    }

    pub(crate) fn url(&self) -> Result<String> {
        env::var(self.variable).map_err(|_| {
            let what_to_do = "run `cargo xtask test`, or `cargo xtask services up` and `env`";
            Error::configuration(format!("{} is not set: {what_to_do}", self.variable))
        })
    }

    /// Kills it, as a power cut would.
    pub(crate) fn kill(&self) -> Result<()> {
        self.xtask("kill")
    }

    /// Starts it again, on the same port with the same data, and waits until it answers.
    pub(crate) fn restart(&self) -> Result<()> {
        self.xtask("restart")
    }

    fn xtask(&self, verb: &str) -> Result<()> {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let status =
            Command::new(cargo).args(["xtask", "services", verb, self.name]).status().map_err(Error::custom)?;
        assert!(status.success(), "cargo xtask services {verb} {}", self.name);
        Ok(())
    }
}

/// Asks again and again until the answer is yes.
pub(crate) async fn until<F: Future<Output = Result<bool>>>(what: &str, mut ask: impl FnMut() -> F) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !ask().await? {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}
