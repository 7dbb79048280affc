//! The tables of this crate, in the databases of its users.

use std::collections::HashSet;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use activerecord_core::statement::CreateTable;
use activerecord_core::{ConnectionHandle, Error, ErrorKind, Model, Result, transaction};

/// A model whose table this crate makes.
pub(crate) trait Kept: Model {
    /// The table, with its indexes.
    fn definition() -> CreateTable;
}

static INSTALLED: LazyLock<Mutex<HashSet<(u64, &'static str)>>> = LazyLock::new(Mutex::default);

/// Makes the model's table on this connection, unless this process knows that it is there.
pub(crate) async fn install<K: Kept>(connection: &ConnectionHandle) -> Result<()> {
    let key = (connection.id(), K::TABLE.name);
    if installed().contains(&key) {
        return Ok(());
    }
    match create::<K>(connection).await {
        // Somebody else has made it at the same time.
        Err(error) if matches!(error.kind(), ErrorKind::UniqueViolation | ErrorKind::InvalidStatement) => {
            create::<K>(connection).await?;
        }
        created => created?,
    }
    connection.after_commit(move || {
        installed().insert(key);
    });
    Ok(())
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
