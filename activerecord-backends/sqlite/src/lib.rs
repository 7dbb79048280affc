//! The SQLite backend of `activerecord`: `sqlite://main.db?mode=rwc`, `sqlite::memory:`.
//!
//! A statement starts on the calling task. One that exceeds its time budget moves to a blocking thread. So a point
//! lookup costs microseconds, and a long scan does not stall the runtime. Writers of one file wait in a queue instead
//! of colliding. [`Config`](activerecord_core::Config) configures a connection. The options are
//!
//! | option | values | default |
//! |---|---|---|
//! | `mode` | `ro`, `rw`, `rwc` (creates the file), `memory` | `rw` |
//! | `busy_timeout` | how long to wait for a lock: `5s`, `250ms` | `5s` |
//! | `synchronous` | `off`, `normal`, `full`, `extra` | `full`: a commit survives a loss of power |
//! | `journal_mode` | `wal`, `delete`, `truncate`, `persist`, `memory`, `off` | `wal` where the file is writable |
//! | `locking_mode` | `normal`; `exclusive`: the pool's one connection keeps the database locked | `normal` |
//! | `foreign_keys` | `on`, `off` | `on` |
//! | `cache_size` | pages, or KiB when negative | SQLite's |
//! | `page_size` | bytes, for new files | SQLite's |
//! | `max_pages` | the most pages that the file may have | SQLite's |
//!
//! All connections of a pool share one database in memory, which exists as long as the pool. While a transaction writes
//! to it, reads outside the transaction wait for its end, up to `busy_timeout`. In a file with `journal_mode=wal` reads
//! do not wait: they see the state before the transaction.
//!
//! If no other connection uses a database, `locking_mode=exclusive` with a pool of one connection is the fastest
//! setting: no statement takes a lock. In memory a single write then takes a third less time.

mod backend;
mod cache;
mod config;
mod connection;
mod dialect;
mod error;
mod file;
mod floors;
mod keeper;
mod profile;
mod statement;
mod value;

use activerecord_core::SQLITE;
use activerecord_core::backend::BackendFactory;

inventory::submit! { BackendFactory { dialect: &SQLITE, schemes: &["sqlite", "sqlite3"], open: backend::open } }
