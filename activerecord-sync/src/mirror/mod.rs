//! A target that follows its source by the events of a capture.

mod key;
mod owner;
mod position;
mod target;

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use activerecord_core::statement::CreateTable;
use activerecord_core::{Model, Result};
use activerecord_distributed::support::{OwnTable as _, install};
use activerecord_distributed::{Consumer, Event, Queue};

use crate::capture::{Images, default_topic};
use crate::job::SyncJob;
use owner::Owner;
use position::Position;
use target::Target;

/// Applies captured changes to the target of a [`SyncJob`]: a [`Capture`](crate::Capture) of the source writes events, a
/// [`Relay`](activerecord_distributed::Relay) publishes them, and the mirror receives them from the queue.
///
/// For each row of the source the mirror stores the sequence of the last applied event, and the row of the target, in the table
/// `ar_mirror` of the target, in the transaction of the change. An event that is delivered twice, or after a later event of its
/// row, changes nothing. Several mirrors can share the work.
///
/// A row of the target belongs to the row of the source that has written it last: if a key of the target moves from one row of
/// the source to another, in whatever order the events arrive, the row of the newcomer stays. The table `ar_mirror_targets` has
/// the owners, unless the target has the key of the source.
///
/// A change whose message has no images (kind `reread`, or a column of the model is missing in them) is applied by reading the
/// row from the source. A TRUNCATE of the source removes all rows of the target: see [`ignore_truncate`](Self::ignore_truncate).
///
/// The job's own [`run`](SyncJob::run) copies the existing rows: install the capture, run the job, then run the mirror.
/// [`verify`](SyncJob::verify) compares the two tables.
///
/// What is *not* guaranteed: that the target shows a state that the source had. Changes of one transaction to several rows are
/// applied one by one. Two rows of the source that are mapped to the same row of the target at the same time: the later one
/// wins, and its deletion deletes the row.
///
/// ```no_run
/// # use activerecord::prelude::*;
/// # use activerecord::queue::SqlQueue;
/// # #[derive(ActiveRecord)] struct User { id: i64, email: String }
/// # #[derive(ActiveRecord)] struct Contact { id: i64, user_id: i64, email: String }
/// # async fn example(shutdown: impl Future<Output = ()>) -> Result<()> {
/// let job = SyncJob::from::<User>()
///     .to::<Contact>()
///     .on("analytics")
///     .map(|user| Contact { id: 0, user_id: user.id, email: user.email })
///     .keys([Contact::USER_ID]);
/// Capture::install::<User>().await?;
/// job.run().await?;
/// Mirror::new(job, SqlQueue::on("analytics")).run_until(shutdown).await
/// # }
/// ```
#[must_use = "a mirror does nothing before it is run"]
pub struct Mirror<S, T> {
    job: SyncJob<S, T>,
    queue: Arc<dyn Queue>,
    topic: String,
    concurrency: usize,
    truncates: bool,
    lag: Lag,
    models: PhantomData<fn(S) -> T>,
}

/// The delay of a running mirror: see [`Mirror::lag`].
#[derive(Clone, Debug, Default)]
pub struct Lag(Arc<AtomicU64>);

impl Lag {
    /// The age of the last change when it was applied, by the clocks of the two machines. None before the first change. It does
    /// not grow while no changes arrive.
    pub fn get(&self) -> Option<Duration> {
        match self.0.load(Ordering::Relaxed) {
            0 => None,
            microseconds => Some(Duration::from_micros(microseconds)),
        }
    }

    fn set(&self, lag: Duration) {
        self.0.store(u64::try_from(lag.as_micros()).unwrap_or(u64::MAX).max(1), Ordering::Relaxed);
    }
}

impl<S: Model, T: Model> Mirror<S, T> {
    /// A mirror of this job that receives events from this queue. The job's connections, closure and keys are used.
    ///
    /// ```
    /// # use activerecord::prelude::*;
    /// # use activerecord::queue::SqlQueue;
    /// # #[derive(ActiveRecord)] struct User { id: i64, email: String }
    /// let job = SyncJob::from::<User>().to::<User>().on("analytics");
    /// let mirror = Mirror::new(job, SqlQueue::on("analytics"));
    /// ```
    pub fn new(job: SyncJob<S, T>, queue: impl Queue) -> Self {
        let topic = default_topic(S::TABLE.name);
        Self {
            job,
            queue: Arc::new(queue),
            topic,
            concurrency: 8,
            truncates: true,
            lag: Lag::default(),
            models: PhantomData,
        }
    }

    /// The topic of the changes. The default is that of the capture: `TABLE_changes`.
    ///
    /// ```
    /// # use activerecord::prelude::*;
    /// # use activerecord::queue::SqlQueue;
    /// # #[derive(ActiveRecord)] struct User { id: i64, email: String }
    /// let job = SyncJob::from::<User>().to::<User>().on("analytics");
    /// let mirror = Mirror::new(job, SqlQueue::on("analytics")).topic("legacy_users");
    /// ```
    pub fn topic(mut self, topic: impl Into<String>) -> Self {
        self.topic = topic.into();
        self
    }

    /// How many changes, of different rows, are applied at once. The default is 8.
    ///
    /// ```
    /// # use activerecord::prelude::*;
    /// # use activerecord::queue::SqlQueue;
    /// # #[derive(ActiveRecord)] struct User { id: i64, email: String }
    /// let job = SyncJob::from::<User>().to::<User>().on("analytics");
    /// let mirror = Mirror::new(job, SqlQueue::on("analytics")).concurrency(16);
    /// ```
    pub fn concurrency(mut self, changes: usize) -> Self {
        self.concurrency = changes;
        self
    }

    /// Keeps the rows of the target when the source's table is truncated. Without this, a TRUNCATE of the source, which
    /// PostgreSQL can capture, removes all rows of the target's table, also those that other jobs or programs have written.
    ///
    /// ```
    /// # use activerecord::prelude::*;
    /// # use activerecord::queue::SqlQueue;
    /// # #[derive(ActiveRecord)] struct User { id: i64, email: String }
    /// let job = SyncJob::from::<User>().to::<User>().on("analytics");
    /// let mirror = Mirror::new(job, SqlQueue::on("analytics")).ignore_truncate();
    /// ```
    pub fn ignore_truncate(mut self) -> Self {
        self.truncates = false;
        self
    }

    /// A handle that reads the delay while the mirror runs. The gauge `activerecord_mirror_lag_seconds` has the same value.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)] struct User { id: i64, email: String }
    /// # async fn example(mirror: Mirror<User, User>, shutdown: impl Future<Output = ()>) -> Result<()> {
    /// let lag = mirror.lag();
    /// mirror.run_until(shutdown).await?;
    /// println!("the last change was {:?} old", lag.get());
    /// # Ok(())
    /// # }
    /// ```
    pub fn lag(&self) -> Lag {
        self.lag.clone()
    }

    /// Applies changes until `shutdown` completes, then finishes the changes in progress. While the queue or the target's database
    /// is unavailable, the mirror waits. A change that cannot be applied becomes a dead letter: see [`Consumer`].
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # use activerecord::queue::SqlQueue;
    /// # #[derive(ActiveRecord)] struct User { id: i64, email: String }
    /// # async fn example(shutdown: impl Future<Output = ()>) -> Result<()> {
    /// let job = SyncJob::from::<User>().to::<User>().on("analytics");
    /// Mirror::new(job, SqlQueue::on("analytics")).concurrency(4).run_until(shutdown).await
    /// # }
    /// ```
    ///
    /// # Errors
    /// At the start only: the errors of [`SyncJob::run`] before its first row, and any kind that the target's database reports.
    pub async fn run_until(self, shutdown: impl Future<Output = ()>) -> Result<()> {
        let Self { job, queue, topic, concurrency, truncates, lag, .. } = self;
        let mut copy = job.copy()?;
        copy.check().await?;
        install::<Position>(&copy.target.connection).await?;
        install::<Owner>(&copy.target.connection).await?;
        let group = copy.job.clone();
        let target = Arc::new(Target::new(copy, S::TABLE, truncates, lag).await?);
        let consumer = Consumer::new(queue, topic).group(group).concurrency(concurrency);
        let consumer = consumer.handle(async move |event: Event<Images>| target.apply(event).await);
        consumer.run_until(shutdown).await
    }
}

impl<S: Model, T: Model> fmt::Debug for Mirror<S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mirror").field("job", &self.job).field("topic", &self.topic).finish_non_exhaustive()
    }
}

/// The tables of mirrors.
pub(crate) fn definitions() -> Vec<CreateTable> {
    vec![Position::definition(), Owner::definition()]
}
