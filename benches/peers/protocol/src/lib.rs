//! The code that all contestants share: workloads, data, checks and the protocol with the driver.
//!
//! A contestant reads commands from standard input, one per line, and answers each with one line:
//!
//! ```text
//! prepare WORKLOAD STORE    ready SETTINGS, or: unsupported REASON
//! run OPERATIONS            took NANOSECONDS
//! repeat OPERATIONS         did ALLOCATIONS TEXTS
//! ```
//!
//! `run` is timed and checked. `repeat` is for counters outside of the contestant: the work around the operations does
//! not depend on their number; its answer includes the number of texts (`String`s) that were read. An answer that
//! begins with `error` ends the benchmark: a contestant with wrong results is not timed.

mod allocations;
mod check;
mod contestant;
mod data;
mod group;
mod home;
mod job;
mod records;
mod run;
mod serve;
mod session;
mod settings;
mod store;
mod tables;
mod tally;
#[cfg(feature = "tokio")]
mod tasks;
mod texts;
mod threads;
mod workload;

pub use contestant::{Contestant, Result};
pub use data::Row;
pub use group::group;
pub use job::{Change, Job, REPEATED};
pub use records::{Comment, CommentFields, Post, PostFields, User, UserFields};
pub use serve::serve;
#[cfg(feature = "tokio")]
pub use serve::serve_tokio;
pub use settings::PRAGMAS;
pub use store::{Database, Store};
pub use tally::Tally;
#[cfg(feature = "tokio")]
pub use tasks::tasks;
pub use texts::Texts;
pub use threads::{connections, threads};
pub use workload::{CONNECTIONS, TABLE_ROWS, TASKS, Workload};
