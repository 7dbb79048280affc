//! The capabilities of databases. Code tests a capability instead of the name of a database.

/// The capabilities of a connection's database.
///
/// Before the first connection they are those that all supported versions of the database have. Afterwards they are
/// those of the server.
///
/// ```no_run
/// # use activerecord_core::{connection, Result};
/// # async fn example() -> Result<()> {
/// let primary = connection("primary")?;
/// if primary.capabilities().notifications {
///     primary.notify("orders", "7").await?;
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Capabilities {
    /// `INSERT .. RETURNING`. Without it, a generated key is the connection's last insert id.
    pub insert_returning: bool,
    /// `UPDATE .. RETURNING`. Without it, the rows are read back.
    pub update_returning: bool,
    /// Two-phase commit: a prepared transaction survives its connection and can be committed later.
    pub prepared_transactions: bool,
    /// Locking reads (`FOR UPDATE`).
    pub row_locks: bool,
    /// `SKIP LOCKED` for locking reads.
    pub skip_locked: bool,
    /// `DISTINCT ON`. Without it, use `row_number` over a window.
    pub distinct_on: bool,
    /// A test whether a JSON value contains another one.
    pub json_contains: bool,
    /// Several concurrent writers. Without it, a writer waits until no other transaction writes to the database.
    pub concurrent_writers: bool,
    /// Array columns. Without it, arrays are stored as JSON.
    pub arrays: bool,
    /// Isolation levels other than serializable.
    pub isolation_levels: bool,
    /// DDL, such as CREATE TABLE, can be rolled back.
    pub transactional_ddl: bool,
    /// Every value of a column has the type of the column. Without it, the type is only a preference.
    pub typed_columns: bool,
    /// Notifications between sessions: [`ConnectionHandle::listen`](crate::ConnectionHandle::listen).
    pub notifications: bool,
    /// Triggers that TRUNCATE fires.
    pub truncate_triggers: bool,
    /// The largest number of values that one statement can bind.
    pub max_binds: usize,
}

impl Capabilities {
    /// Returns a value without any capability. A backend sets the capabilities of its database.
    pub const fn none(max_binds: usize) -> Self {
        Self {
            insert_returning: false,
            update_returning: false,
            prepared_transactions: false,
            row_locks: false,
            skip_locked: false,
            distinct_on: false,
            json_contains: false,
            concurrent_writers: false,
            arrays: false,
            isolation_levels: false,
            transactional_ddl: false,
            typed_columns: false,
            notifications: false,
            truncate_triggers: false,
            max_binds,
        }
    }
}
