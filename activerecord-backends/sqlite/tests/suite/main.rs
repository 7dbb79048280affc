//! Tests the SQLite backend through the traits of core, with files and in memory.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod cancel;
mod errors;
mod opening;
mod sharing;
mod statements;
mod support;
mod transactions;
mod values;
