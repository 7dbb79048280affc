//! An ActiveRecord framework for working with several databases at once.
//!
//! A struct with `#[derive(ActiveRecord)]` is a model. Each model lives on a named connection: SQLite, PostgreSQL, MySQL or
//! MariaDB. A scope or a query switches the connection, and four protocols keep several databases consistent.
//!
//! ```
//! use activerecord::prelude::*;
//!
//! #[derive(ActiveRecord, Debug, Default)]
//! struct User {
//!     id: i64,
//!     email: String,
//!     active: bool,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<()> {
//! ConnectionManager::configure("primary", "sqlite::memory:")?;
//! # connection("primary")?.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL, active BOOLEAN NOT NULL)", []).await?;
//! let user = User::create(User { email: "a@example.org".into(), active: true, ..User::default() }).await?;
//! let active = User::filter(User::ACTIVE.eq(true)).order_by(User::EMAIL.asc()).limit(10).all().await?;
//! assert_eq!((active.len(), active[0].id), (1, user.id));
//! # Ok(())
//! # }
//! ```
//!
//! # Where to look
//!
//! | task | start with | more in |
//! |---|---|---|
//! | define a model | [`derive@ActiveRecord`], [`derive@ActiveEnum`], [`derive@Embedded`] | [`Hooks`], [`model`] |
//! | read | [`ActiveRecord::find`], [`ActiveRecord::filter`], [`Query`] | [`query`]: expressions, joins, pages, streams |
//! | write | [`ActiveRecord::save`], [`ActiveRecord::create`], [`ActiveRecord::bulk_insert`] | [`Query::update`], [`Query::delete`] |
//! | configure connections | [`ConnectionManager::configure`], [`Config`], [`PoolOptions`] | [`connection`](mod@connection) |
//! | switch connections | [`with_connection`], [`ActiveRecord::with_connection`], [`Query::using`] | [`connection`](mod@connection) |
//! | one transaction | [`transaction`](fn@transaction), [`ActiveRecord::transaction`], [`Transaction`] | [`transaction`](mod@transaction): isolation, [`retry`] |
//! | all databases or none | [`two_phase`](fn@two_phase) | [`two_phase`](mod@two_phase) |
//! | steps with compensation | [`Saga`] | [`saga`] |
//! | work after a commit | [`Outbox`], [`Worker`] | [`outbox`] |
//! | events through a broker | [`Relay`], [`Consumer`] | [`queue`] |
#![cfg_attr(feature = "sync", doc = "| copies of tables | [`SyncJob`], [`Mirror`], [`Capture`] | [`sync`] |")]
//! | errors | [`Error`], [`ErrorKind`] | |
//! | write a backend | [`backend`] | [`statement`], [`sql`] |
//!
//! # Features
//!
//! | feature | default | adds |
//! |---|---|---|
//! | `sqlite` | yes | SQLite, compiled in |
//! | `postgres` | no | PostgreSQL |
//! | `mysql` | no | MySQL and MariaDB |
//! | `sync` | yes | copies of tables between databases: [`SyncJob`] and its like |
//! | `nats`, `rabbitmq`, `redis` | no | a broker for [`queue`] |
//!
//! A program needs tokio: connections use its timers and sockets.

// Linked for their registration: `configure` finds a backend by the scheme of a URL.
#[cfg(feature = "mysql")]
use activerecord_mysql as _;
#[cfg(feature = "postgres")]
use activerecord_postgres as _;
#[cfg(feature = "sqlite")]
use activerecord_sqlite as _;

pub mod connection;
mod deprecated;
pub mod model;
pub mod outbox;
pub mod prelude;
pub mod query;
pub mod queue;
pub mod saga;
#[cfg(feature = "sync")]
pub mod sync;
pub mod tables;
pub mod transaction;
pub mod two_phase;
pub mod value;

pub use activerecord_core::{
    ActiveRecord, Change, Column, Config, ConnectionManager, Error, ErrorKind, Hooks, Json, Model, PoolOptions, Query,
    Result, Transaction, connection, params, retry, transaction, try_transaction, try_with_connection, with_connection,
};
pub use activerecord_core::{backend, sql, statement};
pub use activerecord_derive::{ActiveEnum, ActiveRecord, Alias, Cte, Embedded, Projection};
pub use activerecord_distributed::{Consumer, Outbox, Relay, Saga, TwoPhase, Worker, two_phase};
#[cfg(feature = "sync")]
pub use activerecord_sync::{Capture, Mirror, SyncJob};
pub use rust_decimal::Decimal;
pub use rust_decimal_macros::dec;
pub use uuid::Uuid;

#[doc(hidden)]
pub use deprecated::*;

/// The paths that generated code names.
#[doc(hidden)]
pub use activerecord_core::private;

/// The program and the snippets of the README compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
