//! Two phases by hand.

use std::collections::HashMap;

use activerecord_core::{ActiveRecord, Branch, ConnectionHandle, Prepared, Result, Scalar, Transaction};
use activerecord_derive::ActiveRecord;
use chrono::{DateTime, TimeDelta, Utc};

use crate::clock::about_now;
use crate::store::{Kept, if_there, insert, with_table};

/// Preparing a transaction in the hand.
pub trait Prepare {
    /// Prepares it as a part of the transaction across databases `gid`: up to 64 ASCII letters, digits, `-`, `_` and `.`.
    /// All parts of one have the same id, each on a connection of its own.
    ///
    /// The decision, and ending all parts by it after a crash, is the caller's: [`two_phase`](crate::two_phase()) does all of
    /// that. What is left is among the [`in_doubt`](crate::TwoPhase::in_doubt) ones.
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
    /// As [`Transaction::prepare_as`]; `Configuration` when the id has other characters.
    fn prepare(self, gid: &str) -> impl Future<Output = Result<Prepared>> + Send;
}

impl Prepare for Transaction {
    async fn prepare(self, gid: &str) -> Result<Prepared> {
        let wanted = Branch::new(gid, label(self.connection()))?;
        match self.branch().cloned() {
            None => self.prepare_as(wanted).await,
            Some(branch) if branch == wanted => self.prepare_as(branch).await,
            // The database knows it by another name, which has to be known before it is prepared.
            Some(branch) => {
                let handle = with_table::<Name>(self.connection()).await?;
                let created_at = about_now(&handle).await?;
                let mut name = Name { branch: branch.to_string(), gid: gid.to_owned(), created_at };
                insert(handle.name(), &mut name).await?;
                self.prepare_as(branch).await
            }
        }
    }
}

/// The connection's name, as far as a label can have it.
fn label(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    name.chars().map(plain).take(64).collect()
}

/// What a branch is called by its program, where the database had to name it first: a row of `ar_2pc_name`.
#[derive(ActiveRecord, Clone, Debug)]
#[activerecord(crate = activerecord_core)]
#[table = "ar_2pc_name"]
struct Name {
    #[primary_key]
    branch: String,
    gid: String,
    created_at: DateTime<Utc>,
}

impl Kept for Name {}

/// What programs call branches, by the names that the database has.
pub(super) async fn names(handle: &ConnectionHandle) -> Result<HashMap<String, String>> {
    let names = if_there(Name::using(handle.name()).all().await)?;
    Ok(names.into_iter().flatten().map(|name| (name.branch, name.gid)).collect())
}

/// Forgets the names of branches that ended long ago.
pub(super) async fn forget(handle: &ConnectionHandle) -> Result<()> {
    let prepared = handle.prepared().await?;
    let known: Vec<_> = prepared.into_iter().map(|prepared| prepared.name).collect();
    let old = Name::CREATED_AT.lt(handle.now().await? - TimeDelta::days(1));
    Name::using(handle.name()).filter(old & Name::BRANCH.not_in(known)).delete().await.map(drop)
}
