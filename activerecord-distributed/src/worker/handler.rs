//! Handlers, with the types of their payloads erased.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use activerecord_core::backend::BoxFuture;
use activerecord_core::{Error, ErrorKind, Result};
use serde::de::DeserializeOwned;

use super::task::Task;
use crate::outbox::Message;
use crate::verdict::permanent;

/// What a call did with one of its messages.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    /// The message is done.
    Done,
    /// The attempt failed. Messages of one call can share the error.
    Failed(Arc<Error>),
    /// It is not done yet, for a reason outside of the message. The attempt does not count.
    Postponed,
}

impl Outcome {
    pub(crate) fn failed(error: Error) -> Self {
        Self::Failed(Arc::new(error))
    }

    fn of(result: Result<()>) -> Self {
        result.map_or_else(Self::failed, |()| Self::Done)
    }
}

/// The results of the tasks of a call, in their order. None: all succeeded.
pub(super) type Results = Option<Vec<Result<()>>>;

type Call = dyn Fn(Vec<Message>) -> BoxFuture<'static, Vec<Outcome>> + Send + Sync;

/// The handler of a topic.
#[derive(Clone)]
pub(super) struct Handler {
    pub(super) topic: String,
    /// The maximum number of messages per call.
    pub(super) size: usize,
    /// Whether a message whose earlier attempt failed gets a call of its own.
    pub(super) retries_alone: bool,
    /// The maximum number of concurrent calls. None: that of the worker.
    pub(super) slots: Option<usize>,
    call: Arc<Call>,
}

impl Handler {
    /// Gets one message per call.
    pub(super) fn one<P, F, Fut>(topic: &str, handler: F) -> Self
    where
        P: DeserializeOwned + Send + 'static,
        F: FnOnce(Task<P>) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<()>> + Send + 'static,
    {
        Self::many(topic, 1, move |mut tasks: Vec<Task<P>>| {
            let handler = handler.clone();
            async move {
                match tasks.pop() {
                    Some(task) => handler(task).await.map(|()| None),
                    None => Ok(None),
                }
            }
        })
    }

    /// Gets up to `size` messages per call, and returns their results in the same order; None means that all succeeded. A
    /// message that cannot be read is set apart first.
    pub(super) fn many<P, F, Fut>(topic: &str, size: usize, handler: F) -> Self
    where
        P: DeserializeOwned + Send + 'static,
        F: FnOnce(Vec<Task<P>>) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<Results>> + Send + 'static,
    {
        let handler = Self::raw(topic, size, move |messages| {
            let handler = handler.clone();
            async move {
                let read: Vec<_> = messages.into_iter().map(Task::of).collect();
                let mut tasks = Vec::with_capacity(read.len());
                let unread: Vec<_> = read.into_iter().map(|task| task.map(|task| tasks.push(task)).err()).collect();
                let mut outcomes = handle(handler, tasks).await.into_iter();
                let outcome = |unread: Option<Error>| match unread {
                    Some(error) => Outcome::failed(permanent(error)),
                    None => outcomes.next().unwrap_or_else(|| Outcome::failed(no_result())),
                };
                unread.into_iter().map(outcome).collect()
            }
        });
        Self { retries_alone: true, ..handler }
    }

    /// Gets up to `size` raw messages per call, and returns an outcome for each.
    pub(super) fn raw<F, Fut>(topic: &str, size: usize, call: F) -> Self
    where
        F: Fn(Vec<Message>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Vec<Outcome>> + Send + 'static,
    {
        let call = move |messages| -> BoxFuture<'static, Vec<Outcome>> { Box::pin(call(messages)) };
        Self { topic: topic.to_owned(), size: size.max(1), retries_alone: false, slots: None, call: Arc::new(call) }
    }

    pub(super) fn with_slots(mut self, slots: usize) -> Self {
        self.slots = Some(slots);
        self
    }

    pub(super) fn call(&self, messages: Vec<Message>) -> BoxFuture<'static, Vec<Outcome>> {
        (self.call)(messages)
    }
}

/// The outcomes of the tasks of a call, in their order. Those after the last result of the handler are missing.
async fn handle<P, Fut>(handler: impl FnOnce(Vec<Task<P>>) -> Fut, tasks: Vec<Task<P>>) -> Vec<Outcome>
where
    Fut: Future<Output = Result<Results>>,
{
    let count = tasks.len();
    if count == 0 {
        return Vec::new();
    }
    match handler(tasks).await {
        Ok(None) => vec![Outcome::Done; count],
        Ok(Some(results)) => results.into_iter().map(Outcome::of).collect(),
        Err(error) => vec![Outcome::failed(error); count],
    }
}

#[cold]
fn no_result() -> Error {
    Error::new(ErrorKind::Custom, "the handler returned no result for this message")
}

impl fmt::Debug for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handler").field("topic", &self.topic).field("size", &self.size).finish_non_exhaustive()
    }
}
