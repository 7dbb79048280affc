//! Workers: they claim the messages of an outbox and call the handlers.

mod calls;
mod handler;
mod lane;
mod run;
mod settle;
mod task;

pub(crate) use handler::Outcome;
pub use task::Task;

use std::future::Future;
use std::time::Duration;

use activerecord_core::{Error, Result, connection};
use serde::de::DeserializeOwned;

use crate::backoff::Backoff;
use crate::json;
use crate::lease;
use crate::outbox::Message;
use handler::Handler;

/// Calls handlers with the messages of an outbox, several concurrently. Any number of workers, in any number of
/// processes, can share an outbox.
///
/// **Success**: when the handler returns `Ok`, the message is deleted.
///
/// **Failure**: after an error or a panic, the message is retried with growing pauses. It becomes a dead letter when
/// its attempts are used up, or at once after a [`permanent`](crate::permanent) error or a payload that cannot be read:
/// see [`Outbox::dead`](crate::Outbox::dead).
///
/// **Crash**: the messages of a dead worker become due again when its lease expires. So a handler can run more than
/// once for a message; use [`Task::once`] for an effect that must happen once.
///
/// **Latency**: a commit in this process wakes the worker at once. On PostgreSQL, commits of other processes wake it
/// too, by NOTIFY; the worker listens on a separate session that is not part of the pool. A notification may be lost:
/// only the [`poll`](Self::poll) interval is guaranteed.
///
/// ```no_run
/// # use activerecord::prelude::*;
/// use activerecord::outbox::Task;
///
/// # async fn example(shutdown: impl Future<Output = ()>) -> Result<()> {
/// Worker::new("primary")
///     .handle("create_user_analytics", async |task: Task<i64>| {
///         println!("user {}", task.payload());
///         Ok(())
///     })
///     .concurrency(8)
///     .max_attempts(5)
///     .run_until(shutdown)
///     .await
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a worker does nothing before it is run"]
pub struct Worker {
    connection: String,
    handlers: Vec<Handler>,
    schedules: Vec<(String, Duration)>,
    settings: Settings,
}

#[derive(Clone, Copy, Debug)]
struct Settings {
    concurrency: usize,
    batch: usize,
    max_attempts: u32,
    lease: Duration,
    poll: Duration,
    drain: Duration,
    backoff: Backoff,
    handler_timeout: Duration,
}

impl Settings {
    fn max_attempts_of(&self, message: &Message) -> i32 {
        message.max_attempts.unwrap_or(i32::try_from(self.max_attempts).unwrap_or(i32::MAX))
    }
}

impl Worker {
    /// A worker for the outbox on the connection `name`, without handlers. It opens nothing before it runs.
    pub fn new(name: impl Into<String>) -> Self {
        let settings = Settings {
            concurrency: 8,
            batch: 100,
            max_attempts: 10,
            lease: lease::LENGTH,
            poll: Duration::from_millis(500),
            drain: lease::LENGTH,
            backoff: Backoff::new(Duration::from_secs(1), Duration::from_secs(3600)),
            handler_timeout: Duration::from_secs(3600),
        };
        Self { connection: name.into(), handlers: Vec::new(), schedules: Vec::new(), settings }
    }

    /// Adds the handler of a topic. Each call gets one message.
    ///
    /// See the example of [`Worker`].
    pub fn handle<P, F, Fut>(mut self, topic: &str, handler: F) -> Self
    where
        P: DeserializeOwned + Send + 'static,
        F: FnOnce(Task<P>) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<()>> + Send + 'static,
    {
        self.handlers.push(Handler::one(topic, handler));
        self
    }

    /// Adds the handler of a topic. Each call gets up to `size` messages, which succeed or fail together. A message that
    /// cannot be read is a dead letter and does not reach the handler. After a failed call each of its messages gets a call
    /// of its own, so one bad message does not use up the attempts of the others.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// use activerecord::outbox::Task;
    ///
    /// # #[derive(ActiveRecord)] struct Analytics { id: i64, user_id: i64 }
    /// # async fn example() -> Result<()> {
    /// let worker = Worker::new("primary").handle_batch("create_user_analytics", 50, async |tasks: Vec<Task<i64>>| {
    ///     let rows: Vec<_> = tasks.into_iter().map(|task| Analytics { id: 0, user_id: task.into_payload() }).collect();
    ///     Analytics::bulk_insert(&rows).await.map(drop)
    /// });
    /// worker.run_once().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn handle_batch<P, F, Fut>(mut self, topic: &str, size: usize, handler: F) -> Self
    where
        P: DeserializeOwned + Send + 'static,
        F: FnOnce(Vec<Task<P>>) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<()>> + Send + 'static,
    {
        let handler = move |tasks: Vec<Task<P>>| {
            let call = handler(tasks);
            async move { call.await.map(|()| None) }
        };
        self.handlers.push(Handler::many(topic, size, handler));
        self
    }

    /// As [`handle_batch`](Self::handle_batch), with a result for each message: the handler returns them in the order of its
    /// tasks. A message without a result has failed. An error of the call itself fails all its messages.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// use activerecord::outbox::Task;
    ///
    /// # fn send(_: &i64) -> Result<()> { Ok(()) }
    /// # async fn example() -> Result<()> {
    /// let worker = Worker::new("primary").handle_batch_each("create_user_analytics", 50, async |tasks: Vec<Task<i64>>| {
    ///     Ok(tasks.iter().map(|task| send(task.payload())).collect())
    /// });
    /// worker.run_once().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn handle_batch_each<P, F, Fut>(mut self, topic: &str, size: usize, handler: F) -> Self
    where
        P: DeserializeOwned + Send + 'static,
        F: FnOnce(Vec<Task<P>>) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<Vec<Result<()>>>> + Send + 'static,
    {
        let handler = move |tasks: Vec<Task<P>>| {
            let call = handler(tasks);
            async move { call.await.map(Some) }
        };
        self.handlers.push(Handler::many(topic, size, handler));
        self
    }

    /// Adds the handler of a topic that gets up to `size` raw messages and returns an outcome for each. The topic has
    /// `slots` calls of its own.
    pub(crate) fn handle_raw<F, Fut>(mut self, topic: &str, size: usize, slots: usize, call: F) -> Self
    where
        F: Fn(Vec<Message>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Vec<Outcome>> + Send + 'static,
    {
        self.handlers.push(Handler::raw(topic, size, call).with_slots(slots));
        self
    }

    /// Writes a message of this topic every `period`. Of all workers with this schedule, the first one writes it. The
    /// payload is the scheduled time, a `DateTime<Utc>`. Some worker must have a handler for the topic. Periods without
    /// a running worker are skipped.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// use activerecord::outbox::Task;
    ///
    /// # use std::time::Duration;
    /// # fn example() -> Worker {
    /// Worker::new("primary").every(Duration::from_secs(3600), "clean_up").handle(
    ///     "clean_up",
    ///     async |task: Task<chrono::DateTime<chrono::Utc>>| {
    ///         println!("clean-up of {}", task.payload());
    ///         Ok(())
    ///     },
    /// )
    /// # }
    /// ```
    pub fn every(mut self, period: Duration, topic: &str) -> Self {
        self.schedules.push((topic.to_owned(), period));
        self
    }

    /// Sets the maximum number of concurrent handler calls. Default: 8; minimum: 1. A topic leaves a call for each other
    /// topic of the worker that runs none, as far as there are enough.
    pub fn concurrency(mut self, calls: usize) -> Self {
        self.settings.concurrency = calls.max(1);
        self
    }

    /// Sets the maximum number of messages per claim, which is one transaction. Default: 100. A smaller number
    /// distributes the messages more evenly among workers.
    pub fn batch(mut self, messages: usize) -> Self {
        self.settings.batch = messages.max(1);
        self
    }

    /// Sets the number of attempts after which a message becomes a dead letter. Default: 10;
    /// [`Enqueue::max_attempts`](crate::Enqueue::max_attempts) overrides it. An attempt counts when it starts, so a
    /// message that crashes its worker becomes a dead letter too.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.settings.max_attempts = attempts.max(1);
        self
    }

    /// Sets the pauses between attempts. Default: up to 1 s at first, doubling up to 1 h.
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.settings.backoff = backoff;
        self
    }

    /// Sets the lease of a claimed message: after a crash of the worker it becomes due again after this time. The lease
    /// is renewed every third of its length while the handler runs. If the lease is lost, or expires because the database
    /// does not answer, the handler's future is dropped. Default: 30 s.
    ///
    /// The handlers may hold all connections of the pool: on PostgreSQL, MySQL and MariaDB the worker opens one more for its
    /// own statements then. SQLite has one writer at a time: there, a transaction of a handler that lasts longer than the
    /// lease keeps the lease, because nobody else can write either.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.settings.lease = lease;
        self
    }

    /// Sets how long a call of a handler may take. After that its future is dropped, and the attempt has failed. A handler
    /// that blocks its thread cannot be stopped. Default: 1 h.
    pub fn handler_timeout(mut self, timeout: Duration) -> Self {
        self.settings.handler_timeout = timeout;
        self
    }

    /// Sets how often the outbox is polled. Delayed messages, retries, and messages of other processes on a database
    /// without notifications (SQLite, MySQL, MariaDB) are found by polling only. Default: 500 ms.
    pub fn poll(mut self, poll: Duration) -> Self {
        self.settings.poll = poll;
        self
    }

    /// Sets how long handlers may continue after the shutdown. Handlers that still run then are dropped, and their
    /// messages become due again at once; the attempt does not count. Default: 30 s.
    pub fn drain(mut self, drain: Duration) -> Self {
        self.settings.drain = drain;
        self
    }

    /// Processes messages until `shutdown` completes. Then it claims no more, and waits for the running handlers, for
    /// the [`drain`](Self::drain) time at most. While the database is unavailable, it retries.
    ///
    /// # Errors
    /// `Configuration` when the connection is not configured, or the worker has no handler, or two for one topic.
    pub async fn run_until(self, shutdown: impl Future<Output = ()>) -> Result<()> {
        let connection = connection(&self.connection)?;
        self.check()?;
        run::run(connection, self, shutdown).await;
        Ok(())
    }

    /// Processes the messages that are due now or become due meanwhile, and returns the number of completed ones. For
    /// tests, scripts and timers.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// use activerecord::outbox::Task;
    ///
    /// # async fn example() -> Result<()> {
    /// let worker = Worker::new("primary").handle("create_user_analytics", async |task: Task<i64>| {
    ///     println!("user {}", task.payload());
    ///     Ok(())
    /// });
    /// assert_eq!(worker.run_once().await?, 3);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Configuration` as [`run_until`](Self::run_until); otherwise the database's own. The error of a handler is not
    /// returned.
    pub async fn run_once(self) -> Result<u64> {
        let connection = connection(&self.connection)?;
        self.check()?;
        run::run_once(connection, self).await
    }

    fn check(&self) -> Result<()> {
        if self.handlers.is_empty() {
            return Err(Error::configuration(format!(
                "the worker on `{}` has no handler; add one with .handle(topic, ..)",
                self.connection
            )));
        }
        let mut topics: Vec<_> = self.handlers.iter().map(|handler| &handler.topic).collect();
        topics.sort();
        match topics.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(Error::configuration(format!(
                "the worker on `{}` has two handlers for the topic {}",
                self.connection,
                json::write(pair[0], || "the topic".into())?
            ))),
            None => Ok(()),
        }
    }
}
