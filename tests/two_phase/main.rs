//! Transactions across databases, on every pair of the databases there are. The letters are those of the fault matrix, whose
//! other half, with processes and servers that are killed, is in `faults/`.

mod by_hand;
mod files;
mod in_doubt;
mod outcomes;
mod refused;

use activerecord::InDoubtState;
use activerecord::prelude::*;
use test_support::until;
use test_support::{Database, Profile};
use tokio::sync::Mutex;

/// MySQL and MariaDB show what is prepared on the whole server: the tests take turns.
static ALONE: Mutex<()> = Mutex::const_new(());

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Account {
    id: i64,
    balance: i64,
}

const ACCOUNTS: &str = "accounts (id ID, balance I64 NOT NULL CHECK (balance >= 0))";

/// A bank with one account of 100.
async fn bank(profile: &'static Profile) -> Result<Database> {
    let bank = Database::on(profile, &[ACCOUNTS]).await?;
    Account::with_connection(&bank, async || Account { id: 0, balance: 100 }.insert().await).await?;
    Ok(bank)
}

async fn change(bank: &str, by: i64) -> Result<()> {
    Account::with_connection(bank, async || {
        let mut account = Account::find(1).await?;
        account.balance += by;
        account.update().await
    })
    .await
}

async fn balance(bank: &str) -> Result<i64> {
    Account::with_connection(bank, async || Ok(Account::find(1).await?.balance)).await
}

async fn transfer(from: &str, to: &str, amount: i64) -> Result<()> {
    two_phase([from, to], async || {
        change(from, -amount).await?;
        change(to, amount).await
    })
    .await
}

/// Whether its transactions can be prepared.
async fn prepares(bank: &str) -> Result<bool> {
    Ok(connection(bank)?.learn().await?.prepared_transactions)
}

/// The databases that prepare.
async fn preparing() -> Result<Vec<Database>> {
    let mut banks = Vec::new();
    for profile in Profile::all() {
        let bank = bank(profile).await?;
        if prepares(&bank).await? {
            banks.push(bank);
        }
    }
    Ok(banks)
}

/// How many transactions of these tests have a branch that is prepared.
async fn left() -> Result<usize> {
    let all = TwoPhase::in_doubt().await?;
    Ok(all.iter().filter(|one| one.state != InDoubtState::Foreign && !one.branches.is_empty()).count())
}

/// What a refusal has left in doubt is rolled back in the background.
async fn until_none_is_left() -> Result<()> {
    until("nothing is left", async || Ok(left().await? == 0)).await
}

/// Whether a branch of this one is prepared.
async fn is_left(gid: &str) -> Result<bool> {
    Ok(TwoPhase::in_doubt().await?.iter().any(|one| one.gid == gid && !one.branches.is_empty()))
}
