//! Checks whether the databases have the settings that two-phase commit needs.

use std::time::{Duration, Instant};

use activerecord_core::{
    ConnectionHandle, ConnectionManager, Error, ProtocolConnection as _, Result, UnmetPrecondition, connection,
};
use futures_util::future::join_all;
use serde::Serialize;

use super::TwoPhase;
use super::limit::{ANSWER_TIMEOUT, within};
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
        let handles = ConnectionManager::names().iter().map(|name| connection(name)).collect::<Result<Vec<_>>>()?;
        Ok(join_all(handles.iter().map(examine)).await.concat())
    }
}

/// Examines a connection. Those of other servers do not wait for one that does not answer.
async fn examine(handle: &ConnectionHandle) -> Vec<Finding> {
    let find = |what: &str, found: String, mend: &str| {
        let connection = handle.name().to_owned();
        Finding { connection, what: what.into(), found, mend: mend.into() }
    };
    let silent = |error: Error| {
        let mend = "start it, or correct the connection's settings";
        vec![find("the database answers", error.to_string(), mend)]
    };
    let learned = async { handle.learn().await.map(|capabilities| capabilities.prepared_transactions) };
    let prepares = match within(ANSWER_TIMEOUT, handle.name(), learned).await {
        Ok(prepares) => prepares,
        Err(error) => return silent(error),
    };
    let mut findings = match within(ANSWER_TIMEOUT, handle.name(), handle.unmet_preconditions()).await {
        Ok(unmet) => unmet.into_iter().map(|unmet| find(unmet.what, unmet.found, unmet.mend)).collect(),
        Err(error) if error.is_connection_lost() || error.is_pool_timeout() => return silent(error),
        Err(error) => {
            let mend = "grant the login the privilege that the message names";
            vec![find("its settings can be read", error.to_string(), mend)]
        }
    };
    if prepares && let Err(error) = within(ANSWER_TIMEOUT, handle.name(), handle.prepared()).await {
        let mend = "GRANT XA_RECOVER_ADMIN ON *.* to the login: recovery needs it";
        findings.push(find("the login may see prepared transactions", error.to_string(), mend));
    }
    findings
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
