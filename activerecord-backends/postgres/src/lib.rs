//! The PostgreSQL backend of `activerecord`: `postgres://USER:PASSWORD@HOST:PORT/DATABASE?OPTION=VALUE`, PostgreSQL 12 and
//! later.
//!
//! A statement that was run before on a connection costs one round trip, and its rows are handed out where the driver
//! holds them. See [`Config`](activerecord_core::Config) for how a connection is configured; the options are
//!
//! | option | values | default |
//! |---|---|---|
//! | `host` | the directory of a Unix socket, or a host's name, where the URL names none | the local socket, or `localhost` |
//! | `sslmode` | `disable`, `prefer`, `require`, `verify-ca`, `verify-full` | `prefer` |
//! | `sslrootcert` | the file of the certificates that are trusted | those of the system |
//! | `sslcert`, `sslkey` | the files of the client's certificate and key | none |
//! | `connect_timeout` | how long connecting may take, name lookup and login included: `5s` | `5s` |
//! | `statement_timeout` | after how long the server stops a statement | the server's |
//! | `lock_timeout` | how long a statement waits for a lock before it is `Busy` | the server's |
//! | `idle_in_transaction_session_timeout` | after how long the server closes a transaction that does nothing | the server's |
//! | `application_name` | what the server's lists of sessions show | none |
//! | `search_path` | the schemas of names that have none: `app,public` | the server's |
//! | `statement_cache_capacity` | how many prepared statements a connection keeps | `256` |
//!
//! User, password and certificates that are not given are taken from libpq's environment variables (`PGUSER`,
//! `PGPASSWORD`, ..), if they are set.
//!
//! # Types of bound values
//!
//! Numbers, dates, UUIDs and bytes are bound as what they are in Rust, and PostgreSQL converts them where a column has
//! another width. Text and JSON are bound without a type, so that PostgreSQL takes it from where they stand: text can be
//! written to, and compared with, a column of an enum type, `uuid`, `json` or `jsonb`. Where nothing tells the type
//! (`concat(?, ?)`, `? IS NULL`) the statement has to: `?::text`.
//!
//! # Reading
//!
//! Columns of other types than the table of conversions has (`inet`, `interval`, ranges, ..) are read as text by a cast in
//! the query: `SELECT address::text`.
//!
//! # What is refused
//!
//! BEGIN, COMMIT, PREPARE TRANSACTION and their like, because a transaction of this library has to know its end; LISTEN, for
//! which there is [`listen`](activerecord_core::ConnectionHandle::listen), and COPY from or to the client, because the driver takes what answers them for a broken protocol.
//!
//! # Cancelling
//!
//! When the future of a statement is dropped its connection is closed. The server notices that while it works, within a
//! second (PostgreSQL 14 and later) or when it next writes to the connection (before), and then stops.

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
