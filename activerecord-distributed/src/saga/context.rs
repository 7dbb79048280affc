//! What a step knows of its saga.

use std::collections::HashMap;
use std::sync::Arc;

use activerecord_core::{Error, Result};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::json;

/// What a step knows of its saga: the input, and what the steps before it returned.
#[derive(Clone, Debug)]
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

    /// Which attempt at this step this is, from 1.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// A text that is the same at every attempt at this step of this saga, and of no other: for services that take an
    /// idempotency key.
    pub fn key(&self) -> String {
        format!("{}-{}", self.saga, self.position)
    }

    /// What the saga was run with.
    ///
    /// # Errors
    /// `Conversion` when it is no `T`.
    pub fn input<T: DeserializeOwned>(&self) -> Result<T> {
        json::read(&self.input, || format!("the input of saga {}", self.saga))
    }

    /// What an earlier step returned.
    ///
    /// # Errors
    /// `Configuration` when no earlier step has this name; `Conversion` when what it returned is no `T`.
    pub fn output<T: DeserializeOwned>(&self, step: &str) -> Result<T> {
        let output = self.outputs.get(step).ok_or_else(|| {
            let mut earlier: Vec<_> = self.outputs.keys().map(String::as_str).collect();
            earlier.sort_unstable();
            Error::configuration(format!(
                "no step `{step}` comes before `{}`; before it come: {}",
                self.step,
                earlier.join(", ")
            ))
        })?;
        json::read(output, || format!("what step `{step}` returned"))
    }
}
