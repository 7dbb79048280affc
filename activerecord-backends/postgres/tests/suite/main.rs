//! The PostgreSQL backend through core's contract, on a real server: the one that `DATABASE_URL_POSTGRES` names.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod cancel;
mod errors;
mod lost;
mod opening;
mod statements;
mod support;
mod transactions;
mod values;
