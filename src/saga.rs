//! Sagas: steps in several databases, each with its compensation.

pub use activerecord_distributed::{
    COMPENSATED, ProtocolError, Resumed, STUCK, Saga, SagaRecord, SagaState, SagaStep, Sagas, StepContext, StepFn,
    StepState, UndoFn,
};
