//! The dependencies between transactions.

use std::collections::BTreeSet;

use super::lists::Lists;
use super::{Element, Key, Outcome, Transaction};

/// A dependency: `to` comes after `from`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Dependency {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) kind: Kind,
}

/// Why a transaction comes after another one. The order is that of the classes of cycles: a cycle of the first kinds is
/// the worse one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// It appends the next element.
    WriteWrite,
    /// It reads the element.
    WriteRead,
    /// It appends the element that the other one has not read.
    ReadWrite,
    /// It began after the other one had ended.
    RealTime,
}

/// Returns the dependencies between committed transactions.
pub(super) fn infer(history: &[Transaction], lists: &Lists) -> BTreeSet<Dependency> {
    let mut all = BTreeSet::new();
    let mut add = |from: Option<usize>, to: Option<usize>, kind| {
        if let (Some(from), Some(to)) = (from, to)
            && from != to
            && lists.is_committed(from)
            && lists.is_committed(to)
        {
            all.insert(Dependency { from, to, kind });
        }
    };
    for (key, order) in lists.orders() {
        for two in order.windows(2) {
            add(lists.writer(key, two[0]), lists.writer(key, two[1]), Kind::WriteWrite);
        }
    }
    let unread = unread(history, lists);
    for (number, transaction) in history.iter().enumerate().filter(|(_, one)| one.outcome == Outcome::Committed) {
        for (key, list) in transaction.reads() {
            // Of its own appends nobody else is the writer.
            let others = list.iter().rev().map(|element| lists.writer(key, *element));
            add(others.flatten().find(|writer| *writer != number), Some(number), Kind::WriteRead);
            match lists.order(key).get(list.len()) {
                Some(next) => add(Some(number), lists.writer(key, *next), Kind::ReadWrite),
                None => {
                    for (_, writer) in unread.iter().filter(|((to, _), _)| *to == key) {
                        add(Some(number), Some(*writer), Kind::ReadWrite);
                    }
                }
            }
        }
    }
    add_real_time(history, lists, &mut all);
    all
}

/// Returns the committed elements that nobody has read. They come after all that were read.
fn unread(history: &[Transaction], lists: &Lists) -> Vec<((Key, Element), usize)> {
    let read: BTreeSet<_> = lists.orders().flat_map(|(key, order)| order.iter().map(move |it| (key, *it))).collect();
    let committed = history.iter().enumerate().filter(|(_, one)| one.outcome == Outcome::Committed);
    let appends = committed.flat_map(|(number, one)| one.appends().map(move |append| (append, number)));
    appends.filter(|(append, _)| !read.contains(append)).collect()
}

/// Adds the order in real time. A transaction depends on those that ended before it began, except for those that ended
/// before one of them began: that follows from the rest.
fn add_real_time(history: &[Transaction], lists: &Lists, all: &mut BTreeSet<Dependency>) {
    let committed = history.iter().enumerate().filter(|(number, _)| lists.is_committed(*number));
    // At the same time, a beginning comes first: then the two are concurrent.
    let mut events: Vec<_> = committed
        .flat_map(|(number, one)| [Some((one.began, false, number)), one.known_end().map(|end| (end, true, number))])
        .flatten()
        .collect();
    events.sort_unstable();
    let mut latest: Vec<usize> = Vec::new();
    for (_, is_end, number) in events {
        if is_end {
            latest.retain(|earlier| history[*earlier].ended.is_none_or(|ended| ended >= history[number].began));
            latest.push(number);
        } else {
            all.extend(latest.iter().map(|from| Dependency { from: *from, to: number, kind: Kind::RealTime }));
        }
    }
}

impl Transaction {
    /// The time before which it was committed. A client that did not learn the outcome has no such time.
    fn known_end(&self) -> Option<u64> {
        self.ended.filter(|_| self.outcome == Outcome::Committed)
    }
}
