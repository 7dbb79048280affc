//! A table that is kept equal to what another one makes of it, by the events of a capture.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use activerecord_core::{ActiveRecord, Error, Model, Result, Scalar, transaction};
use activerecord_derive::ActiveRecord;
use chrono::Utc;

use crate::capture::{self, Image, Images, row};
use crate::consumer::Consumer;
use crate::queue::{Event, Queue};
use crate::sync::{Copy, SyncJob};
use crate::tables::{OwnTable, insert, install};

/// Keeps the target of a [`SyncJob`] equal to what it makes of its source, by the events that a [`Capture`](crate::Capture) of the
/// source writes, a [`Relay`](crate::Relay) publishes and this receives.
///
/// An event that comes twice, or after a later one of its row, changes nothing: for each row it is kept, in the table `ar_mirror` of the
/// target and in the transaction of the change, up to which event it has come. So several mirrors may share the work.
/// Rows that were there before the capture are brought by the job's own [`run`](SyncJob::run): install the capture, run the job, then the mirror.
/// [`verify`](SyncJob::verify) tells whether they are equal.
///
/// What is *not* guaranteed: that the target shows states that the source had. Changes of one transaction to several rows arrive
/// one by one.
///
/// ```no_run
/// # use activerecord::prelude::*;
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

/// How far a mirror is behind its source.
#[derive(Clone, Debug, Default)]
pub struct Lag(Arc<AtomicU64>);

impl Lag {
    /// How old the last change was when it was applied, by the clocks of the two machines; None before the first. A mirror that has
    /// nothing to do does not count on.
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

/// Up to which event a row of a mirror has come.
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
    /// The mirror of a job that is driven by the events on this queue.
    pub fn new(job: SyncJob<S, T>, queue: impl Queue) -> Self {
        let topic = capture::topic(S::TABLE.name);
        Self { job, queue: Arc::new(queue), topic, concurrency: 8, lag: Lag::default(), models: PhantomData }
    }

    /// The topic of the changes; that of the capture unless set.
    pub fn topic(mut self, topic: impl Into<String>) -> Self {
        self.topic = topic.into();
        self
    }

    /// How many changes, of different rows, are applied at once. 8 unless set.
    pub fn concurrency(mut self, changes: usize) -> Self {
        self.concurrency = changes;
        self
    }

    /// How far it is behind, while it runs. The gauge `activerecord_mirror_lag_seconds` has the same.
    pub fn lag(&self) -> Lag {
        self.lag.clone()
    }

    /// Applies changes until `shutdown` is done. What cannot be applied becomes a dead letter: see [`Consumer`].
    ///
    /// # Errors
    /// `Configuration` for a job that cannot be; whatever the databases report at the start.
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

/// The payload of an event, of whatever table.
type Payload = serde_json::Value;

struct Target {
    copy: Copy,
    table: &'static activerecord_core::Table,
    lag: Lag,
}

impl Target {
    async fn apply(&self, event: Event<Payload>) -> Result<()> {
        let connection = &self.copy.target.connection;
        let (Some(key), Some(sequence)) = (event.key(), event.sequence()) else {
            let why = "an event without a key and a sequence is no change of a row";
            return Err(crate::permanent(Error::invalid(format!("{why}: {}", event.id()))));
        };
        let images: Images = serde_json::from_value(event.payload().clone()).map_err(crate::permanent)?;
        let position = Position { mirror: self.copy.job.clone(), key: key.to_owned(), sequence };
        transaction(connection.name(), async || {
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

    /// The row as it is now, and not as it was under another key.
    async fn bring(&self, images: Images) -> Result<()> {
        let writer = self.copy.writer(false);
        let mapped = |image: Image| (self.copy.map)(&self.copy.source, &row(self.table, &image)?);
        let before = images.before.map(mapped).transpose().map_err(crate::permanent)?;
        let after = images.after.map(mapped).transpose().map_err(crate::permanent)?;
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
    /// Moves on to this event; says whether it was before it. In the transaction of the change.
    async fn advance(mut self, name: &str) -> Result<bool> {
        let here = || Self::using(name).filter(Self::MIRROR.eq(&self.mirror) & Self::KEY.eq(&self.key));
        let earlier = here().filter(Self::SEQUENCE.lt(self.sequence));
        if earlier.update((Self::SEQUENCE.set(self.sequence),)).await? == 1 {
            return Ok(true);
        }
        if here().exists().await? {
            return Ok(false);
        }
        // Of two at once, the second fails, and is tried again.
        insert(name, &mut self).await?;
        Ok(true)
    }
}

impl<S: Model, T: Model> fmt::Debug for Mirror<S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mirror").field("job", &self.job).field("topic", &self.topic).finish_non_exhaustive()
    }
}
