//! The SQLite backend through core's contract, on real files and in memory.

mod statements;
mod support;
