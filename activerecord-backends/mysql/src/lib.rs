//! The MySQL and MariaDB backend of `activerecord`: `mysql://USER:PASSWORD@HOST/DATABASE`, or `mariadb://..`.
//!
//! MySQL since 8.0.31 and MariaDB since 10.6. The backend detects which one it is connected to. See
//! [`Config`](activerecord_core::Config) for how to configure a connection. The options:
//!
//! | option | values | default |
//! |---|---|---|
//! | `ssl-mode`, `sslmode` | `disabled`, `preferred`, `required`, `verify_ca`, `verify_identity`; PostgreSQL's words too | `preferred`: TLS if the server supports it, without checking its certificate |
//! | `ssl-ca` | the file of trusted certificates | the system's |
//! | `ssl-cert`, `ssl-key` | the files of the client's certificate and key | none |
//! | `socket` | the path of a Unix socket, instead of a host | none |
//! | `connect_timeout` | how long connecting may take: `5s`, `250ms` | `5s` |
//! | `statement_timeout` | how long a statement may run; on MySQL only SELECT | the server's |
//! | `lock_timeout` | how long a statement waits for a lock before it fails as `Busy`, in whole seconds | the server's, 50 s |
//! | `statement_cache_capacity` | how many prepared statements a connection keeps | `256` |
//! | `collation` | the collation of texts that are no columns; columns keep their own | `utf8mb4_bin` |
//!
//! Without TLS a password is encrypted with the public key that the server sends. That protects against eavesdropping, but not
//! against an impostor. `verify_identity` protects against both.
//!
//! # A session
//!
//! Every session is in UTC and utf8mb4, enforces foreign keys, and is strict: `STRICT_TRANS_TABLES`, `NO_ZERO_DATE`,
//! `NO_ZERO_IN_DATE`, `ERROR_FOR_DIVISION_BY_ZERO`, `NO_ENGINE_SUBSTITUTION`, `ONLY_FULL_GROUP_BY`. `||` concatenates texts, as
//! in standard SQL (`PIPES_AS_CONCAT`).
//!
//! # Differences from other databases
//!
//! - CREATE, ALTER, DROP and similar statements commit the open transaction. Inside a transaction they are refused, except in a
//!   procedure or in EXECUTE, where they are not seen. A script runs as a whole or not at all, unless it contains such a
//!   statement: then the statements before an error remain.
//! - A deadlock rolls back the whole transaction; a lock timeout rolls back only the statement.
//! - An upsert is `ON DUPLICATE KEY UPDATE c = VALUES(c)`, which both servers support. MySQL warns that `VALUES` is deprecated,
//!   but MariaDB does not support its replacement.
//! - The server does not stop a statement whose future is dropped; it notices the closed connection when it answers. Set
//!   `statement_timeout` to limit this. The transaction is rolled back in any case.
//! - Columns of MySQL's VECTOR type and of geometry types cannot be read; select their text instead.

mod backend;
mod config;
mod connection;
mod dialect;
mod error;
mod value;

use activerecord_core::MYSQL;
use activerecord_core::backend::BackendFactory;

inventory::submit! { BackendFactory { dialect: &MYSQL, schemes: &["mysql", "mariadb"], open: backend::open } }
