//! Checks whether the databases have the settings that two-phase commit needs.

use std::time::{Duration, Instant};

use activerecord_core::{
    ConnectionHandle, ConnectionManager, ProtocolConnection as _, Result, UnmetPrecondition, connection,
};
use serde::Serialize;

use super::TwoPhase;
use crate::per_connection::PerConnection;

/// A setting that prevents a connection from taking part in a transaction across databases, or makes it unsafe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// The name of the connection.
    pub connection: String,
    /// What is required.
    pub what: String,
    /// What was found.
    pub found: String,
    /// How to fix it.
    pub mend: String,
}

impl TwoPhase {
    /// Checks whether every configured connection can take part in a transaction across databases. Returns what is
    /// wrong, and how to fix it. A database without prepared transactions (SQLite) is no finding: one of them can take
    /// part in each transaction.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # async fn example() -> Result<()> {
    /// for finding in TwoPhase::doctor().await? {
    ///     println!("{}: {} is {}; {}", finding.connection, finding.what, finding.found, finding.mend);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Configuration` when a connection is removed during the check. A database that does not answer is a finding.
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
            return find("the database answers", error.to_string(), "start it, or correct the connection's settings");
        }
    };
    match handle.unmet_preconditions().await {
        Ok(unmet) => unmet.into_iter().for_each(|unmet| find(unmet.what, unmet.found, unmet.mend)),
        Err(error) => {
            find("its settings can be read", error.to_string(), "grant the login the privilege that the message names");
        }
    }
    if prepares && let Err(error) = handle.prepared().await {
        find(
            "the login may see prepared transactions",
            error.to_string(),
            "GRANT XA_RECOVER_ADMIN ON *.* to the login: recovery needs it",
        );
    }
}

/// How long a check without findings is valid.
const VALID_FOR: Duration = Duration::from_secs(60);

static EXAMINED: PerConnection<Instant> = PerConnection::new();

/// The unmet preconditions of a connection. A check without findings is cached.
pub(super) async fn unmet(handle: &ConnectionHandle) -> Result<Vec<UnmetPrecondition>> {
    if EXAMINED.get(handle).is_some_and(|examined| examined.elapsed() < VALID_FOR) {
        return Ok(Vec::new());
    }
    let unmet = handle.unmet_preconditions().await?;
    if unmet.is_empty() {
        EXAMINED.set(handle, Instant::now());
    }
    Ok(unmet)
}
