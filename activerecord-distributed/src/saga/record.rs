//! The rows of a saga's log.

use activerecord_core::Model;
use activerecord_core::statement::CreateTable;
use activerecord_derive::{ActiveEnum, ActiveRecord};
use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::store::Kept;

/// A saga, as its log has it: a row of `ar_saga`.
#[derive(ActiveRecord, Clone, Debug, Serialize)]
#[activerecord(crate = activerecord_core)]
#[table = "ar_saga"]
pub struct SagaRecord {
    /// Its id.
    pub id: Uuid,
    /// The name of its definition.
    pub name: String,
    /// The version of its definition.
    pub definition_version: i32,
    /// What it was run with, as JSON.
    pub input: String,
    /// How far it has come.
    pub state: SagaState,
    /// Whether it is being undone, or was when it became stuck.
    pub unwinding: bool,
    /// Grows with every executor that takes it up: writes of an earlier one find no row.
    pub token: i64,
    /// Until when its executor has it, by the database's clock.
    pub lease_until: DateTime<Utc>,
    /// Steps are not tried again after this time.
    pub deadline: Option<DateTime<Utc>>,
    /// Why it is undone or stuck.
    pub error: Option<String>,
    /// What somebody who decided about it said.
    pub note: Option<String>,
    /// When it began, by the database's clock.
    pub created_at: DateTime<Utc>,
}

/// How far a saga has come.
#[derive(ActiveEnum, Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[activerecord(crate = activerecord_core)]
pub enum SagaState {
    /// Its steps are run, or undone.
    #[default]
    Running,
    /// All steps are done.
    Done,
    /// A step failed, and all before it are undone.
    Compensated,
    /// It can neither go on nor be undone until somebody decides: see [`Sagas`](super::Sagas).
    Stuck,
    /// Somebody gave it up as it was.
    Abandoned,
}

/// One step of a saga, as its log has it: a row of `ar_saga_step`.
#[derive(ActiveRecord, Clone, Debug, Serialize)]
#[activerecord(crate = activerecord_core)]
#[table = "ar_saga_step"]
pub struct SagaStep {
    /// The saga.
    #[primary_key]
    pub saga_id: Uuid,
    /// The step's place in the definition, from 0.
    #[primary_key]
    pub position: i32,
    /// The step's name.
    pub name: String,
    /// How far it has come.
    pub state: StepState,
    /// What its action returned, as JSON.
    pub output: Option<String>,
    /// How often its action, or then what undoes it, was begun.
    pub attempts: i32,
    /// Whether an attempt may have taken effect without a word of it, or may still do so: its executor died or lost its
    /// lease, or the outcome of its COMMIT is unknown.
    pub doubtful: bool,
    /// What the last failed attempt said.
    pub error: Option<String>,
}

/// How far a step has come.
#[derive(ActiveEnum, Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[activerecord(crate = activerecord_core)]
pub enum StepState {
    /// Its action was begun.
    #[default]
    Started,
    /// Its action is done.
    Succeeded,
    /// Its action has failed.
    Failed,
    /// It is undone, or had nothing to undo.
    Undone,
    /// Somebody decided to pass over it.
    Skipped,
}

impl Kept for SagaRecord {
    fn definition() -> CreateTable {
        CreateTable::from(Self::TABLE).index("ar_saga_due", &["state", "lease_until"])
    }
}

impl Kept for SagaStep {}
