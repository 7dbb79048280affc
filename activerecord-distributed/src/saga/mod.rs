//! Sagas: a sequence of steps in several databases, each with a compensating action. All steps complete, or the
//! completed ones are compensated in reverse order, also after crashes.
//!
//! Source: H. Garcia-Molina and K. Salem, "Sagas", SIGMOD 1987. Backward recovery before the pivot step, forward
//! recovery after it.

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

use activerecord_core::statement::CreateTable;

use crate::tables::OwnTable as _;

/// The tables of sagas.
pub(crate) fn definitions() -> Vec<CreateTable> {
    vec![SagaRecord::definition(), SagaStep::definition(), barrier::definition()]
}
