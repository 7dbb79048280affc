//! Transactions across databases whose coordinator, recovery or server is killed or stopped, or whose connection is
//! cut: T1 to T6, T13 to T21. The other cases are in `tests/two_phase`, for every pair of databases.

mod black_hole;
mod coordinators;
mod copies;
mod cut;
mod force;
mod histories;
mod order;
mod records;
mod servers;
mod storm;
mod wrong_answer;

use activerecord::prelude::*;
use faults::bank::{self, ACCOUNTS};

use crate::node::{is_long, node, profiles};
use test_support::{Database, Profile};

/// Every pair in which at least the second database can prepare. The first one is the commit point.
fn pairs() -> Vec<(&'static Profile, &'static Profile)> {
    let all: Vec<_> = profiles().collect();
    let pairs = all.iter().flat_map(|first| all.iter().map(move |second| (*first, *second)));
    // A database that cannot prepare is always the commit point, so it is only tested as the first one.
    pairs.filter(|(first, second)| first.name() != second.name() && second.name() != "sqlite").collect()
}

/// Pairs in which each database is the commit point once, and each one that can prepare is a participant. A long run has all pairs.
fn some_pairs() -> Vec<(&'static Profile, &'static Profile)> {
    const SOME: [(&str, &str); 4] =
        [("sqlite", "postgres"), ("postgres", "mysql"), ("mariadb", "postgres"), ("mysql", "mariadb")];
    pairs().into_iter().filter(|(first, second)| is_long() || SOME.contains(&(first.name(), second.name()))).collect()
}

/// Creates the databases of a pair, with their accounts.
async fn open(pair: (&'static Profile, &'static Profile), accounts: i64) -> Result<(Database, Database)> {
    let (first, second) = (Database::on(pair.0, &[ACCOUNTS]).await?, Database::on(pair.1, &[ACCOUNTS]).await?);
    bank::open(&first, accounts).await?;
    bank::open(&second, accounts).await?;
    Ok((first, second))
}

/// Recovers in a process, and returns its output.
async fn recover(banks: &[&Database]) -> Result<String> {
    Ok(node(&["recover"], banks).run().await?.printed)
}

/// Counts the transactions with prepared branches that this process can recover.
async fn left() -> Result<usize> {
    // Unreachable databases are ignored: the files of earlier tests are deleted.
    let all = TwoPhase::survey().await?.in_doubt;
    let ours =
        |one: &&activerecord::InDoubt| one.state != activerecord::InDoubtState::Foreign && !one.branches.is_empty();
    Ok(all.iter().filter(ours).count())
}

/// Whether the transfer of 10 happened: in both databases or in none. None: in one of them.
async fn outcome(first: &str, second: &str) -> Result<Option<bool>> {
    Ok(match (bank::sum(first).await?, bank::sum(second).await?) {
        (100, 100) => Some(false),
        (90, 110) => Some(true),
        _ => None,
    })
}
