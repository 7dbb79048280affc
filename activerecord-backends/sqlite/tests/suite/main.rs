//! The SQLite backend through core's contract, on real files and in memory.

mod cancel;
mod errors;
mod opening;
mod sharing;
mod statements;
mod support;
mod transactions;
mod values;
