//! What is kept about transactions across databases.

use std::time::Duration;

use activerecord_core::{ActiveRecord, ConnectionHandle, Result};
use activerecord_derive::{ActiveEnum, ActiveRecord};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::json;
use crate::per_connection::PerConnection;
use crate::store::{Kept, if_there, insert_unless_there, install};

/// A decision, in the database of the participant whose COMMIT it is: a row of `ar_2pc`.
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
    /// Why it is a heuristic.
    pub(super) note: Option<String>,
}

#[derive(ActiveEnum, Clone, Copy, Debug, PartialEq, Eq)]
#[activerecord(crate = activerecord_core)]
pub(super) enum DecisionState {
    /// Every branch is to be committed. There is no row of any other end: what has no row is rolled back.
    Commit,
    /// Somebody has ended a branch in another way than was decided, or has decided by force: kept until it is looked at.
    Heuristic,
}

/// A branch, as its decision names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Participant {
    pub(super) connection: String,
    pub(super) label: String,
}

/// A row of the branch's own, which says later that it was committed: `ar_2pc_mark`. It also makes MySQL and MariaDB take the
/// branch for one that has written.
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

/// The one row that names a database: `ar_2pc_store`. A transaction's id has it in it, so that whoever finds a branch knows
/// where its decision is, and touches no other's.
#[derive(ActiveRecord, Clone, Debug, PartialEq)]
#[activerecord(crate = activerecord_core)]
#[table = "ar_2pc_store"]
struct Store {
    #[primary_key]
    number: i32,
    name: String,
}

impl Kept for Decision {}

impl Kept for Mark {}

impl Kept for Store {}

/// How long the recovery keeps a decision all of whose branches have ended: a coordinator that never got the answer to its
/// COMMIT asks for it meanwhile, and takes a row that is not there for a rollback.
pub(super) const KEPT: Duration = Duration::from_secs(600);

impl Decision {
    pub(super) fn participants(&self) -> Result<Vec<Participant>> {
        json::read(&self.participants, || format!("what is kept about transaction {}", self.gid))
    }
}

/// What ids of this library begin with.
const PREFIX: &str = "ar1-";

/// A new id: which database decides, and a number that no other has.
pub(super) fn new_gid(store: &str) -> String {
    format!("{PREFIX}{store}-{}", Uuid::now_v7().simple())
}

/// The name of the database that decides about a transaction.
pub(super) fn store_of(gid: &str) -> Option<&str> {
    gid.strip_prefix(PREFIX)?.split('-').next()
}

static STORES: PerConnection<String> = PerConnection::new();

/// The name of this connection's database, given to it now if it has none.
pub(super) async fn store_name(connection: &ConnectionHandle) -> Result<String> {
    if let Some(name) = STORES.get(connection) {
        return Ok(name);
    }
    install::<Store>(connection).await?;
    install::<Decision>(connection).await?;
    let own = Store { number: 1, name: format!("{:08x}", fastrand::u32(..)) };
    insert_unless_there(connection.name(), own).await?;
    let name = Store::with_connection(connection.name(), async || Store::find(1).await).await?.name;
    STORES.set(connection, name.clone());
    Ok(name)
}

/// The name of this connection's database, if it has one.
pub(super) async fn find_store(connection: &ConnectionHandle) -> Result<Option<String>> {
    if let Some(name) = STORES.get(connection) {
        return Ok(Some(name));
    }
    let store = if_there(Store::using(connection.name()).first().await)?.flatten();
    Ok(store.map(|store| store.name))
}
