//! A look at a database from outside.

use activerecord::{ConnectionManager, Result, Transaction, connection};

use crate::DatabaseFile;

/// Another connection to a file, as another program has one: it sees what is committed.
#[derive(Debug)]
pub struct Outside {
    name: String,
}

impl Outside {
    /// Registers it.
    pub fn new(database: &DatabaseFile) -> Result<Self> {
        let name = format!("{} from outside", &**database);
        ConnectionManager::configure(&name, format!("{}&busy_timeout=2s", database.url()))?;
        Ok(Self { name })
    }

    /// The texts that a query gives, in the order of the query.
    pub async fn see(&self, sql: &str) -> Result<Vec<String>> {
        let rows = connection(&self.name)?.query(sql, []).await?;
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// Takes the lock to write and gives it back: a transaction that somebody has left open makes this fail.
    pub async fn take_the_lock(&self) -> Result<()> {
        Transaction::begin(&self.name).await?.rollback().await
    }
}
