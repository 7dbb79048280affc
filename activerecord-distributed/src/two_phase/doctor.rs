//! Whether the databases are set as transactions across them need it.

use std::time::{Duration, Instant};

use activerecord_core::{
    ConnectionHandle, ConnectionManager, ProtocolConnection as _, Result, UnmetPrecondition, connection,
};
use serde::Serialize;

use super::TwoPhase;
use crate::per_connection::PerConnection;

/// Something that keeps a connection from taking part in a transaction across databases, or that makes it unsafe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// The connection.
    pub connection: String,
    /// What has to be so.
    pub what: String,
    /// What was found.
    pub found: String,
    /// How to mend it.
    pub mend: String,
}

impl TwoPhase {
    /// Looks whether every configured connection can take part in a transaction across databases, and how to mend what keeps
    /// it from that. Of those that cannot prepare (SQLite), one can take part in each.
    ///
    /// # Errors
    /// `Configuration` when a connection is removed meanwhile. What is wrong is in the answer.
    pub async fn doctor() -> Result<Vec<Finding>> {
        let mut findings = Vec::new();
        for name in ConnectionManager::names() {
            examine(&connection(&name)?, &mut findings).await;
        }
        Ok(findings)
    }
}

async fn examine(handle: &ConnectionHandle, findings: &mut Vec<Finding>) {
    let mut find = |what: &str, found: String, mend: &str| {
        let connection = handle.name().to_owned();
        findings.push(Finding { connection, what: what.into(), found, mend: mend.into() });
    };
    let prepares = match handle.learn().await {
        Ok(capabilities) => capabilities.prepared_transactions,
        Err(error) => {
            return find("the database answers", error.to_string(), "start it, or mend the connection's settings");
        }
    };
    match handle.unmet_preconditions().await {
        Ok(unmet) => unmet.into_iter().for_each(|unmet| find(unmet.what, unmet.found, unmet.mend)),
        Err(error) => find("its settings can be read", error.to_string(), "grant the login what the message names"),
    }
    if prepares && let Err(error) = handle.prepared().await {
        find(
            "the login may see prepared transactions",
            error.to_string(),
            "GRANT XA_RECOVER_ADMIN ON *.* to it: without that nothing can be recovered",
        );
    }
}

/// How long settings that were found right are believed in.
const BELIEVED: Duration = Duration::from_secs(60);

static EXAMINED: PerConnection<Instant> = PerConnection::new();

/// What is not set as it has to be, looked at once in a while.
pub(super) async fn unmet(handle: &ConnectionHandle) -> Result<Vec<UnmetPrecondition>> {
    if EXAMINED.get(handle).is_some_and(|examined| examined.elapsed() < BELIEVED) {
        return Ok(Vec::new());
    }
    let unmet = handle.unmet_preconditions().await?;
    if unmet.is_empty() {
        EXAMINED.set(handle, Instant::now());
    }
    Ok(unmet)
}
