//! The core of `activerecord`: everything except the code for one database.
//!
//! Programs use the crate `activerecord`, which re-exports the public items.
//!
//! The modules are in order: each imports only from the modules above it. The exception is `connection` and
//! `transaction`, which import each other because a session can be a transaction. `cargo xtask tidy` checks the order.

// Errors and values.
mod error;

mod value;

// What the derive emits.
mod schema;

// Statement trees, and the differences between databases as data.
pub mod statement;

mod dialect;

// What a database says of its tables.
mod catalog;

// Renders a tree in a dialect: text and binds.
pub mod sql;

// Settings, and the traits of a backend.
mod config;

pub mod backend;

// Connections, scopes and transactions.
mod connection;

mod transaction;

// Columns and expressions with Rust's types. They build trees.
mod typed;

// Models, and their reads and writes.
mod model;

mod persist;

mod query;

mod verbs;

// The paths that generated code names.
pub mod private;

pub use backend::{Branch, IntoBranch, Isolation, PreparedBranch};
#[doc(hidden)]
pub use catalog::{Carried, PlaceSql};
pub use catalog::{
    CheckInfo, ColumnInfo, Deferrable, EnumInfo, ExclusionInfo, ForeignKeyAction, ForeignKeyInfo, Generated, Identity,
    IndexInfo, IndexPart, IndexTerm, LeftOut, SequenceInfo, TableInfo, TableKind, Translated, UniqueKey,
};
pub use config::{Config, IntoConfig, PoolOptions};
pub use connection::{
    AsyncBody, ConnectionHandle, ConnectionManager, InCurrentConnections, Listener, OutsideTransaction,
    ProtocolConnection, UnmetPrecondition, connection, current_connection, spawn, try_with_connection, with_connection,
    with_reserve,
};
pub use dialect::{Capabilities, Dialect, MYSQL, POSTGRESQL, SQLITE};
#[doc(hidden)]
pub use dialect::{KeptJson, TableRoom};
pub use error::{Error, ErrorKind, Result};
pub use model::{Change, ChangeKind, Hooks, IntoKey, Model, Projection};
pub use query::{Alias, Batches, Cte, Cursor, KeysetPage, Page, Plan, Query, RawQuery, RowStream, exists, subquery};
pub use schema::{ColumnDef, Embedded, Named, Origin, TableDef};
pub use transaction::{Begin, Detached, Prepared, Retry, RetryBody, Transaction, retry, transaction, try_transaction};
pub use typed::{
    Anywhere, Assignment, At, Both, Case, Column, Condition, Covers, DateScalar, Divide, Expression, Found, FromJson,
    HasDate, HasTime, Here, InSet, Integer, IntoAssignments, IntoColumns, IntoJsonPath, IntoOrder, IsJson, JoinWith,
    JsonScalar, Leading, Left, Literal, MaybeAt, MaybeNull, Meet, Member, Number, Only, Operand, Order, Predicate,
    Relation, RowValue, RowValueColumns, Scalar, Selection, Source, Text, TextScalar, Whole, Window, WindowScalar,
    case, count_rows, dense_rank, literal, ntile, outer, rank, raw, record, row, row_number, window,
};
#[doc(hidden)]
pub use value::Unread;
pub use value::{
    ArrayElement, Flow, FromValue, IntoParams, Json, Limits, Row, RowIndex, RowRef, Sink, Stored, ToValue, Value,
    ValueRef, ValueType, format_date, format_datetime, format_time,
};
pub use verbs::ActiveRecord;
