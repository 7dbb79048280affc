//! What the contestants have in common: the workloads, the data, the checks and the conversation with the driver.
//!
//! A contestant reads commands on its standard input, one a line, and answers each with one line:
//!
//! ```text
//! prepare WORKLOAD STORE    ready SETTINGS
//! run OPERATIONS            took NANOSECONDS
//! ```
//!
//! An answer that begins with `error` ends the benchmark: a contestant that got something wrong is not timed.

mod check;
mod data;
mod serve;
mod workload;

pub use check::Tally;
pub use data::{Change, Job, Row};
pub use serve::{Contestant, PRAGMAS, Result, serve};
pub use workload::{Store, TABLE_ROWS, TASKS, Workload};
