//! Names that stood at the root in release 0.1. They have moved to their modules. The next release removes them from the root.

pub use activerecord_core::{
    Alias, Anywhere, ArrayElement, Assignment, At, Batches, Begin, Both, Branch, Capabilities, Case, ChangeKind,
    ColumnDef, ColumnInfo, ConnectionHandle, Covers, Cte, Cursor, DateScalar, Detached, Dialect, Divide, Embedded,
    Expression, Flow, Found, FromJson, FromValue, HasDate, HasTime, Here, InCurrentConnections, InSet, Integer,
    IntoAssignments, IntoColumns, IntoConfig, IntoJsonPath, IntoKey, IntoOrder, IntoParams, IsJson, Isolation,
    JoinWith, JsonScalar, KeysetPage, Leading, Left, Listener, Literal, MYSQL, MaybeAt, MaybeNull, Meet, Member, Named,
    Number, Only, Operand, Order, OutsideTransaction, POSTGRESQL, Page, Plan, Predicate, Prepared, PreparedBranch,
    Projection, RawQuery, Relation, Retry, Row, RowIndex, RowRef, SQLITE, Scalar, Selection, Sink, Source, TableInfo,
    Text, TextScalar, ToValue, UniqueKey, UnmetPrecondition, Value, ValueRef, ValueType, Whole, Window, WindowScalar,
    case, count_rows, current_connection, dense_rank, exists, format_date, format_datetime, format_time, literal,
    ntile, outer, rank, raw, record, row, row_number, spawn, subquery, window,
};
pub use activerecord_distributed::{
    Backoff, Delivery, Enqueue, Event, Finding, InDoubt, InDoubtState, Inbox, MemoryQueue, Message, MessageState,
    PublishError, Publisher, Queue, QueueCapabilities, RawEvent, Recovered, Resumed, SagaRecord, SagaState, SagaStep,
    Sagas, SqlQueue, StepContext, StepFn, StepState, Subscriber, Survey, Task, TopicStats, UndoFn, permanent,
    transient,
};
#[cfg(feature = "nats")]
pub use activerecord_nats::NatsQueue;
#[cfg(feature = "rabbitmq")]
pub use activerecord_rabbitmq::RabbitQueue;
#[cfg(feature = "redis")]
pub use activerecord_redis::RedisQueue;
#[cfg(feature = "sync")]
pub use activerecord_sync::{
    BadRow, Changed, Difference, DifferenceKind, Differences, Install, Lag, SyncFrom, SyncReport, SyncTable,
};

/// The options of a connection's pool.
#[deprecated(note = "use `PoolOptions`")]
pub type Pool = activerecord_core::PoolOptions;

/// The rows of a query, one by one.
#[deprecated(note = "use `query::RowStream`")]
pub type Rows<R> = activerecord_core::RowStream<R>;

/// Columns that are compared as one value.
#[deprecated(note = "use `query::RowValue`")]
pub type RowOf<C> = activerecord_core::RowValue<C>;

/// A model's table.
#[deprecated(note = "use `model::TableDef`")]
pub type Table = activerecord_core::TableDef;
