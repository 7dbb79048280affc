//! A separate database for each test: a file, a schema or a database on a server. It is deleted when the test ends.
//!
//! Connections are registered for the whole process. A test uses its own by `with_connection(&database, async || ..)`.

mod columns;
mod home;
mod profile;
mod schemas;
mod sequences;
mod tables;

use std::ops::Deref;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};

use activerecord::{Config, ConnectionManager, PoolOptions, Result, connection};

use home::Home;
pub use profile::{Expected, Profile};
pub use schemas::Rich;

use crate::pool::patient_pool;
use crate::stepwise::stepwise;

/// A registered database. It derefs to the name of its connection.
#[derive(Debug)]
pub struct Database {
    name: String,
    aliases: Mutex<Vec<String>>,
    home: Home,
}

impl Database {
    /// Creates a database with these tables, with the types of `tables.rs`: `airports (id ID, code STRING NOT NULL)`.
    pub async fn new<const N: usize>(tables: [&str; N]) -> Self {
        Self::with(&tables).await.unwrap_or_else(|error| panic!("no database for a test: {error}"))
    }

    async fn with(tables: &[&str]) -> Result<Self> {
        Self::on(Profile::current()?, tables).await
    }

    /// Creates a database of this profile, instead of the one that the environment selects.
    pub async fn on(profile: &'static Profile, tables: &[&str]) -> Result<Self> {
        // Not the process id, which is reused: killed runs and other machines can leave databases on the server.
        static RUN: LazyLock<u64> = LazyLock::new(|| fastrand::u64(..));
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("conformance_{:x}_{}", *RUN, COUNT.fetch_add(1, Ordering::Relaxed));
        let home = Home::new(&name, profile).await?;
        let database = Self { name, aliases: Mutex::default(), home };
        ConnectionManager::configure(&database, database.config()?)?;
        for table in tables {
            database.create(table).await?;
        }
        Ok(database)
    }

    /// Creates another table.
    pub async fn create(&self, table: &str) -> Result<()> {
        let table = tables::translated(table, self.profile());
        connection(self)?.execute(&format!("CREATE TABLE {table}"), []).await.map(drop)
    }

    /// Few connections per test, so that many concurrent tests stay below the limit of the server.
    fn config(&self) -> Result<Config> {
        Ok(self.profile().patient(Config::url(self.home.url())?).pool(patient_pool(5)))
    }

    /// Registers another connection to this database, and returns its name.
    pub fn alias(&self, suffix: &str, config: impl FnOnce(Config) -> Config) -> Result<String> {
        let name = format!("{}_{suffix}", self.name);
        ConnectionManager::configure(&name, config(self.config()?))?;
        self.aliases.lock().unwrap_or_else(PoisonError::into_inner).push(name.clone());
        Ok(name)
    }

    /// Registers another connection on which a call waits for its answer. On a server it does so anyway; on a file,
    /// SQLite answers at once and is slowed down, see [`stepwise`](crate::stepwise).
    pub fn stepwise(&self, pool: PoolOptions) -> Result<String> {
        match self.home.path() {
            Some(path) => stepwise(self, &path, pool),
            None => self.alias("stepwise", |config| config.pool(pool)),
        }
    }

    /// The URL of the database, for another process.
    pub fn url(&self) -> &str {
        self.home.url()
    }

    /// The expected behaviour of the database.
    pub fn profile(&self) -> &'static Profile {
        self.home.profile()
    }

    /// Returns what the error of a violated constraint names: the constraint, or its columns if the database does not
    /// report the name.
    pub fn constraint(&self, name: &'static str, columns: &'static str) -> &'static str {
        if self.profile().names_constraints { name } else { columns }
    }

    /// Quotes a name for raw SQL.
    pub fn quoted(&self, name: &str) -> String {
        tables::quoted(name, self.profile())
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let aliases = std::mem::take(&mut *self.aliases.lock().unwrap_or_else(PoisonError::into_inner));
        self.home.leave(aliases.into_iter().chain([self.name.clone()]).collect());
    }
}

impl Deref for Database {
    type Target = str;

    fn deref(&self) -> &str {
        &self.name
    }
}
