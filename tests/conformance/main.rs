//! One set of cases for every database, SQLite, PostgreSQL, MariaDB and MySQL: `ACTIVERECORD_TEST_DATABASE` chooses.
//!
//! No case asks which one it runs on. What databases differ in is a capability, or a fact of `harness::Profile`, and both
//! are checked here too, so that one that lies fails.

mod builder;
mod bulk;
mod capabilities;
mod crud;
mod described;
mod distributed;
mod errors;
mod hooks;
mod kept;
mod queries;
mod transactions;
mod values;
