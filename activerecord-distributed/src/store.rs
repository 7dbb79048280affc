//! The tables of this crate, in the databases of its users.

use std::collections::HashSet;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use activerecord_core::statement::CreateTable;
use activerecord_core::{ActiveRecord, ConnectionHandle, Error, ErrorKind, Model, Result, connection, transaction};

/// A model whose table this crate makes.
pub trait Kept: Model {
    /// The table, with its indexes: none, unless it says so.
    fn definition() -> CreateTable {
        CreateTable::from(Self::TABLE)
    }
}

static INSTALLED: LazyLock<Mutex<HashSet<(u64, &'static str)>>> = LazyLock::new(Mutex::default);

/// Makes the model's table on this connection, unless this process knows that it is there.
pub async fn install<K: Kept>(connection: &ConnectionHandle) -> Result<()> {
    let key = (connection.id(), K::TABLE.name);
    if installed().contains(&key) {
        return Ok(());
    }
    // Somebody else may make it at the same time, and be first with each of its parts.
    let mut parts = 1 + K::definition().indexes.len();
    while let Err(error) = create::<K>(connection).await {
        let is_taken = matches!(error.kind(), ErrorKind::UniqueViolation | ErrorKind::InvalidStatement);
        if parts == 0 || !is_taken {
            return Err(error);
        }
        parts -= 1;
    }
    connection.after_commit(move || {
        installed().insert(key);
    });
    Ok(())
}

/// The connection of this name, with the model's table.
pub(crate) async fn with_table<K: Kept>(name: &str) -> Result<ConnectionHandle> {
    let connection = connection(name)?;
    install::<K>(&connection).await?;
    Ok(connection)
}

/// Inserts a row on this connection, whatever the scope.
pub async fn insert<K: Kept>(name: &str, row: &mut K) -> Result<()> {
    K::with_connection(name, async || row.insert().await).await
}

/// [`insert`], unless a row of its key is there.
pub(crate) async fn insert_unless_there<K: Kept>(name: &str, mut row: K) -> Result<()> {
    match insert(name, &mut row).await {
        Err(error) if error.is_unique_violation() => Ok(()),
        inserted => inserted,
    }
}

/// What was found in a table, if there is such a table.
pub(crate) fn if_there<T>(found: Result<T>) -> Result<Option<T>> {
    match found {
        Err(error) if error.kind() == ErrorKind::InvalidStatement => Ok(None),
        found => found.map(Some),
    }
}

/// Inside a transaction a failure must not end it: so it has a savepoint.
async fn create<K: Kept>(connection: &ConnectionHandle) -> Result<()> {
    let definition = K::definition();
    let created = if connection.in_transaction() {
        transaction(connection.name(), async || connection.create_table(&definition).await).await
    } else {
        connection.create_table(&definition).await
    };
    created.map_err(|error: Error| error.context(format_args!("the table `{}` cannot be made", K::TABLE.name)))
}

fn installed() -> MutexGuard<'static, HashSet<(u64, &'static str)>> {
    INSTALLED.lock().unwrap_or_else(PoisonError::into_inner)
}
