//! Handlers, without the types of their payloads.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use activerecord_core::Result;
use activerecord_core::backend::BoxFuture;
use serde::de::DeserializeOwned;

use super::task::Task;
use crate::outbox::Message;
use crate::verdict::permanent;

type Call = dyn Fn(Vec<Message>) -> BoxFuture<'static, Result<()>> + Send + Sync;

/// What is done with the messages of a topic.
#[derive(Clone)]
pub(super) struct Handler {
    pub(super) topic: String,
    /// How many messages a call takes at most.
    pub(super) size: usize,
    call: Arc<Call>,
}

impl Handler {
    /// Takes one message per call.
    pub(super) fn one<P, F, Fut>(topic: &str, handler: F) -> Self
    where
        P: DeserializeOwned + Send + 'static,
        F: FnOnce(Task<P>) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<()>> + Send + 'static,
    {
        let call = move |mut messages: Vec<Message>| -> BoxFuture<'static, Result<()>> {
            let handler = handler.clone();
            Box::pin(async move {
                let Some(message) = messages.pop() else { return Ok(()) };
                handler(Task::of(message).map_err(permanent)?).await
            })
        };
        Self { topic: topic.to_owned(), size: 1, call: Arc::new(call) }
    }

    /// Takes as many as there are, up to `size`.
    pub(super) fn many<P, F, Fut>(topic: &str, size: usize, handler: F) -> Self
    where
        P: DeserializeOwned + Send + 'static,
        F: FnOnce(Vec<Task<P>>) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<()>> + Send + 'static,
    {
        let call = move |messages: Vec<Message>| -> BoxFuture<'static, Result<()>> {
            let handler = handler.clone();
            Box::pin(async move {
                let tasks = messages.into_iter().map(Task::of).collect::<Result<Vec<_>>>();
                handler(tasks.map_err(permanent)?).await
            })
        };
        Self { topic: topic.to_owned(), size: size.max(1), call: Arc::new(call) }
    }

    pub(super) fn call(&self, messages: Vec<Message>) -> BoxFuture<'static, Result<()>> {
        (self.call)(messages)
    }
}

impl fmt::Debug for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handler").field("topic", &self.topic).field("size", &self.size).finish_non_exhaustive()
    }
}
