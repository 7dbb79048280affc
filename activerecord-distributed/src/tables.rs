//! The tables that this crate creates in the databases of its users.

use std::collections::HashSet;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use activerecord_core::statement::CreateTable;
use activerecord_core::{ActiveRecord, ConnectionHandle, Error, ErrorKind, Model, Result, Transaction, connection};

/// A model whose table this crate creates.
pub trait OwnTable: Model {
    /// The table and its indexes. Default: no indexes.
    fn definition() -> CreateTable {
        CreateTable::from(Self::TABLE)
    }
}

static INSTALLED: LazyLock<Mutex<HashSet<(u64, &'static str)>>> = LazyLock::new(Mutex::default);

/// Creates the model's table on this connection, if it does not exist. Asks the database once per process and
/// connection.
pub async fn install<T: OwnTable>(connection: &ConnectionHandle) -> Result<()> {
    let key = (connection.id(), T::TABLE.name);
    if installed().contains(&key) {
        return Ok(());
    }
    // Another process may create the table and its indexes concurrently, and be faster with each of them.
    let mut parts = 1 + T::definition().indexes.len();
    while let Err(error) = create::<T>(connection).await {
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

/// Returns the connection, with the model's table created.
pub(crate) async fn with_table<T: OwnTable>(name: &str) -> Result<ConnectionHandle> {
    let connection = connection(name)?;
    install::<T>(&connection).await?;
    Ok(connection)
}

/// Inserts a row on this connection, independent of the current scope.
pub async fn insert<T: OwnTable>(name: &str, row: &mut T) -> Result<()> {
    T::with_connection(name, async || row.insert().await).await
}

/// [`insert`], unless a row with its key exists.
pub(crate) async fn insert_if_absent<T: OwnTable>(name: &str, mut row: T) -> Result<()> {
    match insert(name, &mut row).await {
        Err(error) if error.is_unique_violation() => Ok(()),
        inserted => inserted,
    }
}

/// Turns the error of a table that does not exist into None.
pub(crate) fn if_table_exists<T>(found: Result<T>) -> Result<Option<T>> {
    match found {
        Err(error) if error.kind() == ErrorKind::InvalidStatement => Ok(None),
        found => found.map(Some),
    }
}

/// Inside a transaction this uses a savepoint, so that a failure does not abort the transaction.
async fn create<T: OwnTable>(connection: &ConnectionHandle) -> Result<()> {
    let definition = T::definition();
    let created = if connection.in_transaction() {
        Transaction::begin(connection.name())
            .independent()
            .run(async || connection.create_table(&definition).await)
            .await
    } else {
        connection.create_table(&definition).await
    };
    created.map_err(|error: Error| error.context(format_args!("the table `{}` cannot be created", T::TABLE.name)))
}

fn installed() -> MutexGuard<'static, HashSet<(u64, &'static str)>> {
    INSTALLED.lock().unwrap_or_else(PoisonError::into_inner)
}
