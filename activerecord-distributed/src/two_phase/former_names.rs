//! Names of branches that earlier versions of this library generated, when the caller had not named the branch at its
//! begin: rows of `ar_2pc_name`. A branch prepared by such a version can still be in doubt.

use std::collections::HashMap;

use activerecord_core::{ActiveRecord, ConnectionHandle, Result, Scalar};
use activerecord_derive::ActiveRecord;
use chrono::{DateTime, TimeDelta, Utc};

use crate::tables::{OwnTable, exists};

/// The caller's `gid` of a branch with a generated name.
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
    if !exists::<BranchName>(handle).await? {
        return Ok(HashMap::new());
    }
    let names = BranchName::using(handle.name()).all().await?;
    Ok(names.into_iter().map(|name| (name.branch, name.gid)).collect())
}

/// Deletes the names of branches that ended more than a day ago.
pub(super) async fn delete_old_names(handle: &ConnectionHandle) -> Result<()> {
    let prepared = handle.prepared().await?;
    let still_prepared: Vec<_> = prepared.into_iter().map(|prepared| prepared.name).collect();
    let old = BranchName::CREATED_AT.lt(handle.now().await? - TimeDelta::days(1));
    BranchName::using(handle.name()).filter(old & BranchName::BRANCH.not_in(still_prepared)).delete().await.map(drop)
}
