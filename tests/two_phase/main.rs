//! Transactions across databases, on every pair of databases. The names (T7, ..) are those of the fault matrix. Its
//! cases that kill processes and servers are in `faults/`.

mod black_hole;
mod by_hand;
mod files;
mod former;
mod in_doubt;
mod outcomes;
mod refused;
mod topologies;

use activerecord::InDoubtState;
use activerecord::prelude::*;
use test_support::until;
use test_support::{Database, Profile};
use tokio::sync::Mutex;

/// MySQL and MariaDB list the prepared branches of the whole server, so the tests run one at a time.
static ALONE: Mutex<()> = Mutex::const_new(());

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Account {
    id: i64,
    balance: i64,
}

const ACCOUNTS: &str = "accounts (id ID, balance I64 NOT NULL CHECK (balance >= 0))";

/// Creates a database with one account of 100.
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

/// Returns whether the database can prepare transactions.
async fn prepares(bank: &str) -> Result<bool> {
    Ok(connection(bank)?.learn().await?.prepared_transactions)
}

/// Creates a bank on each database that can prepare.
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

/// Counts the transactions of these tests that have a prepared branch.
async fn left() -> Result<usize> {
    let all = TwoPhase::in_doubt().await?;
    Ok(all.iter().filter(|one| one.state != InDoubtState::Foreign && !one.branches.is_empty()).count())
}

/// Waits for the rollback of branches in doubt, which runs in the background after a refusal.
async fn until_none_is_left() -> Result<()> {
    until("no branch is prepared", async || Ok(left().await? == 0)).await
}

/// Returns whether a branch of this transaction is prepared.
async fn is_left(gid: &str) -> Result<bool> {
    Ok(TwoPhase::in_doubt().await?.iter().any(|one| one.gid == gid && !one.branches.is_empty()))
}
