//! One set of cases for SQLite, PostgreSQL, MariaDB and MySQL. `ACTIVERECORD_TEST_DATABASE` selects the database.
//!
//! A case does not know its database. The differences are capabilities, or fields of `test_support::Profile`, and the
//! cases check both.

mod builder;
mod bulk;
mod capabilities;
mod catalog;
mod crud;
mod described;
mod distributed;
mod errors;
mod hooks;
mod kept;
mod limits;
mod on_connect;
mod queries;
mod runtimes;
mod sessions;
mod transactions;
mod values;
