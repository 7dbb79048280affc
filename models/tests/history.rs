//! The checker of histories: what it finds in small histories, and in long ones.

use std::collections::BTreeMap;

use models::history::{Element, Key, Kind, Operation, Outcome, Transaction, check};

fn append(key: Key, element: Element) -> Operation {
    Operation::Append(key, element)
}

fn read(key: Key, list: &[Element]) -> Operation {
    Operation::Read(key, list.to_vec())
}

fn transaction(outcome: Outcome, (began, ended): (u64, u64), operations: &[Operation]) -> Transaction {
    Transaction { operations: operations.to_vec(), outcome, began, ended: Some(ended) }
}

/// Transactions that are all concurrent.
fn concurrent(all: &[&[Operation]]) -> Vec<Transaction> {
    all.iter().map(|operations| transaction(Outcome::Committed, (0, 9), operations)).collect()
}

/// Transactions one after the other.
fn serial(all: &[&[Operation]]) -> Vec<Transaction> {
    let times = (0_u64..).step_by(10);
    all.iter()
        .zip(times)
        .map(|(operations, time)| transaction(Outcome::Committed, (time, time + 5), operations))
        .collect()
}

/// A concurrent history whose first transaction has another outcome.
fn first(outcome: Outcome, all: &[&[Operation]]) -> Vec<Transaction> {
    let mut history = concurrent(all);
    history[0].outcome = outcome;
    history
}

fn kinds(history: &[Transaction]) -> Vec<Kind> {
    let mut kinds: Vec<_> = check(history).into_iter().map(|anomaly| anomaly.kind).collect();
    kinds.dedup();
    kinds
}

const X: Key = 1;
const Y: Key = 2;

#[test]
fn healthy_histories_have_no_anomaly() {
    let reads_itself: &[Operation] = &[append(X, 2), read(X, &[1, 2]), append(X, 3), read(X, &[1, 2, 3])];
    let unknown = [append(X, 1), append(Y, 1)];
    for (name, history) in [
        ("nothing", Vec::new()),
        ("one after the other", serial(&[&[append(X, 1)], &[read(X, &[1]), append(X, 2)], &[read(X, &[1, 2])]])),
        ("concurrent, before", concurrent(&[&[append(X, 1)], &[read(X, &[])]])),
        ("concurrent, after", concurrent(&[&[append(X, 1)], &[read(X, &[1])]])),
        ("it reads its own appends", concurrent(&[&[append(X, 1)], reads_itself])),
        ("nobody reads", concurrent(&[&[append(X, 1), append(Y, 1)], &[append(Y, 2), append(X, 2)]])),
        ("unknown, and not seen", first(Outcome::Unknown, &[&unknown, &[read(X, &[]), read(Y, &[])]])),
        ("unknown, and seen", first(Outcome::Unknown, &[&unknown, &[read(X, &[1]), read(Y, &[1])]])),
        ("aborted, and not seen", first(Outcome::Aborted, &[&unknown, &[read(X, &[])]])),
    ] {
        assert_eq!(check(&history), [], "{name}");
    }
}

#[test]
fn each_anomaly_of_one_read_is_found() {
    let two = [append(X, 1), append(X, 2)];
    for (name, history, expected) in [
        ("an element of nobody", concurrent(&[&[read(X, &[1])]]), Kind::Unexpected),
        ("appended twice", concurrent(&[&[append(X, 1)], &[append(X, 1)]]), Kind::Unexpected),
        ("an element twice", concurrent(&[&[append(X, 1)], &[read(X, &[1, 1])]]), Kind::Duplicate),
        ("two orders", concurrent(&[&two, &[read(X, &[1, 2])], &[read(X, &[2, 1])]]), Kind::Fork),
        (
            "an overwritten element",
            concurrent(&[&two, &[append(X, 3)], &[read(X, &[1, 2])], &[read(X, &[3])]]),
            Kind::Fork,
        ),
        ("not its own append", concurrent(&[&[append(X, 1), read(X, &[])]]), Kind::Internal),
        ("it changes within", concurrent(&[&[append(X, 1)], &[read(X, &[]), read(X, &[1])]]), Kind::Internal),
        ("aborted", first(Outcome::Aborted, &[&[append(X, 1)], &[read(X, &[1])]]), Kind::G1a),
        ("intermediate", concurrent(&[&two, &[read(X, &[1])]]), Kind::G1b),
    ] {
        assert!(kinds(&history).contains(&expected), "{name}: {:?}", check(&history));
    }
}

#[test]
fn each_class_of_cycles_is_found() {
    // The third transaction shows the order of the lists.
    let crossed = concurrent(&[
        &[append(X, 1), append(Y, 1)],
        &[append(X, 2), append(Y, 2)],
        &[read(X, &[1, 2]), read(Y, &[2, 1])],
    ]);
    let circular = concurrent(&[&[append(X, 1), read(Y, &[1])], &[append(Y, 1), read(X, &[1])]]);
    let lost_update = concurrent(&[&[read(X, &[]), append(X, 1)], &[read(X, &[]), append(X, 2)], &[read(X, &[1, 2])]]);
    let half = concurrent(&[&[append(X, 1), append(Y, 1)], &[read(X, &[1]), read(Y, &[])], &[read(Y, &[1])]]);
    let write_skew =
        concurrent(&[&[read(X, &[]), append(Y, 1)], &[read(Y, &[]), append(X, 1)], &[read(X, &[1]), read(Y, &[1])]]);
    let stale = serial(&[&[append(X, 1)], &[read(X, &[])], &[read(X, &[1])]]);
    for (name, history, expected) in [
        ("two lists in different orders", crossed, Kind::G0),
        ("each reads the other", circular, Kind::G1c),
        ("a lost update", lost_update, Kind::GSingle),
        ("one of two databases", half, Kind::GSingle),
        ("write skew", write_skew, Kind::G2),
        ("a read of the past", stale, Kind::RealTime),
    ] {
        assert_eq!(kinds(&history), [expected], "{name}: {:?}", check(&history));
    }
}

/// An element that nobody reads is after all that were read, so a later read without it is a cycle in real time, too.
#[test]
fn a_lost_append_is_found() {
    let history = serial(&[&[append(X, 1)], &[append(X, 2)], &[read(X, &[1])]]);
    assert_eq!(kinds(&history), [Kind::Lost, Kind::RealTime]);
}

#[test]
fn a_cycle_names_its_transactions() {
    let history = serial(&[&[append(X, 1)], &[read(X, &[])], &[read(X, &[1])]]);
    let found: Vec<_> = check(&history).iter().map(ToString::to_string).collect();
    assert_eq!(found, ["RealTime: 1 -ReadWrite-> 0 -RealTime-> 1"]);
}

/// Numbers that look random and are the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// Each transaction reads two lists and appends to them. Each transaction takes effect at one time. With
/// `stale`, the reads of each hundredth transaction are as old as this number of transactions.
fn long(numbers: &mut Numbers, stale: usize) -> Vec<Transaction> {
    let mut versions = vec![BTreeMap::<Key, Vec<Element>>::new()];
    let mut history = Vec::new();
    for number in 0_u64..1_000 {
        let is_stale = number % 100 == 99;
        let now = versions[versions.len() - 1].clone();
        let seen = if is_stale { versions[versions.len() - 1 - stale].clone() } else { now.clone() };
        let (first, second) = (numbers.below(6), numbers.below(6));
        let mut next = now;
        let mut operations = Vec::new();
        for key in [first, second] {
            if operations.is_empty() || first != second {
                operations.push(Operation::Read(key, seen.get(&key).cloned().unwrap_or_default()));
                operations.push(Operation::Append(key, number));
                next.entry(key).or_default().push(number);
            }
        }
        versions.push(next);
        // The times of some transactions overlap.
        let time = number * 10;
        history.push(transaction(
            Outcome::Committed,
            (time.saturating_sub(numbers.below(40)), time + numbers.below(40)),
            &operations,
        ));
    }
    history
}

#[test]
fn long_histories_are_checked() {
    let mut numbers = Numbers(1);
    assert_eq!(check(&long(&mut numbers, 0)), []);
    assert!(kinds(&long(&mut numbers, 20)).contains(&Kind::GSingle));
}
