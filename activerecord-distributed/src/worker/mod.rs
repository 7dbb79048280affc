//! Workers: they take messages from an outbox and hand them to their handlers.

mod handler;
mod lane;
mod run;
mod task;

pub(crate) use handler::Failed;
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

/// Hands the messages of an outbox to handlers, several at once. Any number of workers in any number of processes share an
/// outbox.
///
/// A message goes when its handler returns `Ok`. After an error it is handed over again, with growing pauses, until its
/// attempts are used up; then, or at once after a [`permanent`](crate::permanent) error or with a payload that cannot be read, it is
/// a dead letter: see [`Outbox::dead`](crate::Outbox::dead). A handler that panics has failed. A worker that dies loses
/// nothing: what it had is due again when its lease is over.
///
/// A commit of this process wakes it. On PostgreSQL those of other processes do, too: while it runs, it listens on a session of its
/// own, which is not one of the connection's pool. That is a help and no promise; what counts is the [`poll`](Self::poll) behind it.
///
/// ```no_run
/// # use activerecord::prelude::*;
/// # use activerecord::outbox::Task;
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
}

impl Worker {
    /// A worker for the outbox on the connection `name`.
    pub fn new(name: impl Into<String>) -> Self {
        let settings = Settings {
            concurrency: 8,
            batch: 100,
            max_attempts: 10,
            lease: lease::LENGTH,
            poll: Duration::from_millis(500),
            drain: lease::LENGTH,
            backoff: Backoff::new(Duration::from_secs(1), Duration::from_secs(3600)),
        };
        Self { connection: name.into(), handlers: Vec::new(), schedules: Vec::new(), settings }
    }

    /// Handles the messages of a topic, one at a time per call.
    pub fn handle<P, F, Fut>(mut self, topic: &str, handler: F) -> Self
    where
        P: DeserializeOwned + Send + 'static,
        F: FnOnce(Task<P>) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<()>> + Send + 'static,
    {
        self.handlers.push(Handler::one(topic, handler));
        self
    }

    /// Handles the messages of a topic, up to `size` in one call. They are done or have failed together.
    pub fn handle_batch<P, F, Fut>(mut self, topic: &str, size: usize, handler: F) -> Self
    where
        P: DeserializeOwned + Send + 'static,
        F: FnOnce(Vec<Task<P>>) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<()>> + Send + 'static,
    {
        self.handlers.push(Handler::many(topic, size, handler));
        self
    }

    /// Hands over messages as they are, up to `size` in one call, which tells of each.
    pub(crate) fn handle_each<F, Fut>(mut self, topic: &str, size: usize, call: F) -> Self
    where
        F: Fn(Vec<Message>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Failed>> + Send + 'static,
    {
        self.handlers.push(Handler::each(topic, size, call));
        self
    }

    /// Writes a message of this topic every `period`, by whichever worker is first; its payload is the time it is for. The
    /// topic needs a handler, here or elsewhere.
    pub fn every(mut self, period: Duration, topic: &str) -> Self {
        self.schedules.push((topic.to_owned(), period));
        self
    }

    /// How many calls of handlers run at once. 8 unless set.
    pub fn concurrency(mut self, calls: usize) -> Self {
        self.settings.concurrency = calls.max(1);
        self
    }

    /// How many messages are taken up in one transaction at most. 100 unless set; 1 leaves the most for other workers.
    pub fn batch(mut self, messages: usize) -> Self {
        self.settings.batch = messages.max(1);
        self
    }

    /// After how many attempts a message is a dead letter, unless it says so itself. 10 unless set. An attempt counts when it
    /// begins: a message that kills its worker is a dead letter in the end, too.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.settings.max_attempts = attempts.max(1);
        self
    }

    /// The pauses between attempts: 1 second to 1 hour unless set.
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.settings.backoff = backoff;
        self
    }

    /// How long a message of a worker that died is left alone. 30 seconds unless set; renewed at a third of it while its
    /// handler runs. A handler whose lease is lost is dropped.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.settings.lease = lease;
        self
    }

    /// How often to look for messages when nothing wakes the worker: delayed ones, those that are tried again, and those of
    /// other processes where the database sends no notifications (SQLite, MySQL, MariaDB) or one got lost. 500 milliseconds
    /// unless set.
    pub fn poll(mut self, poll: Duration) -> Self {
        self.settings.poll = poll;
        self
    }

    /// How long handlers may go on after the shutdown; what still runs then is dropped, and due again at once. 30 seconds
    /// unless set.
    pub fn drain(mut self, drain: Duration) -> Self {
        self.settings.drain = drain;
        self
    }

    /// Works until `shutdown` is done, then takes up nothing more and lets the handlers finish. A database that is not there
    /// is waited for.
    ///
    /// # Errors
    /// `Configuration` when there is no such connection, no handler, or two for one topic.
    pub async fn run_until(self, shutdown: impl Future<Output = ()>) -> Result<()> {
        let connection = connection(&self.connection)?;
        self.check()?;
        run::run(connection, self, shutdown).await;
        Ok(())
    }

    /// Works off what is due now and what becomes due meanwhile, and returns how many messages went. For tests, scripts and
    /// timers.
    ///
    /// # Errors
    /// `Configuration` as [`run_until`](Self::run_until); whatever the database reports.
    pub async fn run_once(self) -> Result<u64> {
        let connection = connection(&self.connection)?;
        self.check()?;
        run::run_once(connection, self).await
    }

    fn check(&self) -> Result<()> {
        if self.handlers.is_empty() {
            return Err(Error::configuration(format!(
                "a worker on `{}` has no handler; add one with .handle(topic, ..)",
                self.connection
            )));
        }
        let mut topics: Vec<_> = self.handlers.iter().map(|handler| &handler.topic).collect();
        topics.sort();
        match topics.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(Error::configuration(format!(
                "a worker on `{}` has two handlers for the topic {}",
                self.connection,
                json::write(pair[0], || "the topic".into())?
            ))),
            None => Ok(()),
        }
    }
}
