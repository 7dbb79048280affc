//! What a program sees when a server is killed and restarted, and when calls are dropped before their end.
//!
//! The tests kill the servers `postgres-2` and `mariadb-2`. `cargo xtask test` starts them, and nothing else in the run
//! uses them. The tests run one at a time.

mod brokers;
mod horizons;
mod killed;
mod ledger;
mod proxied;
mod replicas;
mod server;
mod storm;
