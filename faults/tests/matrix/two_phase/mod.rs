//! Transactions across databases whose coordinators, recoverers, servers and sockets are killed: T1 to T7, T13, T14. The others
//! are in `tests/two_phase`, on every pair of databases.

mod coordinators;
mod cut;
mod servers;
mod storm;

use activerecord::prelude::*;
use faults::bank::{self, ACCOUNTS};

use crate::node::{node, profiles};
use test_support::{Database, Profile};

/// Every pair of which at least one can prepare; the first one decides.
fn pairs() -> Vec<(&'static Profile, &'static Profile)> {
    let all: Vec<_> = profiles().collect();
    let pairs = all.iter().flat_map(|first| all.iter().map(move |second| (*first, *second)));
    // A database that cannot prepare decides, wherever it stands: once is enough.
    pairs.filter(|(first, second)| first.name() != second.name() && second.name() != "sqlite").collect()
}

async fn open(pair: (&'static Profile, &'static Profile), accounts: i64) -> Result<(Database, Database)> {
    let (first, second) = (Database::on(pair.0, &[ACCOUNTS]).await?, Database::on(pair.1, &[ACCOUNTS]).await?);
    bank::open(&first, accounts).await?;
    bank::open(&second, accounts).await?;
    Ok((first, second))
}

async fn recover(banks: &[&Database]) -> Result<String> {
    Ok(node(&["recover"], banks).run().await?.printed)
}

/// How many transactions have prepared branches that this program is to end.
async fn left() -> Result<usize> {
    // Files of earlier tests are gone.
    let all = TwoPhase::survey().await?.in_doubt;
    let ours =
        |one: &&activerecord::InDoubt| one.state != activerecord::InDoubtState::Foreign && !one.branches.is_empty();
    Ok(all.iter().filter(ours).count())
}

/// All or nothing: whether the transfer of 10 took place in both, or in none.
async fn outcome(first: &str, second: &str) -> Result<Option<bool>> {
    Ok(match (bank::sum(first).await?, bank::sum(second).await?) {
        (100, 100) => Some(false),
        (90, 110) => Some(true),
        _ => None,
    })
}
