//! The tables of transactions across databases.

use std::time::Duration;

use activerecord_core::Result;
use activerecord_core::statement::CreateTable;
use activerecord_derive::{ActiveEnum, ActiveRecord};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::store::DatabaseName;
use crate::json;
use crate::tables::OwnTable;

/// A decision, in the commit point's database: a row of `ar_2pc`.
#[derive(ActiveRecord, Clone, Debug, PartialEq)]
#[activerecord(crate = activerecord_core)]
#[table = "ar_2pc"]
pub(super) struct Decision {
    #[primary_key]
    pub(super) gid: String,
    pub(super) state: DecisionState,
    /// The branches, as JSON.
    pub(super) participants: String,
    pub(super) created_at: DateTime<Utc>,
    /// Why the outcome is heuristic.
    pub(super) note: Option<String>,
    /// When a recovery found that all branches have ended, by the clock of the database. None also in a row of an earlier
    /// version.
    pub(super) finished_at: Option<DateTime<Utc>>,
}

#[derive(ActiveEnum, Clone, Copy, Debug, PartialEq, Eq)]
#[activerecord(crate = activerecord_core)]
pub(super) enum DecisionState {
    /// Every branch must commit. An abort has no row (Presumed Abort).
    Commit,
    /// A branch ended against the decision, or an operator forced the outcome. The row is kept until an operator
    /// deletes it.
    Heuristic,
}

/// A branch, as the decision lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Participant {
    pub(super) connection: String,
    pub(super) label: String,
    /// The identity of the database: the name can be that of another one by now. None: an earlier version wrote the row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) database: Option<String>,
}

/// A row that each branch writes, as proof that it committed: a row of `ar_2pc_mark`. It also makes MySQL and MariaDB
/// prepare a branch that wrote nothing else.
#[derive(ActiveRecord, Clone, Debug, PartialEq)]
#[activerecord(crate = activerecord_core)]
#[table = "ar_2pc_mark"]
pub(super) struct Mark {
    #[primary_key]
    pub(super) gid: String,
    #[primary_key]
    pub(super) label: String,
    pub(super) marked_at: DateTime<Utc>,
}

impl OwnTable for Decision {}

impl OwnTable for Mark {}

/// How long recovery keeps the decision of a transaction after it has found that all branches have ended. A coordinator that
/// lost the answer to its COMMIT reads the row in this time; it would take a missing row for an abort. The time of the
/// decision would not do: a coordinator can be slow between the decision row and the COMMIT.
pub(super) const RETENTION: Duration = Duration::from_secs(600);

/// What a row of `ar_2pc` says about the outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The coordinator decided to commit. A branch may have ended against it.
    Committed,
    /// Without a decision, an operator committed the branches.
    ForcedCommit,
    /// Without a decision, an operator rolled the branches back.
    ForcedAbort,
}

impl Outcome {
    pub(super) fn commits(self) -> bool {
        self != Self::ForcedAbort
    }
}

/// The start of the note of a forced commit. The row of an earlier version has no other sign of the outcome.
pub(super) const FORCED_COMMIT: &str = "committed by force: ";

/// The start of the note of a forced abort.
pub(super) const FORCED_ABORT: &str = "rolled back by force: ";

impl Decision {
    /// The outcome that this row records.
    ///
    /// # Errors
    /// `Conversion` when its list of participants cannot be read.
    pub(super) fn outcome(&self) -> Result<Outcome> {
        // Only a coordinator writes participants.
        if self.state == DecisionState::Commit || !self.participants()?.is_empty() {
            return Ok(Outcome::Committed);
        }
        let is_commit = self.note.as_ref().is_some_and(|note| note.starts_with(FORCED_COMMIT));
        Ok(if is_commit { Outcome::ForcedCommit } else { Outcome::ForcedAbort })
    }

    pub(super) fn participants(&self) -> Result<Vec<Participant>> {
        json::read(&self.participants, || format!("the participants of transaction {}", self.gid))
    }
}

/// The tables of transactions across databases.
pub(crate) fn definitions() -> Vec<CreateTable> {
    vec![Decision::definition(), Mark::definition(), DatabaseName::definition()]
}
