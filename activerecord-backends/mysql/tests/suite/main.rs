//! Tests the MySQL and MariaDB backend through the traits of core, on real servers. Each test runs on both.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod support;

mod cancel;
mod errors;
mod opening;
mod statements;
mod transactions;
mod values;
