//! What a program was told about its transactions, against what is there.

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

/// The ids of the entries, by what their transactions answered.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) committed: BTreeSet<i64>,
    pub(crate) unknown: BTreeSet<i64>,
    pub(crate) failed: BTreeSet<i64>,
}

impl Ledger {
    /// Writes entries, each in a transaction of its own, until one fails or it is told to stop.
    pub(crate) async fn write(name: &str, ids: &AtomicI64, stop: &AtomicBool) -> Result<Self> {
        let mut ledger = Self::default();
        while !stop.load(Ordering::Relaxed) {
            let id = ids.fetch_add(1, Ordering::Relaxed);
            let written = with_connection(name, async || {
                // The key is given, so `save` would look for the row first.
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

    /// What is wrong with what is there, if anything.
    pub(crate) async fn judge(&self, name: &str) -> Result<Option<String>> {
        let there: BTreeSet<i64> = Entry::using(name).pluck(Entry::ID).await?.into_iter().collect();
        let lost = self.committed.difference(&there).count();
        let ghosts = self.failed.intersection(&there).count();
        let wrong =
            format!("{lost} of {} committed entries are lost, {ghosts} failed ones are there", self.committed.len());
        Ok((lost + ghosts > 0).then_some(wrong))
    }
}
