//! The SQLite backend of `activerecord`: `sqlite://main.db?mode=rwc`, `sqlite::memory:`.
//!
//! Statements are stepped on the calling task, with a budget: what takes longer moves to a blocking thread, so that a
//! point lookup costs microseconds and a long scan never stalls the runtime. Writers of one file queue instead of
//! colliding. See [`Config`](activerecord_core::Config) for how a connection is configured; the options are
//!
//! | option | values | default |
//! |---|---|---|
//! | `mode` | `ro`, `rw`, `rwc` (creates the file), `memory` | `rw` |
//! | `busy_timeout` | how long to wait for a lock: `5s`, `250ms` | `5s` |
//! | `synchronous` | `off`, `normal`, `full`, `extra` | `full`: a commit survives a loss of power |
//! | `journal_mode` | `wal`, `delete`, `truncate`, `persist`, `memory`, `off` | `wal` where the file is writable |
//! | `locking_mode` | `normal`; `exclusive`: the pool's one connection keeps everybody else out | `normal` |
//! | `foreign_keys` | `on`, `off` | `on` |
//! | `cache_size` | pages, or KiB when negative | SQLite's |
//! | `page_size` | bytes, for new files | SQLite's |
//! | `max_pages` | the most pages that the file may have | SQLite's |
//!
//! A database in memory is one database for all connections of its pool, and lives as long as the pool. While a
//! transaction writes to it, reads outside the transaction wait for its end, up to `busy_timeout`; in a file with
//! `journal_mode=wal` they do not wait, and see the state before it.
//!
//! Where one task at a time uses a database that is nobody else's, `locking_mode=exclusive` with a pool of one connection
//! is the fastest: no statement locks anything. In memory that takes a third off a single write.

mod backend;
mod cache;
mod config;
mod connection;
mod dialect;
mod error;
mod file;
mod keeper;
mod profile;
mod statement;
mod value;

use activerecord_core::SQLITE;
use activerecord_core::backend::BackendFactory;

inventory::submit! { BackendFactory { dialect: &SQLITE, schemes: &["sqlite", "sqlite3"], open: backend::open } }
