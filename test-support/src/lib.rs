//! Helpers that the tests and benchmarks of several packages share.

pub mod backend;
pub mod compare;
mod database;
mod example;
mod file;
mod outside;
mod polls;
mod pool;
mod process;
mod proxy;
pub mod sample;
pub mod services;
pub mod shown;
pub mod stepwise;
pub mod strategies;
mod until;

pub use database::{Database, Expected, Profile, Rich};
pub use example::example;
pub use file::DatabaseFile;
pub use outside::Outside;
pub use polls::polled;
pub use pool::{TIME_LIMIT, patient_pool};
pub use process::{fails_without, in_a_process_of_its_own};
pub use proxy::{Direction, Proxy};
pub use services::is_left_out;
pub use until::until;
