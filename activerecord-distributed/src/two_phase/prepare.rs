//! Two-phase commit with the caller as the coordinator.

use std::collections::HashMap;

use activerecord_core::{ActiveRecord, Branch, ConnectionHandle, Prepared, Result, Scalar, Transaction};
use activerecord_derive::ActiveRecord;
use chrono::{DateTime, TimeDelta, Utc};

use crate::clock::about_now;
use crate::tables::{OwnTable, if_table_exists, insert, with_table};

/// Prepares an explicit transaction. The caller is the coordinator.
pub trait Prepare {
    /// Prepares the transaction as a branch of the transaction across databases `gid`. All branches have the same
    /// `gid`, each on another connection. A `gid` has up to 64 ASCII letters, digits, `-`, `_` and `.`.
    ///
    /// The caller must record the decision durably and end all branches by it, also after a crash.
    /// [`two_phase`](crate::two_phase()) does all of that. Branches that were not ended are among
    /// [`TwoPhase::in_doubt`](crate::TwoPhase::in_doubt).
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # async fn example(gid: String) -> Result<()> {
    /// let from = Transaction::begin("legacy").await?;
    /// let to = Transaction::begin("modern").await?;
    /// // .. from.run(..), to.run(..)
    /// let from = from.prepare(&gid).await?;
    /// let to = to.prepare(&gid).await?;
    /// from.commit().await?;
    /// to.commit().await
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Transaction::prepare_as`]; `Configuration` when the id is too long or has other characters.
    fn prepare(self, gid: &str) -> impl Future<Output = Result<Prepared>> + Send;
}

impl Prepare for Transaction {
    async fn prepare(self, gid: &str) -> Result<Prepared> {
        let wanted = Branch::new(gid, label(self.connection()))?;
        match self.branch().cloned() {
            None => self.prepare_as(wanted).await,
            Some(branch) if branch == wanted => self.prepare_as(branch).await,
            // The database got another name at BEGIN. The mapping must be committed before PREPARE.
            Some(branch) => {
                let handle = with_table::<BranchName>(self.connection()).await?;
                let created_at = about_now(&handle).await?;
                let mut name = BranchName { branch: branch.to_string(), gid: gid.to_owned(), created_at };
                insert(handle.name(), &mut name).await?;
                self.prepare_as(branch).await
            }
        }
    }
}

/// The connection's name as a label: other characters become `-`, and it is cut at 64 characters.
fn label(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    name.chars().map(plain).take(64).collect()
}

/// The caller's `gid` of a branch that was named before the caller chose the `gid`: a row of `ar_2pc_name`.
#[derive(ActiveRecord, Clone, Debug)]
#[activerecord(crate = activerecord_core)]
#[table = "ar_2pc_name"]
struct BranchName {
    #[primary_key]
    branch: String,
    gid: String,
    created_at: DateTime<Utc>,
}

impl OwnTable for BranchName {}

/// The callers' ids of branches, by the names that the database has.
pub(super) async fn gids_by_branch(handle: &ConnectionHandle) -> Result<HashMap<String, String>> {
    let names = if_table_exists(BranchName::using(handle.name()).all().await)?;
    Ok(names.into_iter().flatten().map(|name| (name.branch, name.gid)).collect())
}

/// Deletes the names of branches that ended more than a day ago.
pub(super) async fn delete_old_names(handle: &ConnectionHandle) -> Result<()> {
    let prepared = handle.prepared().await?;
    let still_prepared: Vec<_> = prepared.into_iter().map(|prepared| prepared.name).collect();
    let old = BranchName::CREATED_AT.lt(handle.now().await? - TimeDelta::days(1));
    BranchName::using(handle.name()).filter(old & BranchName::BRANCH.not_in(still_prepared)).delete().await.map(drop)
}
