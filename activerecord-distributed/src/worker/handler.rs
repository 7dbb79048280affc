//! Handlers, with the types of their payloads erased.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use activerecord_core::backend::BoxFuture;
use activerecord_core::{Error, Result};
use serde::de::DeserializeOwned;

use super::task::Task;
use crate::outbox::Message;
use crate::verdict::permanent;

/// The failed messages of a call: their positions in it, and their errors. If the call itself fails, all its messages
/// failed.
pub(crate) type Failed = Vec<(usize, Error)>;

type Call = dyn Fn(Vec<Message>) -> BoxFuture<'static, Result<Failed>> + Send + Sync;

/// The handler of a topic.
#[derive(Clone)]
pub(super) struct Handler {
    pub(super) topic: String,
    /// The maximum number of messages per call.
    pub(super) size: usize,
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
        Self::each(topic, 1, move |mut messages| {
            let handler = handler.clone();
            async move {
                let Some(message) = messages.pop() else { return Ok(Failed::new()) };
                handler(Task::of(message).map_err(permanent)?).await.map(|()| Failed::new())
            }
        })
    }

    /// Gets up to `size` messages per call.
    pub(super) fn many<P, F, Fut>(topic: &str, size: usize, handler: F) -> Self
    where
        P: DeserializeOwned + Send + 'static,
        F: FnOnce(Vec<Task<P>>) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<()>> + Send + 'static,
    {
        Self::each(topic, size, move |messages| {
            let handler = handler.clone();
            async move {
                let tasks = messages.into_iter().map(Task::of).collect::<Result<Vec<_>>>();
                handler(tasks.map_err(permanent)?).await.map(|()| Failed::new())
            }
        })
    }

    /// Gets up to `size` raw messages per call, and returns the failed ones.
    pub(super) fn each<F, Fut>(topic: &str, size: usize, call: F) -> Self
    where
        F: Fn(Vec<Message>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Failed>> + Send + 'static,
    {
        let call = move |messages| -> BoxFuture<'static, Result<Failed>> { Box::pin(call(messages)) };
        Self { topic: topic.to_owned(), size: size.max(1), call: Arc::new(call) }
    }

    pub(super) fn call(&self, messages: Vec<Message>) -> BoxFuture<'static, Result<Failed>> {
        (self.call)(messages)
    }
}

impl fmt::Debug for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handler").field("topic", &self.topic).field("size", &self.size).finish_non_exhaustive()
    }
}
