//! A checker of recorded histories, by the method for list-append of Elle (K. Kingsbury and P. Alvaro, "Elle: Inferring
//! Isolation Anomalies from Experimental Observations", 2020).
//!
//! Transactions append unique elements to lists, and read whole lists. A list tells the order of the writes to it, so
//! every read shows which transactions happened before it and after it. A history is strictly serializable only if these
//! dependencies, with the order in real time, have no cycle.

mod cycles;
mod dependencies;
mod lists;

use std::collections::BTreeSet;
use std::fmt;

/// The name of a list.
pub type Key = u64;

/// An element of a list. It is appended once in a history.
pub type Element = u64;

/// A recorded transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// What it did, in this order.
    pub operations: Vec<Operation>,
    /// How it ended.
    pub outcome: Outcome,
    /// A time before it began.
    pub began: u64,
    /// A time after it ended. None: it is not known whether and when it ended.
    pub ended: Option<u64>,
}

/// An operation of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Appends an element to a list.
    Append(Key, Element),
    /// Reads a list.
    Read(Key, Vec<Element>),
}

/// The end of a transaction, as its client knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Committed.
    Committed,
    /// Rolled back.
    Aborted,
    /// Its client did not learn the outcome. It is committed if somebody read one of its elements.
    Unknown,
}

/// A violation of strict serializability.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Anomaly {
    /// Its kind.
    pub kind: Kind,
    /// What shows it.
    pub what: String,
}

/// The kind of an anomaly, from A. Adya, "Weak Consistency", 1999, and Elle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// An element is appended twice by the history, or read although nobody appends it. The record is wrong, or the
    /// database invents elements.
    Unexpected,
    /// A list contains an element twice.
    Duplicate,
    /// Of two reads of a list, neither continues the other: an element was lost or moved.
    Fork,
    /// An element is in no read that began after its transaction was committed.
    Lost,
    /// A transaction does not read its own appends, or reads a list that changes under it.
    Internal,
    /// Aborted read: an element of a transaction that was rolled back.
    G1a,
    /// Intermediate read: of the appends of one transaction to a list, only the first ones.
    G1b,
    /// A cycle of writes.
    G0,
    /// A cycle of writes and reads of them.
    G1c,
    /// A cycle with one read that misses a write.
    GSingle,
    /// A cycle with several reads that miss a write.
    G2,
    /// A cycle only with the order in real time: serializable, but not strictly.
    RealTime,
}

impl fmt::Display for Anomaly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.kind, self.what)
    }
}

/// Returns the anomalies of a history. Of the cycles, it returns those of the worst kind: one for each set of transactions
/// that depend on each other.
pub fn check(history: &[Transaction]) -> Vec<Anomaly> {
    let mut found = BTreeSet::new();
    let lists = lists::Lists::read(history, &mut found);
    // Without one order of each list, a cycle would prove nothing.
    if !found.iter().any(|anomaly| matches!(anomaly.kind, Kind::Unexpected | Kind::Duplicate | Kind::Fork)) {
        let dependencies = dependencies::infer(history, &lists);
        found.extend(cycles::find(history.len(), &dependencies));
    }
    found.into_iter().collect()
}
