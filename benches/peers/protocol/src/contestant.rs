use std::error::Error;
use std::future::Future;
use std::time::Duration;

use crate::{Change, Job, Row, Store, Tally, Workload};

/// The result type of the contestants: errors are only printed.
pub type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// One way to use a database. A synchronous contestant also implements `async fn`, but never awaits.
///
/// Each method for a workload does one operation. The loops around them and the clock are the same for all contestants.
pub trait Contestant: Sized + Send + 'static {
    /// The input of [`Self::insert`], created before the clock starts.
    type Batch: Send + Sync;
    /// The input of [`Self::save`], created before the clock starts.
    type Record: Send;

    /// Returns the reason if the workload is not supported.
    fn unsupported(_workload: Workload, _store: &Store) -> Option<&'static str> {
        None
    }

    /// Opens the database with the connections that the workload needs. A SQLite file does not exist yet.
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

    /// Converts rows to the input of [`Self::insert`].
    fn batch(rows: &[Row]) -> Self::Batch;

    /// [`Workload::Insert`]; returns how many rows were written.
    fn insert(&mut self, batch: &Self::Batch) -> impl Future<Output = Result<u64>> + Send;

    /// [`Workload::Update`]; returns how many rows were written.
    fn update(&mut self, change: &Change) -> impl Future<Output = Result<u64>> + Send;

    /// Converts a change to the input of [`Self::save`].
    fn record(change: &Change) -> Self::Record;

    /// [`Workload::Save`]; returns how many rows were written.
    fn save(&mut self, record: Self::Record) -> impl Future<Output = Result<u64>> + Send;
}
