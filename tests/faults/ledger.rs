//! Compares the results of transactions with the rows in the database.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use activerecord::prelude::*;

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[table = "entries"]
pub(crate) struct Entry {
    #[primary_key]
    pub(crate) id: i64,
}

impl Entry {
    pub(crate) fn new(id: i64) -> Self {
        Self { id }
    }
}

/// The ids of the entries, by the results of their transactions.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) committed: BTreeSet<i64>,
    pub(crate) unknown: BTreeSet<i64>,
    pub(crate) failed: BTreeSet<i64>,
}

impl Ledger {
    /// Writes entries, each in its own transaction, until one fails or `stop` is set.
    pub(crate) async fn write(name: &str, ids: &AtomicI64, stop: &AtomicBool) -> Result<Self> {
        let mut ledger = Self::default();
        while !stop.load(Ordering::Relaxed) {
            let id = ids.fetch_add(1, Ordering::Relaxed);
            let written = with_connection(name, async || {
                // The key is set, so `save` would look for the row first.
                transaction(name, async || Entry { id }.insert().await).await
            });
            match written.await {
                Ok(()) => _ = ledger.committed.insert(id),
                Err(error) if error.is_commit_outcome_unknown() => {
                    ledger.unknown.insert(id);
                    break;
                }
                Err(error) if error.is_connection_lost() => {
                    ledger.failed.insert(id);
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(ledger)
    }

    pub(crate) fn add(&mut self, mut other: Self) {
        self.committed.append(&mut other.committed);
        self.unknown.append(&mut other.unknown);
        self.failed.append(&mut other.failed);
    }

    /// Returns the difference between the results and the rows, if there is one.
    pub(crate) async fn judge(&self, name: &str) -> Result<Option<String>> {
        let stored: BTreeSet<i64> = Entry::using(name).pluck(Entry::ID).await?.into_iter().collect();
        let lost = self.committed.difference(&stored).count();
        let ghosts = self.failed.intersection(&stored).count();
        let wrong =
            format!("{lost} of {} committed entries are lost, {ghosts} failed entries exist", self.committed.len());
        Ok((lost + ghosts > 0).then_some(wrong))
    }
}
