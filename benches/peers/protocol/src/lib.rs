//! What the contestants have in common: the workloads, the data, the checks and the conversation with the driver.
//!
//! A contestant reads commands on its standard input, one a line, and answers each with one line:
//!
//! ```text
//! prepare WORKLOAD STORE    ready SETTINGS, or: unsupported WHY
//! run OPERATIONS            took NANOSECONDS
//! repeat OPERATIONS         did ALLOCATIONS TEXTS
//! ```
//!
//! `run` is timed and checked. `repeat` is for counting from outside: whatever surrounds the operations is the same
//! work for every number of them; it says how many texts (`String`s) were in what was read. An answer that begins with `error` ends the benchmark: a contestant that got
//! something wrong is not timed.

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
