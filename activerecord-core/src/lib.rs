//! The core of `activerecord`: everything that is not one database.
//!
//! Programs use the facade crate `activerecord`, which re-exports what is public here.

mod active_enum;
mod assignment;
pub mod backend;
mod capabilities;
mod column;
mod connection;
mod dialect;
pub mod digest;
mod embedded;
mod error;
mod expression;
mod hooks;
mod kind;
mod model;
mod operand;
mod order;
mod persist;
mod predicate;
pub mod private;
mod projection;
mod query;
mod read;
mod record;
mod row;
mod schema;
mod selection;
mod source;
pub mod sql;
pub mod statement;
mod transaction;
mod value;

pub use assignment::{Assignment, IntoAssignments};
pub use backend::Isolation;
pub use backend::{Branch, PreparedBranch};
pub use capabilities::Capabilities;
pub use column::Column;
pub use connection::{
    ColumnInfo, Config, ConnectionHandle, ConnectionManager, InCurrentConnections, IntoConfig, Listener,
    OutsideTransaction, Pool, TableInfo, UniqueKey, UnmetPrecondition, connection, current_connection, spawn,
    try_with_connection, with_connection,
};
pub use dialect::{Dialect, MYSQL, POSTGRESQL, SQLITE};
pub use embedded::Embedded;
pub use error::{Error, ErrorKind, Result};
pub use expression::{
    Case, DateScalar, Expression, FromJson, IntoJsonPath, JsonScalar, RowLike, RowOf, Scalar, TextScalar, Window,
    WindowScalar, case, count_rows, dense_rank, exists, literal, ntile, outer, rank, raw, row, row_number, subquery,
    window,
};
pub use hooks::{Change, ChangeKind, Hooks};
pub use kind::{Divide, HasDate, HasTime, Integer, IsJson, MaybeNull, Number, Text};
pub use model::Model;
pub use operand::{InSet, Literal, Operand};
pub use order::{IntoOrder, Order};
pub use predicate::Predicate;
pub use projection::Projection;
pub use query::{Batches, Cursor, KeysetPage, Page, Plan, Query, RawQuery, Rows};
pub use record::{ActiveRecord, IntoKey};
pub use row::{Row, RowIndex};
pub use schema::{ColumnDef, Table};
pub use selection::{IntoColumns, Selection, Whole, record};
pub use source::{
    Alias, Anywhere, At, Both, Covers, Cte, Found, Here, JoinWith, Leading, Left, MaybeAt, Meet, Member, Only,
    Relation, Source,
};
pub use transaction::{Begin, Detached, Prepared, Retry, Transaction, retry, transaction, try_transaction};
pub use value::{
    ArrayElement, Flow, FromValue, IntoParams, Json, RowRef, Sink, ToValue, Value, ValueRef, ValueType, format_date,
    format_datetime, format_time,
};
