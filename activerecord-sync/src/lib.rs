//! Copies of tables between any two databases, and the changes that keep a copy equal to its source.
//!
//! | type | what it does |
//! |---|---|
//! | [`SyncJob`] | copies the rows of one model into the table of another, in batches, from a checkpoint |
//! | [`SyncTable`] | copies a table that has no model |
//! | [`SyncDatabase`] | copies all tables of a database |
//! | [`Capture`] | installs triggers that write every change of a table to the outbox |
//! | [`Mirror`] | applies captured changes to the target of a [`SyncJob`] |
//!
//! Programs use the facade crate `activerecord`, whose module `sync` re-exports what is public here.

mod capture;
mod copy;
mod hash;
mod job;
mod mirror;
mod progress;
mod report;

#[doc(hidden)]
pub mod support {
    //! An item for the package `activerecord` only. It is not stable.

    use activerecord_core::statement::CreateTable;

    /// The tables of this crate.
    pub fn definitions() -> Vec<CreateTable> {
        [vec![crate::copy::checkpoint::definition()], crate::mirror::definitions()].concat()
    }
}

pub use capture::{Capture, Changed, Install};
pub use job::{NotCopied, SyncDatabase, SyncFrom, SyncJob, SyncTable};
pub use mirror::{Lag, Mirror};
pub use progress::{IntoProgress, Progress};
pub use report::{
    BadRow, DatabaseDifferences, DatabasePlan, DatabaseReport, Difference, DifferenceKind, Differences, Outcome,
    PlannedTable, SyncReport, TableDifferences, TableReport,
};
