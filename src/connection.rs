//! Connections: their settings, the handle for SQL that no model describes, and scopes.
//!
//! [`ConnectionManager`] registers connections by name. [`with_connection`] sends the statements of a block to another one.

pub use activerecord_core::{
    AsyncBody, Capabilities, CheckInfo, ColumnInfo, Config, ConnectionHandle, ConnectionManager, Deferrable, Dialect,
    EnumInfo, ExclusionInfo, ForeignKeyAction, ForeignKeyInfo, Generated, Identity, InCurrentConnections, IndexInfo,
    IndexPart, IndexTerm, IntoConfig, LeftOut, Listener, OutsideTransaction, PoolOptions, SequenceInfo, TableInfo,
    TableKind, UniqueKey, connection, current_connection, spawn, try_with_connection, with_connection,
};
