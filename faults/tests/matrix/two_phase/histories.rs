//! T21. The history of transactions that append to lists of two databases is strictly serializable, although their
//! processes are killed while others recover.

use std::collections::BTreeMap;
use std::time::Duration;

use activerecord::prelude::*;
use faults::lists::{self, LISTS, List};
use models::history::{self, Anomaly, Kind, Operation, Outcome, Transaction as Recorded};
use rustix::process::Signal;
use test_support::{Database, Profile, until};

use super::{left, recover};
use crate::node::{ALONE, is_long, node, profiles};

/// A list has this key: the number of its database, and its id.
fn key(bank: usize, id: i64) -> Result<history::Key> {
    Ok(u64::try_from(bank).map_err(Error::custom)? * 100 + u64::try_from(id).map_err(Error::custom)?)
}

/// Returns the numbers of a text: `1, 2` or `1,2,`.
fn numbers<N: std::str::FromStr<Err: std::error::Error + Send + Sync + 'static>>(text: &str) -> Result<Vec<N>> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| part.parse().map_err(Error::custom)).collect()
}

/// The history, by the numbers of the transactions.
#[derive(Default)]
struct History(BTreeMap<u64, Recorded>);

impl History {
    /// Adds the lines of one process. A line without its end was cut when the process was killed.
    fn add(&mut self, printed: &str) -> Result<()> {
        for line in printed.lines().filter_map(|line| line.strip_suffix(" .")) {
            let mut words = line.splitn(4, ' ');
            let mut word = || words.next().unwrap_or_default();
            let (what, number, time, rest) = (word(), word(), word(), word());
            let number: u64 = number.parse().map_err(Error::custom)?;
            let time: u64 = time.parse().map_err(Error::custom)?;
            match what {
                "begin" => self.begin(number, time, rest)?,
                "commit" => self.end(number, time, Outcome::Committed, rest)?,
                _ => self.end(number, time, Outcome::Aborted, rest)?,
            }
        }
        Ok(())
    }

    fn begin(&mut self, number: u64, began: u64, ids: &str) -> Result<()> {
        let ids: Vec<i64> = numbers(ids.trim_matches(['[', ']']))?;
        let appends = ids.into_iter().enumerate().map(|(bank, id)| Ok(Operation::Append(key(bank, id)?, number)));
        let operations = appends.collect::<Result<_>>()?;
        self.0.insert(number, Recorded { operations, outcome: Outcome::Unknown, began, ended: None });
        Ok(())
    }

    fn end(&mut self, number: u64, ended: u64, outcome: Outcome, lists: &str) -> Result<()> {
        let unknown = || Error::invalid(format!("transaction {number} has not begun"));
        let recorded = self.0.get_mut(&number).ok_or_else(unknown)?;
        (recorded.outcome, recorded.ended) = (outcome, Some(ended));
        let lists = lists.split('"').skip(1).step_by(2).map(numbers).collect::<Result<Vec<Vec<u64>>>>()?;
        let appends = recorded.operations.clone();
        let reads = appends.iter().zip(lists).filter_map(|(append, list)| match append {
            Operation::Append(key, _) => Some(Operation::Read(*key, list)),
            Operation::Read(..) => None,
        });
        // It reads both lists before it appends to the first one.
        recorded.operations = reads.chain(appends.clone()).collect();
        Ok(())
    }

    /// Adds one transaction that reads everything, after all others.
    async fn read_all(&mut self, banks: &[Database]) -> Result<()> {
        let began = time()?;
        let mut operations = Vec::new();
        for (bank, database) in banks.iter().enumerate() {
            for list in List::using(database).order_by(List::ID.asc()).all().await? {
                operations.push(Operation::Read(key(bank, list.id)?, numbers(&list.elements)?));
            }
        }
        let last = Recorded { operations, outcome: Outcome::Committed, began, ended: Some(time()?) };
        self.0.insert(u64::MAX, last);
        Ok(())
    }

    fn count(&self, outcome: Outcome) -> usize {
        self.0.values().filter(|recorded| recorded.outcome == outcome).count()
    }
}

fn time() -> Result<u64> {
    u64::try_from(lists::now()).map_err(Error::custom)
}

/// Runs processes that append, kills them at random while another process recovers, and returns what they recorded.
async fn record(profile: &'static Profile, how: &str) -> Result<History> {
    let banks = [Database::on(profile, &[LISTS]).await?, Database::on(profile, &[LISTS]).await?];
    for bank in &banks {
        lists::open(bank).await?;
    }
    let places: Vec<&Database> = banks.iter().collect();
    let start = |process: u64| node(&["append", how, &process.to_string()], &places).start();
    let recoverer = node(&["recover until killed"], &places).start()?;
    let mut running = vec![start(0)?, start(1)?];
    let mut history = History::default();
    let least = if is_long() { 1_000 } else { 60 };
    // A slow machine commits few transactions in this time, so it gets more time.
    for process in 2..200 {
        if process > 7 && history.count(Outcome::Committed) >= least {
            break;
        }
        let victim = fastrand::usize(0..running.len());
        running[victim].until_printed("commit").await?;
        tokio::time::sleep(Duration::from_millis(fastrand::u64(100..900))).await;
        let victim = std::mem::replace(&mut running[victim], start(process)?);
        victim.signal(Signal::KILL)?;
        history.add(&victim.end().await?.printed)?;
    }
    for node in running.into_iter().chain([recoverer]) {
        node.signal(Signal::KILL)?;
        history.add(&node.end().await?.printed)?;
    }
    // A server may prepare a branch after its coordinator was killed, and after the first recovery.
    until("no branch is left", async || {
        recover(&places).await?;
        Ok(left().await? == 0)
    })
    .await?;
    history.read_all(&banks).await?;
    Ok(history)
}

/// Records a history, and returns its anomalies.
async fn check(profile: &'static Profile, how: &str) -> Result<Vec<Anomaly>> {
    let history = record(profile, how).await?;
    let [committed, aborted, unknown] =
        [Outcome::Committed, Outcome::Aborted, Outcome::Unknown].map(|outcome| history.count(outcome));
    println!("{how} on {}: {committed} committed, {aborted} aborted, {unknown} unknown", profile.name());
    assert!(committed > 60 && unknown > 0, "the history shows too little");
    Ok(history::check(&history.0.into_values().collect::<Vec<_>>()))
}

/// The server of the histories: the first one that can prepare.
fn server() -> Result<&'static Profile> {
    profiles().find(|profile| profile.name() != "sqlite").ok_or_else(|| Error::invalid("no server is included"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t21_histories_are_strictly_serializable() -> Result<()> {
    let _alone = ALONE.lock().await;
    assert_eq!(check(server()?, "compare and set").await?, []);
    Ok(())
}

/// The broken variant of T21: an append overwrites what others have appended since it read the list.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t21_without_compare_and_set_elements_are_lost() -> Result<()> {
    let _alone = ALONE.lock().await;
    let found = check(server()?, "set").await?;
    assert!(found.iter().any(|anomaly| anomaly.kind == Kind::Fork), "{found:?}");
    Ok(())
}
