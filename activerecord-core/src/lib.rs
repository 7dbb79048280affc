//! The core of `activerecord`: everything that is not one database.
//!
//! Programs use the facade crate `activerecord`, which re-exports what is public here.
//!
//! The modules are in order: each imports only from modules above it. `connection` and `transaction` import each other,
//! because a session can be a transaction. `cargo xtask tidy` checks the order.

// Errors and values.
mod error;

mod value;

// What the derive emits.
mod schema;

// Plain trees, and what is different between databases.
pub mod statement;

mod dialect;

// Trees and a dialect become text and binds.
pub mod sql;

// Settings, and the contract of a backend.
mod config;

pub mod backend;

// Where a statement runs.
mod connection;

mod transaction;

// Columns and expressions with Rust's types, which build trees.
mod typed;

// Models, and what a program does with them.
mod model;

mod persist;

mod query;

mod verbs;

// The paths that generated code names.
pub mod private;

pub use backend::{Branch, Isolation, PreparedBranch};
pub use config::{Config, IntoConfig, PoolOptions};
pub use connection::{
    ColumnInfo, ConnectionHandle, ConnectionManager, InCurrentConnections, Listener, OutsideTransaction,
    ProtocolConnection, TableInfo, UniqueKey, UnmetPrecondition, connection, current_connection, spawn,
    try_with_connection, with_connection,
};
pub use dialect::{Capabilities, Dialect, MYSQL, POSTGRESQL, SQLITE};
pub use error::{Error, ErrorKind, Result};
pub use model::{Change, ChangeKind, Hooks, IntoKey, Model, Projection};
pub use query::{Alias, Batches, Cte, Cursor, KeysetPage, Page, Plan, Query, RawQuery, Rows, exists, subquery};
pub use schema::{ColumnDef, Embedded, Named, Table};
pub use transaction::{Begin, Detached, Prepared, Retry, Transaction, retry, transaction, try_transaction};
pub use typed::{
    Anywhere, Assignment, At, Both, Case, Column, Covers, DateScalar, Divide, Expression, Found, FromJson, HasDate,
    HasTime, Here, InSet, Integer, IntoAssignments, IntoColumns, IntoJsonPath, IntoOrder, IsJson, JoinWith, JsonScalar,
    Leading, Left, Literal, MaybeAt, MaybeNull, Meet, Member, Number, Only, Operand, Order, Predicate, Relation,
    RowLike, RowOf, Scalar, Selection, Source, Text, TextScalar, Whole, Window, WindowScalar, case, count_rows,
    dense_rank, literal, ntile, outer, rank, raw, record, row, row_number, window,
};
pub use value::{
    ArrayElement, Flow, FromValue, IntoParams, Json, Row, RowIndex, RowRef, Sink, ToValue, Value, ValueRef, ValueType,
    format_date, format_datetime, format_time,
};
pub use verbs::ActiveRecord;
