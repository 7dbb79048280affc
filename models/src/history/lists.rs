//! The lists, as all reads together show them, and the anomalies that one read shows.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::{Anomaly, Element, Key, Kind, Operation, Outcome, Transaction};

/// What the reads of a history show.
#[derive(Debug, Default)]
pub(super) struct Lists {
    /// By element: the transaction that appends it.
    writers: HashMap<(Key, Element), usize>,
    /// The longest read of each list: the order of its elements.
    orders: BTreeMap<Key, Vec<Element>>,
    /// The transactions that are committed: also those of unknown outcome of which an element was read.
    committed: Vec<bool>,
}

/// Adds an anomaly.
struct Found<'f>(&'f mut BTreeSet<Anomaly>);

impl Found<'_> {
    fn add(&mut self, kind: Kind, what: String) {
        self.0.insert(Anomaly { kind, what });
    }
}

impl Lists {
    /// Reads the lists, and adds the anomalies that need no cycle.
    pub(super) fn read(history: &[Transaction], found: &mut BTreeSet<Anomaly>) -> Self {
        let mut found = Found(found);
        let committed = history.iter().map(|one| one.outcome == Outcome::Committed).collect();
        let mut lists = Self { committed, ..Self::default() };
        for (number, transaction) in history.iter().enumerate() {
            for (key, element) in transaction.appends() {
                if lists.writers.insert((key, element), number).is_some() {
                    found.add(Kind::Unexpected, format!("{element} is appended to list {key} twice"));
                }
            }
        }
        for (number, transaction) in history.iter().enumerate().filter(|(_, one)| one.outcome == Outcome::Committed) {
            transaction.check_own(number, &mut found);
            for (key, list) in transaction.reads() {
                lists.note(history, number, key, list, &mut found);
            }
        }
        lists.find_lost(history, &mut found);
        lists
    }

    pub(super) fn writer(&self, key: Key, element: Element) -> Option<usize> {
        self.writers.get(&(key, element)).copied()
    }

    pub(super) fn orders(&self) -> impl Iterator<Item = (Key, &[Element])> {
        self.orders.iter().map(|(key, order)| (*key, &**order))
    }

    pub(super) fn order(&self, key: Key) -> &[Element] {
        self.orders.get(&key).map_or(&[], Vec::as_slice)
    }

    pub(super) fn is_committed(&self, transaction: usize) -> bool {
        self.committed[transaction]
    }

    /// Notes a read of a committed transaction.
    fn note(&mut self, history: &[Transaction], reader: usize, key: Key, list: &[Element], found: &mut Found<'_>) {
        let mut known = HashSet::new();
        for &element in list {
            if !known.insert(element) {
                found.add(
                    Kind::Duplicate,
                    format!("transaction {reader} reads {element} twice in list {key}: {list:?}"),
                );
            }
            match self.writer(key, element) {
                None => found.add(Kind::Unexpected, format!("transaction {reader} reads {element} in list {key}")),
                Some(writer) if history[writer].outcome == Outcome::Aborted => {
                    let what =
                        format!("transaction {reader} reads {element} in list {key}, of {writer}, which aborted");
                    found.add(Kind::G1a, what);
                }
                Some(writer) => self.committed[writer] = true,
            }
        }
        self.check_last(history, reader, key, list, found);
        let order = self.orders.entry(key).or_default();
        let common = order.len().min(list.len());
        if order[..common] != list[..common] {
            found.add(Kind::Fork, format!("list {key} is read as {order:?} and, by {reader}, as {list:?}"));
        } else if list.len() > order.len() {
            *order = list.to_vec();
        }
    }

    /// The last element of a read must be the last append of its transaction to this list.
    fn check_last(&self, history: &[Transaction], reader: usize, key: Key, list: &[Element], found: &mut Found<'_>) {
        let Some((&last, writer)) = list.last().and_then(|last| Some((last, self.writer(key, *last)?))) else { return };
        let final_append = history[writer].appends().filter(|(to, _)| *to == key).last();
        if writer != reader && final_append != Some((key, last)) {
            let what =
                format!("transaction {reader} reads {last} as the last element of list {key}, not all of {writer}");
            found.add(Kind::G1b, what);
        }
    }

    /// Finds committed elements that every later read misses.
    fn find_lost(&self, history: &[Transaction], found: &mut Found<'_>) {
        // By list: the latest beginning of a read.
        let mut reads: HashMap<Key, u64> = HashMap::new();
        for transaction in history.iter().filter(|one| one.outcome == Outcome::Committed) {
            for (key, _) in transaction.reads() {
                let latest = reads.entry(key).or_default();
                *latest = transaction.began.max(*latest);
            }
        }
        let seen: HashSet<_> = self.orders().flat_map(|(key, order)| order.iter().map(move |it| (key, *it))).collect();
        for (number, transaction) in history.iter().enumerate().filter(|(_, one)| one.outcome == Outcome::Committed) {
            for (key, element) in transaction.appends().filter(|append| !seen.contains(append)) {
                let is_read_later =
                    transaction.ended.zip(reads.get(&key)).is_some_and(|(ended, latest)| ended < *latest);
                if is_read_later {
                    found.add(Kind::Lost, format!("{element} of transaction {number} is not in list {key}"));
                }
            }
        }
    }
}

impl Transaction {
    pub(super) fn appends(&self) -> impl Iterator<Item = (Key, Element)> {
        self.operations.iter().filter_map(|operation| match operation {
            Operation::Append(key, element) => Some((*key, *element)),
            Operation::Read(..) => None,
        })
    }

    pub(super) fn reads(&self) -> impl Iterator<Item = (Key, &[Element])> {
        self.operations.iter().filter_map(|operation| match operation {
            Operation::Append(..) => None,
            Operation::Read(key, list) => Some((*key, &**list)),
        })
    }

    /// Checks each read against the operations before it in the same transaction.
    fn check_own(&self, number: usize, found: &mut Found<'_>) {
        // By list: the last read with the later appends, and whether there was a read.
        let mut expected: HashMap<Key, (Vec<Element>, bool)> = HashMap::new();
        for operation in &self.operations {
            match operation {
                Operation::Append(key, element) => expected.entry(*key).or_default().0.push(*element),
                Operation::Read(key, list) => {
                    let (end, is_whole) = expected.entry(*key).or_default();
                    let is_right = if *is_whole { *end == *list } else { list.ends_with(end) };
                    if !is_right {
                        let what =
                            format!("transaction {number} reads list {key} as {list:?}, with {end:?} of its own");
                        found.add(Kind::Internal, what);
                    }
                    (*end, *is_whole) = (list.clone(), true);
                }
            }
        }
    }
}
