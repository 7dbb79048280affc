//! An ActiveRecord framework for working with several databases at once.

// Linked for its registration alone: `configure` finds it by the scheme of a URL.
#[cfg(feature = "mysql")]
use activerecord_mysql as _;
#[cfg(feature = "postgres")]
use activerecord_postgres as _;
#[cfg(feature = "sqlite")]
use activerecord_sqlite as _;

pub mod prelude;
#[cfg(feature = "sync")]
pub mod sync;

pub use activerecord_core::*;
pub use activerecord_derive::*;
pub use activerecord_distributed::*;
#[cfg(feature = "nats")]
pub use activerecord_nats::NatsQueue;
#[cfg(feature = "rabbitmq")]
pub use activerecord_rabbitmq::RabbitQueue;
#[cfg(feature = "redis")]
pub use activerecord_redis::RedisQueue;
#[cfg(feature = "sync")]
pub use sync::{
    BadRow, Capture, Changed, Difference, DifferenceKind, Differences, Install, Lag, Mirror, SyncFrom, SyncJob,
    SyncReport, SyncTable,
};

/// The README's program compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
