//! A step of a saga, with the types of its closures erased.

use std::fmt;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use activerecord_core::Result;
use activerecord_core::backend::BoxFuture;
use futures_util::FutureExt as _;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::context::StepContext;
use crate::failpoint;
use crate::json;
use crate::panics;

/// The action of a step. Every closure of the form `async |context: &StepContext| { .. Ok(output) }` implements it.
pub trait StepFn<'a, T> {
    /// The future that the call returns.
    type Run: Future<Output = Result<T>> + Send + 'a;

    /// Calls the action.
    fn call(self, context: &'a StepContext) -> Self::Run;
}

impl<'a, T, F, R> StepFn<'a, T> for F
where
    F: FnOnce(&'a StepContext) -> R,
    R: Future<Output = Result<T>> + Send + 'a,
{
    type Run = R;

    fn call(self, context: &'a StepContext) -> R {
        self(context)
    }
}

/// The compensating action of a step. Every closure of the form `async |context: &StepContext, output: T| { .. Ok(())
/// }` implements it.
pub trait UndoFn<'a, T> {
    /// The future that the call returns.
    type Run: Future<Output = Result<()>> + Send + 'a;

    /// Calls the compensating action with the output of the action.
    fn call(self, context: &'a StepContext, output: T) -> Self::Run;
}

impl<'a, T, F, R> UndoFn<'a, T> for F
where
    F: FnOnce(&'a StepContext, T) -> R,
    R: Future<Output = Result<()>> + Send + 'a,
{
    type Run = R;

    fn call(self, context: &'a StepContext, output: T) -> R {
        self(context, output)
    }
}

type Action = dyn Fn(Arc<StepContext>) -> BoxFuture<'static, Result<String>> + Send + Sync;
type Undo = dyn Fn(Arc<StepContext>, String) -> BoxFuture<'static, Result<()>> + Send + Sync;

/// A step of a definition.
#[derive(Clone)]
pub(super) struct Step {
    pub(super) name: String,
    /// The connection of the transaction that the step runs in, behind the barrier. None: without a transaction.
    pub(super) connection: Option<String>,
    /// Whether the compensating action takes null for an output that is unknown.
    pub(super) takes_null: bool,
    action: Arc<Action>,
    undo: Option<Arc<Undo>>,
}

impl Step {
    /// A step without a compensating action.
    pub(super) fn pivot<T, A>(name: &str, connection: Option<&str>, action: A) -> Self
    where
        T: Serialize + Send + 'static,
        A: for<'a> StepFn<'a, T> + Clone + Send + Sync + 'static,
    {
        let step = name.to_owned();
        let action = move |context: Arc<StepContext>| -> BoxFuture<'static, Result<String>> {
            let (action, step) = (action.clone(), step.clone());
            Box::pin(async move {
                let output = StepFn::call(action, &context).await?;
                json::write(&output, || format!("the output of step `{step}`"))
            })
        };
        Self {
            name: name.to_owned(),
            connection: connection.map(Into::into),
            takes_null: false,
            action: Arc::new(action),
            undo: None,
        }
    }

    /// Adds the compensating action.
    pub(super) fn undone_by<T, C>(mut self, undo: C) -> Self
    where
        T: DeserializeOwned + Send + 'static,
        C: for<'a> UndoFn<'a, T> + Clone + Send + Sync + 'static,
    {
        let step = self.name.clone();
        self.takes_null = serde_json::from_str::<T>("null").is_ok();
        self.undo =
            Some(Arc::new(move |context: Arc<StepContext>, output: String| -> BoxFuture<'static, Result<()>> {
                let (undo, step) = (undo.clone(), step.clone());
                Box::pin(async move {
                    let output = match json::read(&output, || format!("the output of step `{step}`")) {
                        Err(_) if failpoint::is_broken("saga.decode") => return Ok(()),
                        output => output?,
                    };
                    UndoFn::call(undo, &context, output).await
                })
            }));
        self
    }

    pub(super) fn is_pivot(&self) -> bool {
        self.undo.is_none()
    }

    /// Runs the action and returns its output as JSON. A panic is an error.
    pub(super) async fn act(&self, context: Arc<StepContext>) -> Result<String> {
        let acting = AssertUnwindSafe(async { (self.action)(context).await });
        acting.catch_unwind().await.unwrap_or_else(|panic| Err(panics::as_error(&*panic)))
    }

    /// Runs the compensating action. A pivot step has none; then nothing happens. A panic is an error.
    pub(super) async fn undo(&self, context: Arc<StepContext>, output: String) -> Result<()> {
        let Some(undo) = &self.undo else { return Ok(()) };
        let undoing = AssertUnwindSafe(async { undo(context, output).await });
        undoing.catch_unwind().await.unwrap_or_else(|panic| Err(panics::as_error(&*panic)))
    }
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Step")
            .field("name", &self.name)
            .field("connection", &self.connection)
            .field("pivot", &self.is_pivot())
            .finish_non_exhaustive()
    }
}
