//! A scan of all configured connections for prepared branches and decisions.

use std::collections::BTreeMap;
use std::time::Duration;

use activerecord_core::{
    ActiveRecord, Branch, ConnectionHandle, ConnectionManager, Error, ProtocolConnection as _, Result, connection,
};
use chrono::{DateTime, Utc};
use futures_util::future::join_all;

use super::former_names;
use super::limit::{ANSWER_TIMEOUT, within};
use super::record::Decision;
use super::store::{Name, database_of, find_names};
use crate::tables::exists;

/// The result of a scan.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// The databases that have a name, by their names in global ids.
    databases: BTreeMap<String, Vec<Named>>,
    /// The identities of the connections' databases.
    identities: Vec<(String, ConnectionHandle)>,
    /// By global id: the prepared branches and the decision.
    pub(super) transactions: BTreeMap<String, Found>,
    /// The connections with rows in `ar_2pc_name`.
    pub(super) named: Vec<ConnectionHandle>,
    /// The connections that did not answer, and why.
    pub(super) unreachable: Vec<(String, Error)>,
}

/// A connection to a database with a name.
#[derive(Clone, Debug)]
struct Named {
    handle: ConnectionHandle,
    identity: String,
    /// Whether the name is that of this database, and not that of the one from which it was copied.
    is_own: bool,
}

/// The branches and the decision of one transaction.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) branches: Vec<FoundBranch>,
    pub(super) decision: Option<FoundDecision>,
}

/// A decision, and the time since it was written.
#[derive(Debug)]
pub(super) struct FoundDecision {
    pub(super) decision: Decision,
    pub(super) age: Duration,
}

/// A prepared branch.
#[derive(Clone, Debug)]
pub(super) struct FoundBranch {
    /// A connection that can end the branch.
    pub(super) handle: ConnectionHandle,
    pub(super) branch: Branch,
    /// The time since it was prepared. None: the database does not record it.
    pub(super) age: Option<Duration>,
}

/// What one connection answers.
struct Answer {
    handle: ConnectionHandle,
    branches: Vec<(String, FoundBranch)>,
    has_former_names: bool,
    identity: String,
    names: Vec<Name>,
    decisions: Vec<FoundDecision>,
}

impl Scan {
    /// Scans every configured connection, all at the same time. One that does not answer in time is reported, and delays
    /// the scan by the limit at most.
    pub(super) async fn of_all() -> Self {
        let answers = join_all(ConnectionManager::names().into_iter().map(|name| async move {
            let answer = within(ANSWER_TIMEOUT, &name, Answer::of(&name)).await;
            (name, answer)
        }));
        let mut scan = Self::default();
        for (name, answer) in answers.await {
            match answer {
                Ok(answer) => scan.add(answer),
                Err(error) => scan.unreachable.push((name, error)),
            }
        }
        scan
    }

    /// The commit point of this transaction, if it is a configured connection. None also when several databases claim its
    /// name: they are copies of each other, made before a name belonged to an identity.
    pub(super) fn commit_point(&self, gid: &str) -> Option<&ConnectionHandle> {
        let mut own = self.named(gid).iter().filter(|named| named.is_own);
        let first = own.next()?;
        own.all(|other| other.identity == first.identity).then_some(&first.handle)
    }

    /// The connections whose databases have the name of this transaction's commit point, without being it.
    pub(super) fn copies(&self, gid: &str) -> impl Iterator<Item = &ConnectionHandle> {
        let is_known = self.commit_point(gid).is_some();
        self.named(gid).iter().filter(move |named| !(is_known && named.is_own)).map(|named| &named.handle)
    }

    /// A connection to the database with this identity: the one of this name, if it is one of them.
    pub(super) fn by_identity(&self, identity: &str, name: &str) -> Option<&ConnectionHandle> {
        let all = || self.identities.iter().filter(|(known, _)| known == identity).map(|(_, handle)| handle);
        all().find(|handle| handle.name() == name).or_else(|| all().next())
    }

    fn named(&self, gid: &str) -> &[Named] {
        database_of(gid).and_then(|name| self.databases.get(name)).map_or(&[], |named| named)
    }

    /// Whether this connection did not answer.
    pub(super) fn is_unreachable(&self, connection: &str) -> bool {
        self.unreachable.iter().any(|(name, _)| name == connection)
    }

    fn add(&mut self, answer: Answer) {
        for (gid, branch) in answer.branches {
            let branches = &mut self.transactions.entry(gid).or_default().branches;
            // MySQL and MariaDB list the branches of all databases of the server, on each connection to it.
            if branches.iter().all(|known| known.branch != branch.branch) {
                branches.push(branch);
            }
        }
        for found in answer.decisions {
            let gid = found.decision.gid.clone();
            self.transactions.entry(gid).or_default().decision = Some(found);
        }
        for Name { name, is_own } in answer.names {
            let named = Named { handle: answer.handle.clone(), identity: answer.identity.clone(), is_own };
            self.databases.entry(name).or_default().push(named);
        }
        self.identities.push((answer.identity, answer.handle.clone()));
        if answer.has_former_names {
            self.named.push(answer.handle);
        }
    }
}

impl Answer {
    /// Asks a connection. Branches before decisions: a decision that is committed between the two reads is then found.
    async fn of(name: &str) -> Result<Self> {
        let handle = connection(name)?;
        let mut answer = Self {
            handle: handle.clone(),
            branches: Vec::new(),
            has_former_names: false,
            identity: handle.identity().await?,
            names: Vec::new(),
            decisions: Vec::new(),
        };
        if handle.learn().await?.prepared_transactions {
            answer.find_branches().await?;
        }
        answer.find_decisions().await?;
        Ok(answer)
    }

    async fn find_branches(&mut self) -> Result<()> {
        let gids = former_names::gids_by_branch(&self.handle).await?;
        self.has_former_names = !gids.is_empty();
        let prepared = self.handle.prepared().await?;
        let now = if prepared.is_empty() { None } else { Some(self.handle.now().await?) };
        for prepared in prepared {
            let Some(branch) = prepared.branch else { continue };
            let gid = gids.get(&branch.to_string()).cloned().unwrap_or_else(|| branch.gid().to_owned());
            let age = prepared.prepared_at.zip(now).map(|(then, now)| since(then, now));
            self.branches.push((gid, FoundBranch { handle: self.handle.clone(), branch, age }));
        }
        Ok(())
    }

    async fn find_decisions(&mut self) -> Result<()> {
        self.names = find_names(&self.handle, &self.identity).await?;
        // An error of this query must not look like a missing decision.
        if self.names.is_empty() || !exists::<Decision>(&self.handle).await? {
            return Ok(());
        }
        let decisions = Decision::using(self.handle.name()).all().await?;
        let now = if decisions.is_empty() { None } else { Some(self.handle.now().await?) };
        let found = decisions.into_iter().map(|decision| FoundDecision {
            age: now.map(|now| since(decision.created_at, now)).unwrap_or_default(),
            decision,
        });
        self.decisions = found.collect();
        Ok(())
    }
}

/// The time between two readings of one database's clock.
fn since(then: DateTime<Utc>, now: DateTime<Utc>) -> Duration {
    (now - then).to_std().unwrap_or_default()
}
