//! The facade from outside, on SQLite files and in memory. What holds on every database is in `tests/conformance`.

mod api;
mod connections;
mod errors;
mod generic;
mod observability;
mod outside_transactions;
mod readme;
mod scopes;
mod sql;
mod stress;
mod transactions;
mod values;
