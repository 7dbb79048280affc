use std::error::Error;
use std::future::Future;
use std::time::Duration;

use crate::{Change, Job, Row, Store, Tally, Workload};

/// The result of everything here: a contestant's error is only ever shown.
pub type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// One way to use a database. A synchronous one writes `async fn` as well, and never awaits.
///
/// The methods for the workloads do one operation each; the loops around them, and the clock, are the same for all.
pub trait Contestant: Sized + Send + 'static {
    /// What [`Self::insert`] takes, made before the clock starts.
    type Batch: Send + Sync;
    /// What [`Self::save`] takes, made before the clock starts.
    type Record: Send;

    /// Why the workload cannot be done, if so.
    fn unsupported(_workload: Workload, _store: &Store) -> Option<&'static str> {
        None
    }

    /// Opens the database (a file of SQLite does not exist yet) with what connections the workload needs.
    fn open(store: &Store, workload: Workload) -> impl Future<Output = Result<Self>> + Send;

    /// Runs a statement.
    fn execute(&mut self, sql: &str) -> impl Future<Output = Result<()>> + Send;

    /// Reads one text.
    fn text(&mut self, sql: &str) -> impl Future<Output = Result<String>> + Send;

    /// [`Workload::Point`].
    fn find(&mut self, key: i64, tally: &mut Tally) -> impl Future<Output = Result<()>> + Send;

    /// [`Workload::Tasks`].
    fn tasks(&mut self, job: &Job) -> impl Future<Output = Result<(Duration, Tally)>> + Send;

    /// [`Workload::Rows`].
    fn all(&mut self, tally: &mut Tally) -> impl Future<Output = Result<()>> + Send;

    /// [`Workload::Join`].
    fn join(&mut self, tally: &mut Tally) -> impl Future<Output = Result<()>> + Send;

    /// [`Workload::Associations`].
    fn associations(&mut self, tally: &mut Tally) -> impl Future<Output = Result<()>> + Send;

    /// The rows as [`Self::insert`] takes them.
    fn batch(rows: &[Row]) -> Self::Batch;

    /// [`Workload::Insert`]; returns how many rows were written.
    fn insert(&mut self, batch: &Self::Batch) -> impl Future<Output = Result<u64>> + Send;

    /// [`Workload::Update`]; returns how many rows were written.
    fn update(&mut self, change: &Change) -> impl Future<Output = Result<u64>> + Send;

    /// The change as [`Self::save`] takes it.
    fn record(change: &Change) -> Self::Record;

    /// [`Workload::Save`]; returns how many rows were written.
    fn save(&mut self, record: Self::Record) -> impl Future<Output = Result<u64>> + Send;
}
