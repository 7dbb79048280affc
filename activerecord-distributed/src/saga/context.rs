//! What a step can read about its saga.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use activerecord_core::{Error, Result};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::json;

/// The argument of a step's action and compensating action: the saga's input, and the outputs of the earlier steps.
///
/// ```
/// # use activerecord::prelude::*;
/// use activerecord::saga::StepContext;
///
/// async fn charge(context: &StepContext) -> Result<String> {
///     let order: i64 = context.output("create order")?;
///     let cents: u32 = context.input()?;
///     // A payment service that gets the same idempotency key twice charges once.
///     let idempotency_key = context.key();
///     Ok(format!("{idempotency_key}: {cents} for order {order}"))
/// }
/// ```
#[derive(Clone)]
pub struct StepContext {
    pub(super) saga: Uuid,
    pub(super) step: String,
    pub(super) position: i32,
    pub(super) attempt: u32,
    pub(super) input: Arc<str>,
    pub(super) outputs: HashMap<String, String>,
}

impl StepContext {
    /// The saga's id.
    pub fn saga_id(&self) -> Uuid {
        self.saga
    }

    /// The number of this attempt at the step, from 1. The compensating action counts anew from 1.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// An idempotency key for other services: the same at every attempt at this step of this saga, and unique to it.
    pub fn key(&self) -> String {
        format!("{}-{}", self.saga, self.position)
    }

    /// The input of the saga.
    ///
    /// # Errors
    /// `Conversion` when the input cannot be read as a `T`.
    pub fn input<T: DeserializeOwned>(&self) -> Result<T> {
        json::read(&self.input, || format!("the input of saga {}", self.saga))
    }

    /// The output of an earlier step.
    ///
    /// # Errors
    /// `Configuration` when no earlier step has this name; `Conversion` when its output cannot be read as a `T`.
    pub fn output<T: DeserializeOwned>(&self, step: &str) -> Result<T> {
        let output = self.outputs.get(step).ok_or_else(|| {
            let mut earlier: Vec<_> = self.outputs.keys().map(String::as_str).collect();
            earlier.sort_unstable();
            let earlier = earlier.join(", ");
            Error::configuration(format!("no step before `{}` is named `{step}`; earlier steps: {earlier}", self.step))
        })?;
        json::read(output, || format!("the output of step `{step}`"))
    }
}

/// Shows neither the input nor the outputs.
impl fmt::Debug for StepContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { saga, step, position, attempt, .. } = self;
        let mut debug = f.debug_struct("StepContext");
        debug.field("saga", saga).field("step", step).field("position", position).field("attempt", attempt);
        debug.finish_non_exhaustive()
    }
}
