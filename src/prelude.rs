//! Everything a program with models needs: `use activerecord::prelude::*;`

pub use activerecord_core::Isolation::{ReadCommitted, ReadUncommitted, RepeatableRead, Serializable};
pub use activerecord_core::{
    ActiveRecord, Alias, Assignment, Batches, Begin, Change, ChangeKind, Column, Config, ConnectionHandle,
    ConnectionManager, Cte, Cursor, DateScalar, Embedded, Error, ErrorKind, Expression, Hooks, InCurrentConnections,
    Isolation, Json, JsonScalar, KeysetPage, Left, Model, Order, OutsideTransaction, Page, Plan, Pool, Predicate,
    Projection, Query, RawQuery, Result, Retry, Row, Rows, Scalar, TextScalar, Transaction, Value, WindowScalar, case,
    connection, count_rows, dense_rank, exists, literal, ntile, outer, params, rank, raw, record, retry, row,
    row_number, subquery, transaction, try_transaction, try_with_connection, window, with_connection,
};
pub use activerecord_derive::*;
pub use activerecord_distributed::{
    Consumer, Event, Inbox, MemoryQueue, Outbox, Prepare, ProtocolError as _, Relay, Saga, SagaState, Sagas, SqlQueue,
    StepContext, Task, TwoPhase, Worker, permanent, transient, two_phase,
};
#[cfg(feature = "nats")]
pub use activerecord_nats::NatsQueue;
#[cfg(feature = "rabbitmq")]
pub use activerecord_rabbitmq::RabbitQueue;
#[cfg(feature = "redis")]
pub use activerecord_redis::RedisQueue;
#[cfg(feature = "sync")]
pub use activerecord_sync::{Capture, Changed, Mirror, SyncJob, SyncTable};
pub use rust_decimal::Decimal;
pub use rust_decimal_macros::dec;
pub use uuid::Uuid;
