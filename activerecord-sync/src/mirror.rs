//! A target that follows its source by the events of a capture.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use activerecord_core::statement::CreateTable;
use activerecord_core::{ActiveRecord, Error, Model, Result, Scalar, Transaction};
use activerecord_derive::ActiveRecord;
use activerecord_distributed::support::{OwnTable, insert, install};
use activerecord_distributed::{Consumer, Event, Queue, permanent};
use chrono::Utc;

use crate::capture::{Image, Images, default_topic, row};
use crate::copy::Copy;
use crate::job::SyncJob;

/// Applies captured changes to the target of a [`SyncJob`]: a [`Capture`](crate::Capture) of the source writes events, a
/// [`Relay`](activerecord_distributed::Relay) publishes them, and the mirror receives them from the queue.
///
/// For each row the mirror stores the sequence of the last applied event in the table `ar_mirror` of the target, in the
/// transaction of the change. An event that is delivered twice, or after a later event of its row, changes nothing. Several
/// mirrors can share the work.
///
/// The job's own [`run`](SyncJob::run) copies the existing rows: install the capture, run the job, then run the mirror.
/// [`verify`](SyncJob::verify) compares the two tables.
///
/// What is *not* guaranteed: that the target shows a state that the source had. Changes of one transaction to several rows are
/// applied one by one.
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

/// The last event that was applied to a row.
#[derive(ActiveRecord, Clone, Debug)]
#[activerecord(crate = activerecord_core)]
#[table = "ar_mirror"]
struct Position {
    #[primary_key]
    mirror: String,
    #[primary_key]
    #[column = "row_key"]
    key: String,
    sequence: i64,
}

impl OwnTable for Position {}

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
        Self { job, queue: Arc::new(queue), topic, concurrency: 8, lag: Lag::default(), models: PhantomData }
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
        let Self { job, queue, topic, concurrency, lag, .. } = self;
        let mut copy = job.copy()?;
        copy.check().await?;
        install::<Position>(&copy.target.connection).await?;
        let group = copy.job.clone();
        let target = Arc::new(Target { copy, table: S::TABLE, lag });
        let consumer = Consumer::new(queue, topic).group(group).concurrency(concurrency);
        let consumer = consumer.handle(async move |event: Event<Payload>| target.apply(event).await);
        consumer.run_until(shutdown).await
    }
}

/// The payload of an event, of any table.
type Payload = serde_json::Value;

struct Target {
    copy: Copy,
    table: &'static activerecord_core::TableDef,
    lag: Lag,
}

impl Target {
    async fn apply(&self, event: Event<Payload>) -> Result<()> {
        let connection = &self.copy.target.connection;
        let (Some(key), Some(sequence)) = (event.key(), event.sequence()) else {
            let id = event.id();
            return Err(permanent(Error::invalid(format!(
                "the event {id} is not a captured change: it has no key or no sequence"
            ))));
        };
        let images: Images = serde_json::from_value(event.payload().clone()).map_err(permanent)?;
        let position = Position { mirror: self.copy.job.clone(), key: key.to_owned(), sequence };
        Transaction::begin(connection.name())
            .independent()
            .run(async || {
                if position.advance(connection.name()).await? {
                    self.bring(images).await?;
                }
                Ok(())
            })
            .await?;
        let lag = (Utc::now() - event.time()).to_std().unwrap_or_default();
        self.lag.set(lag);
        metrics::gauge!("activerecord_mirror_lag_seconds", "mirror" => self.copy.job.clone()).set(lag.as_secs_f64());
        Ok(())
    }

    /// Writes the row after the change, and deletes the row before it if its key was another.
    async fn bring(&self, images: Images) -> Result<()> {
        let writer = self.copy.writer(false);
        let mapped = |image: Image| (self.copy.map)(&self.copy.source, &row(self.table, &image)?);
        let before = images.before.map(mapped).transpose().map_err(permanent)?;
        let after = images.after.map(mapped).transpose().map_err(permanent)?;
        let key = |row: &Vec<_>| self.copy.target.key_of(row);
        let former = before.filter(|before| after.as_ref().is_none_or(|after| key(after) != key(before)));
        if let Some(former) = former {
            writer.remove(&[former]).await?;
        }
        match after {
            Some(row) => writer.put(row).await,
            None => Ok(()),
        }
    }
}

impl Position {
    /// Stores this event as the last one, in the current transaction. Returns whether it is later than the stored one.
    async fn advance(mut self, name: &str) -> Result<bool> {
        let here = || Self::using(name).filter(Self::MIRROR.eq(&self.mirror) & Self::KEY.eq(&self.key));
        let earlier = here().filter(Self::SEQUENCE.lt(self.sequence));
        if earlier.update((Self::SEQUENCE.set(self.sequence),)).await? == 1 {
            return Ok(true);
        }
        if here().exists().await? {
            return Ok(false);
        }
        // If two transactions insert at once, the second fails and is retried.
        insert(name, &mut self).await?;
        Ok(true)
    }
}

impl<S: Model, T: Model> fmt::Debug for Mirror<S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mirror").field("job", &self.job).field("topic", &self.topic).finish_non_exhaustive()
    }
}

pub(crate) fn definition() -> CreateTable {
    Position::definition()
}
