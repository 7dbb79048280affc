//! The MySQL and MariaDB backend of `activerecord`: `mysql://USER:PASSWORD@HOST/DATABASE`, or `mariadb://..`.
//!
//! MySQL from 8.0.31 and MariaDB from 10.6; which one it is, the server tells. See
//! [`Config`](activerecord_core::Config) for how a connection is configured; the options are
//!
//! | option | values | default |
//! |---|---|---|
//! | `ssl-mode`, `sslmode` | `disabled`, `preferred`, `required`, `verify_ca`, `verify_identity`; PostgreSQL's words too | `preferred`: TLS if the server has it, and no look at its certificate |
//! | `ssl-ca` | file of certificates to trust | the system's |
//! | `ssl-cert`, `ssl-key` | files of the client's own certificate and key | none |
//! | `socket` | path of a Unix socket, instead of a host | none |
//! | `connect_timeout` | how long connecting may take: `5s`, `250ms` | `5s` |
//! | `statement_timeout` | how long a statement may run: all of them on MariaDB, only SELECT on MySQL, which has no more | the server's |
//! | `lock_timeout` | how long a statement waits for another's lock, in whole seconds | the server's, 50 s |
//! | `statement_cache_capacity` | prepared statements that a connection keeps | `256` |
//! | `collation` | of the connection; text in columns compares by the columns' own | the server's for utf8mb4 |
//!
//! Without TLS a password is sent encrypted for the server's public key, which the server itself hands out: safe from
//! who listens, not from who answers in the server's place. `verify_identity` is safe from both.
//!
//! # A session
//!
//! Every session is in UTC and utf8mb4, enforces foreign keys, and is strict: `STRICT_TRANS_TABLES`, `NO_ZERO_DATE`,
//! `NO_ZERO_IN_DATE`, `ERROR_FOR_DIVISION_BY_ZERO`, `NO_ENGINE_SUBSTITUTION`, `ONLY_FULL_GROUP_BY`. `||` joins texts, as
//! in standard SQL (`PIPES_AS_CONCAT`).
//!
//! # What differs from other databases
//!
//! - CREATE, ALTER, DROP and their like commit whatever is open. Inside a transaction they are refused, unless they hide
//!   in a procedure or in EXECUTE. A script of several statements happens as a whole or not at all, but for one that
//!   holds such a statement: then what ran before an error stands.
//! - A deadlock ends the whole transaction, and a lock that is waited for too long ends only the statement.
//! - An upsert is `ON DUPLICATE KEY UPDATE c = VALUES(c)`, which both servers have; MySQL warns that it prefers a spelling
//!   that MariaDB does not know.
//! - A statement whose future is dropped is not stopped: the server sees that nobody listens when it answers. Set
//!   `statement_timeout` where that matters. A transaction is rolled back in any case.
//! - Columns of MySQL's VECTOR type, and of geometries, are not read; select their text instead.

mod backend;
mod config;
mod connection;
mod dialect;
mod error;
mod value;

use activerecord_core::MYSQL;
use activerecord_core::backend::BackendFactory;

inventory::submit! { BackendFactory { dialect: &MYSQL, schemes: &["mysql", "mariadb"], open: backend::open } }
