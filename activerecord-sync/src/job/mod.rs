//! The jobs that copy tables: by models, and by the names of tables.

mod columns;
mod contents;
mod create;
mod database;
mod plan;
mod servers;
mod settings;
mod table;

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use activerecord_core::{ConnectionHandle, Model, Result};

use crate::copy::{Checkpoint, Options, Tombstones};
use crate::report::{Differences, SyncReport};

pub use contents::NotCopied;
pub use database::SyncDatabase;
pub use table::SyncTable;

/// A job that copies the rows of the model `S` into the table of the model `T`, each mapped by a closure. The two tables can
/// be in different databases of different kinds.
///
/// - It reads the source in batches, in the order of its primary key, in one read transaction. Where the database has
///   repeatable reads, all batches show the same moment.
/// - It writes only rows that are missing in the target or different there. Where both tables have the same columns and the
///   same key, the databases compare ranges of rows by digests, and equal ranges are not fetched.
/// - It writes a checkpoint to the target in the transaction of each batch. A killed run resumes from its checkpoint; no row is
///   lost or written twice.
/// - With [`since`](Self::since), a run reads only the rows that changed since the last run.
/// - Its memory is that of a few batches. With a closure, [`delete_missing`](Self::delete_missing) and [`verify`](Self::verify)
///   take about twenty bytes more for each row of the source.
///
/// What is *not* done: no hooks of either model run. Values are written as the closure returns them; `#[created_at]` and
/// `#[updated_at]` columns are set only where the closure leaves them unset. Soft-deleted rows are copied with their mark.
/// Foreign keys between tables are not ordered: copy the referenced table first.
///
/// ```no_run
/// # use activerecord::prelude::*;
/// # use chrono::{DateTime, Utc};
/// # #[derive(ActiveRecord)] struct User { id: i64, email: String, #[updated_at] updated_at: DateTime<Utc> }
/// # #[derive(ActiveRecord)] struct AnalyticsUser { id: i64, user_id: i64, email: String }
/// # async fn example() -> Result<()> {
/// let job = SyncJob::from::<User>()
///     .to::<AnalyticsUser>()
///     .on("analytics")
///     .map(|user| AnalyticsUser { id: 0, user_id: user.id, email: user.email })
///     .keys([AnalyticsUser::USER_ID])
///     .since(User::UPDATED_AT);
/// println!("{}", job.run().await?);
/// assert!(job.verify().await?.is_empty());
/// # Ok(())
/// # }
/// ```
#[must_use = "a job does nothing before it is run"]
pub struct SyncJob<S = (), T = ()> {
    name: Option<String>,
    source: Option<String>,
    target: Option<String>,
    map: Option<Arc<dyn Fn(S) -> T + Send + Sync>>,
    keys: Vec<&'static str>,
    since: Option<&'static str>,
    tombstones: Option<Arc<FindTombstones>>,
    options: Options,
    models: PhantomData<fn(S) -> T>,
}

/// The tombstones on a connection, mapped to the target's columns with these ordinals.
type FindTombstones = dyn Fn(ConnectionHandle, Vec<usize>) -> Tombstones + Send + Sync;

/// A job that has a source and no target yet: [`to`](Self::to) completes it.
#[derive(Debug)]
#[must_use = "a job does nothing before it is run"]
pub struct SyncFrom<S> {
    source: Option<String>,
    model: PhantomData<fn() -> S>,
}

impl SyncJob {
    /// Begins a job that reads the table of the model `S`.
    ///
    /// ```
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)] struct User { id: i64, email: String }
    /// let job = SyncJob::from::<User>().using("legacy").to::<User>().on("modern");
    /// ```
    pub fn from<S: Model>() -> SyncFrom<S> {
        SyncFrom { source: None, model: PhantomData }
    }
}

impl<S: Model> SyncFrom<S> {
    /// Reads on this connection. The default is the model's connection at the place where the job runs.
    ///
    /// ```
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)] struct User { id: i64, email: String }
    /// let job = SyncJob::from::<User>().using("legacy").to::<User>().on("modern");
    /// ```
    pub fn using(mut self, connection: impl Into<String>) -> Self {
        self.source = Some(connection.into());
        self
    }

    /// Writes to the table of the model `T`.
    ///
    /// ```
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)] struct User { id: i64, email: String }
    /// let job = SyncJob::from::<User>().to::<User>().on("analytics");
    /// ```
    pub fn to<T: Model>(self) -> SyncJob<S, T> {
        SyncJob {
            name: None,
            source: self.source,
            target: None,
            map: None,
            keys: Vec::new(),
            since: None,
            tombstones: None,
            options: Options::default(),
            models: PhantomData,
        }
    }
}

impl<S: Model, T: Model> SyncJob<S, T> {
    /// Copies the rows that are missing or different in the target; with [`since`](Self::since), of those that changed since
    /// the last run. Resumes from the checkpoint of a run that was killed or failed.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)] struct User { id: i64, email: String }
    /// # async fn example() -> Result<()> {
    /// let report = SyncJob::from::<User>().to::<User>().on("analytics").run().await?;
    /// println!("{} rows written, {} refused", report.written, report.refused);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// - `Configuration`: a connection does not exist, a model has no key, a key or watermark column can be NULL, the closure is
    ///   missing between two different models, or [`ranges`](Self::ranges) and [`since`](Self::since) are used together.
    /// - `InvalidStatement`: a table or a column does not exist, the type of a column cannot hold the values of the field, or
    ///   [`keys`](Self::keys) are not a unique key.
    /// - `Invalid`: [`delete_missing`](Self::delete_missing) would delete more than its share, more rows were refused than
    ///   [`max_bad_rows`](Self::max_bad_rows), or the caller is in a transaction on one of the two connections.
    /// - Any kind that the two databases report. Batches that fail with a retryable error are retried first.
    ///
    /// Rows that were written before the error stay, with their checkpoint: run the job again.
    pub async fn run(&self) -> Result<SyncReport> {
        self.copy()?.run().await
    }

    /// Reports what [`run`](Self::run) would do. Nothing is written, and no checkpoint.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)] struct User { id: i64, email: String }
    /// # async fn example(job: SyncJob<User, User>) -> Result<()> {
    /// println!("{} rows would be written", job.dry_run().await?.written);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub async fn dry_run(&self) -> Result<SyncReport> {
        let mut copy = self.copy()?;
        copy.options.dry = true;
        copy.run().await
    }

    /// Compares every row of the target with the mapped row of the source, and looks for rows of the target that the source
    /// does not have. Rows that differ are compared a second time.
    ///
    /// The source is read at one moment, and the target row by row afterwards: while other sessions write, a row that changes
    /// during both comparisons can be reported.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)] struct User { id: i64, email: String }
    /// # async fn example(job: SyncJob<User, User>) -> Result<()> {
    /// for difference in job.verify().await?.rows {
    ///     println!("{}: {:?}", difference.key, difference.kind);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub async fn verify(&self) -> Result<Differences> {
        self.copy()?.verify().await
    }

    /// Makes the target equal to the mapped source: writes the rows that are missing or different, and deletes the rows that
    /// the source does not have, without a limit. It reads the whole source once and holds all differences in memory.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)] struct User { id: i64, email: String }
    /// # async fn example(job: SyncJob<User, User>) -> Result<()> {
    /// if !job.verify().await?.is_empty() {
    ///     let report = job.repair().await?;
    ///     println!("{} rows written, {} deleted", report.written, report.deleted);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`verify`](Self::verify).
    pub async fn repair(&self) -> Result<SyncReport> {
        self.copy()?.repair().await
    }

    /// Deletes the checkpoints of the job: the next run reads the whole source.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)] struct User { id: i64, email: String }
    /// # async fn example(job: SyncJob<User, User>) -> Result<()> {
    /// job.reset().await?;
    /// assert_eq!(job.run().await?.read, User::count().await?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Configuration` as [`run`](Self::run); any kind that the target's database reports.
    pub async fn reset(&self) -> Result<()> {
        let copy = self.copy()?;
        Checkpoint::delete_all(&copy.target.connection, &copy.job).await
    }
}

impl<S: Model, T: Model> fmt::Debug for SyncJob<S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, source, target, keys, since, options, .. } = self;
        let mut debug = f.debug_struct("SyncJob");
        debug.field("name", name).field("from", &S::TABLE.model).field("source", source);
        debug.field("to", &T::TABLE.model).field("target", target).field("keys", keys).field("since", since);
        debug.field("options", options).finish_non_exhaustive()
    }
}
