//! The tables of the saga log.

use std::fmt;

use activerecord_core::Model;
use activerecord_core::statement::CreateTable;
use activerecord_derive::{ActiveEnum, ActiveRecord};
use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::redacted::Redacted;
use crate::tables::OwnTable;

/// A saga in the log: a row of the table `ar_saga`. All times are by the clock of the log's database.
#[derive(ActiveRecord, Clone, Serialize)]
#[activerecord(crate = activerecord_core)]
#[table = "ar_saga"]
#[non_exhaustive]
pub struct SagaRecord {
    /// The saga's id.
    pub id: Uuid,
    /// The name of its definition.
    pub name: String,
    /// The version of its definition.
    pub definition_version: i32,
    /// The input of the saga, as JSON.
    pub input: String,
    /// The state of the saga.
    pub state: SagaState,
    /// Whether the saga is being compensated, or was when it became stuck.
    pub unwinding: bool,
    /// The fencing token. Each executor that takes over increments it; writes with an older token match no row.
    pub token: i64,
    /// The end of the executor's lease.
    pub lease_until: DateTime<Utc>,
    /// No step is retried after this time.
    pub deadline: Option<DateTime<Utc>>,
    /// Why the saga was compensated or is stuck.
    pub error: Option<String>,
    /// The reason that an operator gave for a decision.
    pub note: Option<String>,
    /// When the saga started.
    pub created_at: DateTime<Utc>,
}

/// The state of a saga.
#[derive(ActiveEnum, Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[activerecord(crate = activerecord_core)]
#[non_exhaustive]
pub enum SagaState {
    /// Its steps run, or are compensated.
    #[default]
    Running,
    /// All steps completed.
    Done,
    /// A step failed, and all steps before it are compensated.
    Compensated,
    /// It can neither continue nor be compensated. An operator must decide: see [`Sagas`](super::Sagas).
    Stuck,
    /// An operator abandoned it.
    Abandoned,
}

/// A step of a saga in the log: a row of the table `ar_saga_step`.
#[derive(ActiveRecord, Clone, Serialize)]
#[activerecord(crate = activerecord_core)]
#[table = "ar_saga_step"]
#[non_exhaustive]
pub struct SagaStep {
    /// The id of the saga.
    #[primary_key]
    pub saga_id: Uuid,
    /// The position of the step in the definition, from 0.
    #[primary_key]
    pub position: i32,
    /// The name of the step.
    pub name: String,
    /// The state of the step.
    pub state: StepState,
    /// The output of the action, as JSON.
    pub output: Option<String>,
    /// The number of started attempts of the action; during compensation, of the compensating action.
    pub attempts: i32,
    /// Whether the outcome of an attempt is unknown: its executor died or lost its lease, or the outcome of its COMMIT
    /// is unknown.
    pub doubtful: bool,
    /// The error of the last failed attempt.
    pub error: Option<String>,
}

/// The state of a step.
#[derive(ActiveEnum, Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[activerecord(crate = activerecord_core)]
#[non_exhaustive]
pub enum StepState {
    /// Its action started.
    #[default]
    Started,
    /// Its action succeeded.
    Succeeded,
    /// Its action failed.
    Failed,
    /// It is compensated, or had no effect to compensate.
    Undone,
    /// An operator skipped it.
    Skipped,
}

/// Does not show the input.
impl fmt::Debug for SagaRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, name, definition_version, state, unwinding, token, lease_until, deadline, .. } = self;
        let mut debug = f.debug_struct("SagaRecord");
        debug.field("id", id).field("name", name).field("definition_version", definition_version);
        debug.field("input", &Redacted::of(&self.input)).field("state", state).field("unwinding", unwinding);
        debug.field("token", token).field("lease_until", lease_until).field("deadline", deadline);
        debug.field("error", &self.error).field("note", &self.note).field("created_at", &self.created_at).finish()
    }
}

/// Does not show the output.
impl fmt::Debug for SagaStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { saga_id, position, name, state, attempts, doubtful, error, .. } = self;
        let mut debug = f.debug_struct("SagaStep");
        debug.field("saga_id", saga_id).field("position", position).field("name", name).field("state", state);
        debug.field("output", &self.output.as_deref().map(Redacted::of)).field("attempts", attempts);
        debug.field("doubtful", doubtful).field("error", error).finish()
    }
}

impl OwnTable for SagaRecord {
    fn definition() -> CreateTable {
        CreateTable::from(Self::TABLE).index("ar_saga_due", &["state", "lease_until"])
    }
}

impl OwnTable for SagaStep {}
