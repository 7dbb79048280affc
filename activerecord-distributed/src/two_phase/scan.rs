//! A look at every connection of the program: what is prepared, what is decided, and which database decides about what.

use std::collections::{BTreeMap, HashMap};

use activerecord_core::{ActiveRecord, Branch, ConnectionHandle, ConnectionManager, Error, Result, connection};
use chrono::{DateTime, Utc};

use super::hand;
use super::record::{Decision, find_store, store_of};
use crate::store::if_there;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// The databases that decide, by the names that ids have for them.
    stores: HashMap<String, ConnectionHandle>,
    /// By id: what is prepared and what is decided.
    pub(super) transactions: BTreeMap<String, Found>,
    /// The connections with branches that a program has named by hand.
    pub(super) named: Vec<ConnectionHandle>,
    /// The connections that could not be asked.
    pub(super) unreachable: Vec<(String, Error)>,
}

/// What was found of one transaction.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) branches: Vec<FoundBranch>,
    pub(super) decision: Option<Decision>,
}

/// A branch that is prepared.
#[derive(Clone, Debug)]
pub(super) struct FoundBranch {
    /// A connection that it can be ended on.
    pub(super) handle: ConnectionHandle,
    pub(super) branch: Branch,
    pub(super) prepared_at: Option<DateTime<Utc>>,
}

impl Scan {
    /// Asks every connection. One that does not answer is noted, and stops no other.
    pub(super) async fn of_all() -> Self {
        let mut scan = Self::default();
        // What is prepared first: a decision that appears after its branches were listed is found, too.
        let mut handles = Vec::new();
        for name in ConnectionManager::names() {
            match scan.prepared(&name).await {
                Ok(handle) => handles.push(handle),
                Err(error) => scan.unreachable.push((name, error)),
            }
        }
        for handle in handles {
            if let Err(error) = scan.decided(&handle).await {
                scan.unreachable.push((handle.name().to_owned(), error));
            }
        }
        scan
    }

    /// The database that decides about this transaction, if it is one of the program's.
    pub(super) fn store(&self, gid: &str) -> Option<&ConnectionHandle> {
        self.stores.get(store_of(gid)?)
    }

    async fn prepared(&mut self, name: &str) -> Result<ConnectionHandle> {
        let handle = connection(name)?;
        if !handle.learn().await?.prepared_transactions {
            return Ok(handle);
        }
        let names = hand::names(&handle).await?;
        if !names.is_empty() {
            self.named.push(handle.clone());
        }
        for prepared in handle.prepared().await? {
            let Some(branch) = prepared.branch else { continue };
            let gid = names.get(&branch.to_string()).cloned().unwrap_or_else(|| branch.gid().to_owned());
            let branches = &mut self.transactions.entry(gid).or_default().branches;
            // Servers that do not tell their databases apart show a branch on each connection to them.
            if branches.iter().all(|known| known.branch != branch) {
                branches.push(FoundBranch { handle: handle.clone(), branch, prepared_at: prepared.prepared_at });
            }
        }
        Ok(handle)
    }

    async fn decided(&mut self, handle: &ConnectionHandle) -> Result<()> {
        let Some(store) = find_store(handle).await? else { return Ok(()) };
        self.stores.insert(store, handle.clone());
        let decisions = if_there(Decision::using(handle.name()).all().await)?;
        for decision in decisions.into_iter().flatten() {
            let gid = decision.gid.clone();
            self.transactions.entry(gid).or_default().decision = Some(decision);
        }
        Ok(())
    }
}
