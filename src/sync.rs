//! Copies of tables between databases: batch jobs, change data capture and mirrors. Needs the feature `sync`, a default one.

pub use activerecord_sync::{
    BadRow, Capture, Changed, Difference, DifferenceKind, Differences, Install, IntoProgress, Lag, Mirror, Progress,
    SyncFrom, SyncJob, SyncReport, SyncTable,
};
