//! The PostgreSQL backend of `activerecord`: `postgres://USER:PASSWORD@HOST:PORT/DATABASE?OPTION=VALUE`, PostgreSQL 12 and
//! later.
//!
//! A statement that a connection ran before costs one round trip, and its rows are borrowed from the driver's buffer. See [`Config`](activerecord_core::Config) for how to configure a connection. The options:
//!
//! | option | values | default |
//! |---|---|---|
//! | `host` | the directory of a Unix socket or a host name, if the URL has no host | the local socket, or `localhost` |
//! | `sslmode` | `disable`, `prefer`, `require`, `verify-ca`, `verify-full` | `prefer` |
//! | `sslrootcert` | the file of trusted certificates | the system's |
//! | `sslcert`, `sslkey` | the files of the client's certificate and key | none |
//! | `connect_timeout` | how long connecting may take, including name lookup and login: `5s` | `5s` |
//! | `statement_timeout` | how long a statement may run | the server's |
//! | `lock_timeout` | how long a statement waits for a lock before it fails as `Busy` | the server's |
//! | `idle_in_transaction_session_timeout` | how long a transaction may be idle before the server ends the session | the server's |
//! | `application_name` | the name in the server's lists of sessions | none |
//! | `search_path` | the schemas of unqualified names: `app,public` | the server's |
//! | `statement_cache_capacity` | how many prepared statements a connection keeps | `256` |
//!
//! Missing user, password and certificates are read from libpq's environment variables (`PGUSER`, `PGPASSWORD`, ..).
//!
//! # Types of bound values
//!
//! Numbers, dates, UUIDs and bytes are bound with their own type, and PostgreSQL converts them to a column of another
//! width. Text and JSON are bound without a type, and PostgreSQL infers it from the context: text can be
//! written to, and compared with, a column of an enum type, `uuid`, `json` or `jsonb`. Without a context
//! (`concat(?, ?)`, `? IS NULL`) the statement needs a cast: `?::text`.
//!
//! # Reading
//!
//! Columns of a type outside the table of conversions (`inet`, `interval`, ranges, ..) need a cast in the query:
//! `SELECT address::text`.
//!
//! # Refused statements
//!
//! - BEGIN, COMMIT, PREPARE TRANSACTION and similar: use a transaction of this library, which tracks its state.
//! - LISTEN: use [`listen`](activerecord_core::ConnectionHandle::listen).
//! - COPY from or to the client: the driver reports its rows as a protocol error.
//!
//! # Cancelling
//!
//! When the future of a statement is dropped, its connection is closed. The server stops the statement within a second
//! (PostgreSQL 14 and later) or when it next writes to the connection (earlier versions).

mod backend;
mod config;
mod connection;
mod dialect;
mod error;
mod listener;
mod value;

use activerecord_core::POSTGRESQL;
use activerecord_core::backend::BackendFactory;

inventory::submit! { BackendFactory { dialect: &POSTGRESQL, schemes: &["postgres", "postgresql"], open: backend::open } }
