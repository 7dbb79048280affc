//! A scan of all configured connections for prepared branches and decisions.

use std::collections::{BTreeMap, HashMap};

use activerecord_core::{ActiveRecord, Branch, ConnectionHandle, ConnectionManager, Error, Result, connection};
use chrono::{DateTime, Utc};

use super::former_names;
use super::record::{Decision, database_of, find_database_name};
use crate::tables::exists;

/// The result of a scan.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// The databases that can be commit points, by their names in global ids.
    databases: HashMap<String, ConnectionHandle>,
    /// By global id: the prepared branches and the decision.
    pub(super) transactions: BTreeMap<String, Found>,
    /// The connections with rows in `ar_2pc_name`.
    pub(super) named: Vec<ConnectionHandle>,
    /// The connections that did not answer, and why.
    pub(super) unreachable: Vec<(String, Error)>,
}

/// The branches and the decision of one transaction.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) branches: Vec<FoundBranch>,
    pub(super) decision: Option<Decision>,
}

/// A prepared branch.
#[derive(Clone, Debug)]
pub(super) struct FoundBranch {
    /// A connection that can end the branch.
    pub(super) handle: ConnectionHandle,
    pub(super) branch: Branch,
    pub(super) prepared_at: Option<DateTime<Utc>>,
}

impl Scan {
    /// Scans every configured connection. One that does not answer is reported and does not stop the scan.
    pub(super) async fn of_all() -> Self {
        let mut scan = Self::default();
        // Branches before decisions: a decision that is committed between the two reads is then found.
        let mut handles = Vec::new();
        for name in ConnectionManager::names() {
            match scan.find_branches(&name).await {
                Ok(handle) => handles.push(handle),
                Err(error) => scan.unreachable.push((name, error)),
            }
        }
        for handle in handles {
            if let Err(error) = scan.find_decisions(&handle).await {
                scan.unreachable.push((handle.name().to_owned(), error));
            }
        }
        scan
    }

    /// The commit point of this transaction, if it is a configured connection.
    pub(super) fn commit_point(&self, gid: &str) -> Option<&ConnectionHandle> {
        self.databases.get(database_of(gid)?)
    }

    async fn find_branches(&mut self, name: &str) -> Result<ConnectionHandle> {
        let handle = connection(name)?;
        if !handle.learn().await?.prepared_transactions {
            return Ok(handle);
        }
        let gids = former_names::gids_by_branch(&handle).await?;
        if !gids.is_empty() {
            self.named.push(handle.clone());
        }
        for prepared in handle.prepared().await? {
            let Some(branch) = prepared.branch else { continue };
            let gid = gids.get(&branch.to_string()).cloned().unwrap_or_else(|| branch.gid().to_owned());
            let branches = &mut self.transactions.entry(gid).or_default().branches;
            // MySQL and MariaDB list the branches of all databases of the server, on each connection to it.
            if branches.iter().all(|known| known.branch != branch) {
                branches.push(FoundBranch { handle: handle.clone(), branch, prepared_at: prepared.prepared_at });
            }
        }
        Ok(handle)
    }

    async fn find_decisions(&mut self, handle: &ConnectionHandle) -> Result<()> {
        let Some(name) = find_database_name(handle).await? else { return Ok(()) };
        self.databases.insert(name, handle.clone());
        // An error of this query must not look like a missing decision: recovery would roll back a decided transaction.
        let decisions = match exists::<Decision>(handle).await? {
            true => Decision::using(handle.name()).all().await?,
            false => Vec::new(),
        };
        for decision in decisions {
            let gid = decision.gid.clone();
            self.transactions.entry(gid).or_default().decision = Some(decision);
        }
        Ok(())
    }
}
