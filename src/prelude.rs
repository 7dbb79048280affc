//! Everything a program with models needs: `use activerecord::prelude::*;`

pub use activerecord_core::Isolation::{ReadCommitted, ReadUncommitted, RepeatableRead, Serializable};
pub use activerecord_core::{
    ActiveRecord, Assignment, Batches, Begin, Change, ChangeKind, Column, Config, ConnectionHandle, ConnectionManager,
    Error, ErrorKind, Hooks, InCurrentConnections, Isolation, Json, Model, Order, OutsideTransaction, Page, Pool,
    Predicate, Projection, Query, RawQuery, Result, Retry, Row, Rows, Transaction, Value, connection, params, retry,
    transaction, try_transaction, try_with_connection, with_connection,
};
pub use activerecord_derive::*;
pub use rust_decimal::Decimal;
pub use rust_decimal_macros::dec;
pub use uuid::Uuid;
