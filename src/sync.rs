//! Copies of tables between databases: batch jobs, change data capture and mirrors. Needs the feature `sync`, a default one.

pub use activerecord_sync::{
    BadRow, Capture, Changed, DatabaseDifferences, DatabasePlan, DatabaseReport, Difference, DifferenceKind, Differences,
    Install, IntoProgress, Lag, Mirror, NotCopied, Outcome, PlannedTable, Progress, SyncDatabase, SyncFrom, SyncJob,
    SyncReport, SyncTable, TableDifferences, TableReport,
};
