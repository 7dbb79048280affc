//! What a program sees when a server is killed under it, when it comes back, and when calls are dropped halfway.
//!
//! The servers are killed for real: `postgres-2` and `mariadb-2`, which `cargo xtask test` starts and which nothing else in
//! the run uses. The tests take turns.

mod killed;
mod ledger;
mod replicas;
mod server;
mod storm;
