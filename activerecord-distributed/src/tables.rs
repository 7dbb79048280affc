//! The tables that this crate creates in the databases of its users, and completes when an earlier version created them.

use std::collections::HashSet;
use std::fmt;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use activerecord_core::statement::CreateTable;
use activerecord_core::{
    ActiveRecord, AsyncBody, ConnectionHandle, Error, ErrorKind, Model, Result, Transaction, connection,
};

/// A model whose table this crate creates.
pub trait OwnTable: Model {
    /// The table and its indexes. Default: no indexes. A column that a later version adds must be nullable or have a
    /// default, and an older version must be able to insert without it.
    fn definition() -> CreateTable {
        CreateTable::from(Self::TABLE)
    }
}

static INSTALLED: LazyLock<Mutex<HashSet<(u64, &'static str)>>> = LazyLock::new(Mutex::default);

/// Creates the model's table on this connection if it does not exist, and adds the columns that a table of an earlier
/// version lacks. Asks the database once per process and connection. It looks first, so a login that may not create tables
/// can use those that exist.
pub async fn install<T: OwnTable>(connection: &ConnectionHandle) -> Result<()> {
    if is_installed::<T>(connection) {
        return Ok(());
    }
    let definition = T::definition();
    // Another process may create the table, its indexes and columns concurrently, and be faster with each of them.
    let mut races = 1 + definition.indexes.len() + definition.columns.len();
    while let Err(error) = complete::<T>(connection, &definition).await {
        let is_taken = matches!(error.kind(), ErrorKind::UniqueViolation | ErrorKind::InvalidStatement);
        if races == 0 || !is_taken {
            return Err(error);
        }
        races -= 1;
    }
    let key = (connection.id(), T::TABLE.name);
    connection.after_commit(move || {
        installed().insert(key);
    });
    Ok(())
}

/// Returns whether the model's table exists on this connection. If it does, it has all columns afterwards; if not, nothing is
/// created.
pub(crate) async fn exists<T: OwnTable>(connection: &ConnectionHandle) -> Result<bool> {
    let exists = is_installed::<T>(connection) || connection.describe(T::TABLE.name).await?.is_some();
    if exists {
        install::<T>(connection).await?;
    }
    Ok(exists)
}

/// Returns the connection, with the model's table created.
pub(crate) async fn with_table<T: OwnTable>(name: &str) -> Result<ConnectionHandle> {
    let connection = connection(name)?;
    install::<T>(&connection).await?;
    Ok(connection)
}

/// Returns the connection if the model's table exists there. Nothing is created.
pub(crate) async fn existing<T: OwnTable>(name: &str) -> Result<Option<ConnectionHandle>> {
    let connection = connection(name)?;
    Ok(exists::<T>(&connection).await?.then_some(connection))
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

/// Creates the table, or adds its missing columns.
async fn complete<T: OwnTable>(connection: &ConnectionHandle, definition: &CreateTable) -> Result<()> {
    let Some(found) = connection.describe(T::TABLE.name).await? else {
        let created = apart(connection, async || connection.create_table(definition).await).await;
        return created
            .map_err(|error| refused(error, format_args!("the table `{}` cannot be created", T::TABLE.name)));
    };
    let missing = found.missing_columns(definition);
    if missing.is_empty() {
        return Ok(());
    }
    let added = apart(connection, async || connection.add_columns(definition, &missing).await).await;
    added.map_err(|error| {
        let columns = missing.join("`, `");
        refused(error, format_args!("the columns `{columns}` cannot be added to the table `{}`", T::TABLE.name))
    })
}

/// Runs DDL inside a savepoint when a transaction is open, so that a failure does not abort the transaction.
async fn apart(connection: &ConnectionHandle, define: impl AsyncBody<()>) -> Result<()> {
    if connection.in_transaction() {
        Transaction::begin(connection.name()).independent().run(define).await
    } else {
        define().await
    }
}

#[cold]
fn refused(error: Error, what: fmt::Arguments<'_>) -> Error {
    let is_denied = error.kind() == ErrorKind::PermissionDenied;
    let error = error.context(what);
    if is_denied { error.advice(ADVICE) } else { error }
}

const ADVICE: &str = "a login that may create tables can run the SQL that `activerecord tables --sql --grants` prints";

fn is_installed<T: OwnTable>(connection: &ConnectionHandle) -> bool {
    installed().contains(&(connection.id(), T::TABLE.name))
}

fn installed() -> MutexGuard<'static, HashSet<(u64, &'static str)>> {
    INSTALLED.lock().unwrap_or_else(PoisonError::into_inner)
}
