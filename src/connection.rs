//! Connections: their settings, the handle for SQL that no model describes, and scopes.
//!
//! [`ConnectionManager`] registers connections by name. [`with_connection`] sends the statements of a block to another one.

pub use activerecord_core::{
    AsyncBody, Capabilities, ColumnInfo, Config, ConnectionHandle, ConnectionManager, Dialect, InCurrentConnections,
    IntoConfig, Listener, OutsideTransaction, PoolOptions, TableInfo, UniqueKey, connection, current_connection, spawn,
    try_with_connection, with_connection,
};
