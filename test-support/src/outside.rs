//! A second connection to a file, as another program has one.

use activerecord::{ConnectionManager, Result, Transaction, connection};

use crate::DatabaseFile;

/// A second connection to a file, as another program has one. It sees only committed rows.
#[derive(Debug)]
pub struct Outside {
    name: String,
}

impl Outside {
    /// Registers the connection. It waits for a lock for `busy_timeout`: [`TIME_LIMIT`](crate::TIME_LIMIT), or less if
    /// the test expects that the lock does not become free.
    pub fn new(database: &DatabaseFile, busy_timeout: &str) -> Result<Self> {
        let name = format!("{} from outside", &**database);
        ConnectionManager::configure(&name, format!("{}&busy_timeout={busy_timeout}", database.url()))?;
        Ok(Self { name })
    }

    /// Returns the first column of the rows of a query.
    pub async fn see(&self, sql: &str) -> Result<Vec<String>> {
        let rows = connection(&self.name)?.query(sql, []).await?;
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// Takes the write lock and releases it. This fails if a transaction was left open.
    pub async fn take_the_lock(&self) -> Result<()> {
        Transaction::begin(&self.name).independent().await?.rollback().await
    }
}
