//! The tables of transactions across databases.

use std::time::Duration;

use activerecord_core::statement::CreateTable;
use activerecord_core::{ActiveRecord, ConnectionHandle, Result};
use activerecord_derive::{ActiveEnum, ActiveRecord};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::json;
use crate::per_connection::PerConnection;
use crate::tables::{OwnTable, exists, insert_if_absent, install};

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

/// The name of a database: the only row of `ar_2pc_store`. The id of a transaction contains the name of its commit
/// point's database, so recovery finds the decision of a branch and leaves the branches of other programs alone.
#[derive(ActiveRecord, Clone, Debug, PartialEq)]
#[activerecord(crate = activerecord_core)]
#[table = "ar_2pc_store"]
struct DatabaseName {
    #[primary_key]
    number: i32,
    name: String,
}

impl OwnTable for Decision {}

impl OwnTable for Mark {}

impl OwnTable for DatabaseName {}

/// How long recovery keeps the decision of a transaction whose branches have all ended. A coordinator that lost the
/// answer to its COMMIT reads the row in this time; it would take a missing row for an abort.
pub(super) const RETENTION: Duration = Duration::from_secs(600);

impl Decision {
    pub(super) fn participants(&self) -> Result<Vec<Participant>> {
        json::read(&self.participants, || format!("the participants of transaction {}", self.gid))
    }
}

/// The prefix of this library's ids.
const PREFIX: &str = "ar1-";

/// A new global id: the name of the commit point's database, and a unique number.
pub(super) fn new_gid(database: &str) -> String {
    format!("{PREFIX}{database}-{}", Uuid::now_v7().simple())
}

/// The name of the commit point's database, from a global id.
pub(super) fn database_of(gid: &str) -> Option<&str> {
    gid.strip_prefix(PREFIX)?.split('-').next()
}

static NAMES: PerConnection<String> = PerConnection::new();

/// The name of this connection's database. A database without a name gets one now.
pub(super) async fn database_name(connection: &ConnectionHandle) -> Result<String> {
    if let Some(name) = NAMES.get(connection) {
        return Ok(name);
    }
    install::<DatabaseName>(connection).await?;
    install::<Decision>(connection).await?;
    let own = DatabaseName { number: 1, name: format!("{:08x}", fastrand::u32(..)) };
    insert_if_absent(connection.name(), own).await?;
    let row = DatabaseName::with_connection(connection.name(), async || DatabaseName::find(1).await).await?;
    let name = row.name;
    NAMES.set(connection, name.clone());
    Ok(name)
}

/// The name of this connection's database, if it has one.
pub(super) async fn find_database_name(connection: &ConnectionHandle) -> Result<Option<String>> {
    if let Some(name) = NAMES.get(connection) {
        return Ok(Some(name));
    }
    if !exists::<DatabaseName>(connection).await? {
        return Ok(None);
    }
    Ok(DatabaseName::using(connection.name()).first().await?.map(|row| row.name))
}

/// The tables of transactions across databases.
pub(crate) fn definitions() -> Vec<CreateTable> {
    vec![Decision::definition(), Mark::definition(), DatabaseName::definition()]
}
