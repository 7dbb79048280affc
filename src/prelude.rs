//! What a file with models needs: `use activerecord::prelude::*;`
//!
//! Everything else is imported by its module: [`query`](crate::query), [`transaction`](mod@crate::transaction),
//! [`outbox`](crate::outbox), [`saga`](crate::saga), [`queue`](crate::queue), ..

pub use activerecord_core::{
    ActiveRecord, Change, Column, Config, ConnectionManager, Error, Hooks, Json, Model, Query, Result, Transaction,
    connection, params, retry, transaction, with_connection,
};
// Traits whose methods a program calls, without their names.
pub use activerecord_core::{
    Alias as _, Cte as _, DateScalar as _, Embedded as _, InCurrentConnections as _, JsonScalar as _, Projection as _,
    Scalar as _, TextScalar as _, WindowScalar as _,
};
pub use activerecord_derive::{ActiveEnum, ActiveRecord, Alias, Cte, Embedded, Projection};
pub use activerecord_distributed::{Consumer, Outbox, ProtocolError as _, Relay, Saga, TwoPhase, Worker, two_phase};
#[cfg(feature = "sync")]
pub use activerecord_sync::{Capture, Mirror, SyncJob};
pub use rust_decimal::Decimal;
pub use rust_decimal_macros::dec;
pub use uuid::Uuid;
