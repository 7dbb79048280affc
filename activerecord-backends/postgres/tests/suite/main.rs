//! Tests the PostgreSQL backend through the traits of core, on the server of `DATABASE_URL_POSTGRES`.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod cancel;
mod errors;
mod lost;
mod opening;
mod statements;
mod support;
mod transactions;
mod values;
