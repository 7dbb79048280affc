//! A database of its own for each test: a file, a schema or a database of a server, gone when the test is over.
//!
//! Connections are registered for the whole process: each test reaches its own by `with_connection(&database, async || ..)`.

mod home;
mod profile;
mod tables;

use std::ops::Deref;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};

use activerecord::{Config, ConnectionManager, PoolOptions, Result, connection};

use home::Home;
pub use profile::{Expected, Profile};

use crate::stepwise::stepwise;

/// A database that is registered by a name of its own, which it derefs to.
#[derive(Debug)]
pub struct Database {
    name: String,
    aliases: Mutex<Vec<String>>,
    home: Home,
}

impl Database {
    /// Makes a database with these tables, whose types are those of `tables.rs`: `airports (id ID, code STRING NOT NULL)`.
    pub async fn new<const N: usize>(tables: [&str; N]) -> Self {
        Self::with(&tables).await.unwrap_or_else(|error| panic!("no database for a test: {error}"))
    }

    async fn with(tables: &[&str]) -> Result<Self> {
        Self::on(Profile::current()?, tables).await
    }

    /// The same on a database that the environment did not choose.
    pub async fn on(profile: &'static Profile, tables: &[&str]) -> Result<Self> {
        // A process id comes again: other machines and killed runs may have left databases on the server.
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

    /// Makes one more table.
    pub async fn create(&self, table: &str) -> Result<()> {
        let table = tables::translated(table, self.profile());
        connection(self)?.execute(&format!("CREATE TABLE {table}"), []).await.map(drop)
    }

    /// Few connections for each test, so that many tests at once stay below the limit of a server.
    fn config(&self) -> Result<Config> {
        Ok(Config::url(self.home.url())?.pool(PoolOptions::new().max_connections(5)))
    }

    /// Registers another connection to this database, and returns its name.
    pub fn alias(&self, suffix: &str, config: impl FnOnce(Config) -> Config) -> Result<String> {
        let name = format!("{}_{suffix}", self.name);
        ConnectionManager::configure(&name, config(self.config()?))?;
        self.aliases.lock().unwrap_or_else(PoisonError::into_inner).push(name.clone());
        Ok(name)
    }

    /// The same, with every call waiting for its answer, as a server lets it: a file's are over at once, so they are slowed.
    pub fn stepwise(&self, pool: PoolOptions) -> Result<String> {
        match self.home.path() {
            Some(path) => stepwise(self, &path, pool),
            None => self.alias("stepwise", |config| config.pool(pool)),
        }
    }

    /// Where it is, for another process.
    pub fn url(&self) -> &str {
        self.home.url()
    }

    /// What is expected of it.
    pub fn profile(&self) -> &'static Profile {
        self.home.profile()
    }

    /// What the error of a violated constraint names: its own name, or the columns where databases know no name.
    pub fn constraint(&self, name: &'static str, columns: &'static str) -> &'static str {
        if self.profile().names_constraints { name } else { columns }
    }

    /// A name as raw SQL has it.
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
