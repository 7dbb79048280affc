//! The SQLite backend through core's contract, on real files and in memory.

mod cancel;
mod errors;
mod opening;
mod statements;
mod sharing;
mod support;
mod transactions;
mod values;
