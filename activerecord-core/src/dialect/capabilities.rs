//! What a database can do, as flags to ask instead of its name.

/// What a connection's database can do.
///
/// Before the first connection these are what every supported version of the database can do; afterwards, what the
/// server at the other end can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Capabilities {
    /// INSERT can return the rows it wrote; elsewhere a generated key is the connection's last insert id.
    pub insert_returning: bool,
    /// UPDATE can return the rows it wrote; elsewhere they are read back.
    pub update_returning: bool,
    /// A transaction can be prepared, outlive its connection and be committed later: two-phase commit.
    pub prepared_transactions: bool,
    /// Locking reads (`FOR UPDATE`).
    pub row_locks: bool,
    /// Locking reads can skip rows that others hold.
    pub skip_locked: bool,
    /// DISTINCT can be asked for some columns alone; elsewhere a window's `row_number` says which row is the first.
    pub distinct_on: bool,
    /// A JSON value can be asked whether it holds all of another.
    pub json_contains: bool,
    /// Several writers at once. Where false, writers queue for the whole database.
    pub concurrent_writers: bool,
    /// Values of array type can be stored and bound; elsewhere they are JSON.
    pub arrays: bool,
    /// Isolation levels other than serializable can be chosen.
    pub isolation_levels: bool,
    /// CREATE TABLE and its like can be rolled back.
    pub transactional_ddl: bool,
    /// Every value of a column is of the column's type; elsewhere the type says what is preferred.
    pub typed_columns: bool,
    /// Sessions are told of what others send: [`ConnectionHandle::listen`](crate::ConnectionHandle::listen).
    pub notifications: bool,
    /// The most values that one statement can bind.
    pub max_binds: usize,
}

impl Capabilities {
    /// No capability but to bind `max_binds` values; a dialect adds what its database has.
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
            max_binds,
        }
    }
}
