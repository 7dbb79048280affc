//! The facade on SQLite, in files and in memory. The tests of every database are in `tests/conformance`.

mod api;
mod attached;
mod connections;
mod deep;
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
