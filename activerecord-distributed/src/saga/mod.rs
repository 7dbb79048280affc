//! Sagas: steps in several databases, each with what undoes it, that run to their end or are undone, through crashes
//! (H. Garcia-Molina and K. Salem, "Sagas", 1987).

mod admin;
mod barrier;
mod context;
mod definition;
mod executor;
mod log;
mod record;
mod registry;
mod step;

pub use admin::Sagas;
pub use context::StepContext;
pub use definition::{Resumed, Saga};
pub use record::{SagaRecord, SagaState, SagaStep, StepState};
pub use step::{StepFn, UndoFn};
