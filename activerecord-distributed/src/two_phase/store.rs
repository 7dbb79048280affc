//! The names of databases in the ids of transactions.
//!
//! The id of a transaction contains the name of its commit point's database, so recovery finds the decision of a branch and
//! leaves the branches of other programs alone. A copied database has the names of its original. So each name belongs to the
//! identity of one database: a missing row is an abort only in the database whose transactions have the name.

use std::time::{Duration, Instant};

use activerecord_core::{ActiveRecord, ConnectionHandle, ProtocolConnection as _, Result, Scalar};
use activerecord_derive::ActiveRecord;
use uuid::Uuid;

use super::record::Decision;
use crate::failpoint;
use crate::per_connection::PerConnection;
use crate::tables::{OwnTable, exists, insert_if_absent, install};

/// A name of a database: a row of `ar_2pc_store`.
#[derive(ActiveRecord, Clone, Debug, PartialEq)]
#[activerecord(crate = activerecord_core)]
#[table = "ar_2pc_store"]
pub(super) struct DatabaseName {
    #[primary_key]
    number: i32,
    name: String,
    /// The identity of the database. None: an earlier version wrote the row, or an operator has moved the database. Such a
    /// name belongs to each database that has the row, and no new transaction gets it.
    identity: Option<String>,
}

impl OwnTable for DatabaseName {}

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

/// How long the name and the identity of a connection's database are known: another server can get its address.
const KNOWN_FOR: Duration = Duration::from_secs(60);

static NAMES: PerConnection<(String, Instant)> = PerConnection::new();

static IDENTITIES: PerConnection<(String, Instant)> = PerConnection::new();

fn known(values: &PerConnection<(String, Instant)>, connection: &ConnectionHandle) -> Option<String> {
    values.get(connection).filter(|(_, read)| read.elapsed() < KNOWN_FOR).map(|(value, _)| value)
}

/// The identity of this connection's database, as it was within the last minute.
pub(super) async fn recent_identity(connection: &ConnectionHandle) -> Result<String> {
    if let Some(identity) = known(&IDENTITIES, connection) {
        return Ok(identity);
    }
    let identity = connection.identity().await?;
    IDENTITIES.set(connection, (identity.clone(), Instant::now()));
    Ok(identity)
}

/// The name of this connection's database. A database without a name of its own gets one now.
pub(super) async fn database_name(connection: &ConnectionHandle) -> Result<String> {
    if let Some(name) = known(&NAMES, connection) {
        return Ok(name);
    }
    install_tables(connection).await?;
    let identity = connection.identity().await?;
    let name = loop {
        let rows = rows(connection).await?;
        if let Some(own) = rows.iter().find(|row| row.identity.as_ref() == Some(&identity)) {
            break own.name.clone();
        }
        let number = rows.iter().map(|row| row.number).max().unwrap_or(0) + 1;
        let own = DatabaseName { number, name: format!("{:08x}", fastrand::u32(..)), identity: Some(identity.clone()) };
        // Another process can be faster, so the rows are read again.
        insert_if_absent(connection.name(), own).await?;
    };
    NAMES.set(connection, (name.clone(), Instant::now()));
    Ok(name)
}

/// Creates the tables of a commit point, or adds the columns that an earlier version did not have.
pub(super) async fn install_tables(connection: &ConnectionHandle) -> Result<()> {
    install::<DatabaseName>(connection).await?;
    install::<Decision>(connection).await
}

async fn rows(connection: &ConnectionHandle) -> Result<Vec<DatabaseName>> {
    DatabaseName::using(connection.name()).order_by(DatabaseName::NUMBER.asc()).all().await
}

/// A name that a connection has in its table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) name: String,
    /// Whether the name is that of this database, and not that of the one from which it was copied.
    pub(super) is_own: bool,
}

/// The names in this connection's database, whose identity is given.
pub(super) async fn find_names(connection: &ConnectionHandle, identity: &str) -> Result<Vec<Name>> {
    if !exists::<DatabaseName>(connection).await? {
        return Ok(Vec::new());
    }
    let name = |row: DatabaseName| Name { is_own: is_own(row.identity.as_deref(), identity), name: row.name };
    Ok(rows(connection).await?.into_iter().map(name).collect())
}

/// Whether the decisions of this transaction are made in this database, as the current session of the task sees it. The
/// pool can have reached another server since the last look.
pub(super) async fn is_original(connection: &ConnectionHandle, gid: &str) -> Result<bool> {
    let Some(name) = database_of(gid) else { return Ok(false) };
    let row = DatabaseName::using(connection.name()).filter(DatabaseName::NAME.eq(name)).first().await?;
    let Some(row) = row else { return Ok(false) };
    Ok(is_own(row.identity.as_deref(), &connection.identity().await?))
}

fn is_own(recorded: Option<&str>, identity: &str) -> bool {
    failpoint::is_broken("2pc.identity") || recorded.is_none_or(|recorded| recorded == identity)
}
