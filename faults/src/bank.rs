//! A bank over several databases: what is taken from one is given to another, and the sum stays.

use activerecord::prelude::*;

/// An account; its number is the same in every database.
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[table = "accounts"]
pub struct Account {
    /// Its number.
    pub id: i64,
    /// What is on it.
    pub balance: i64,
}

/// Its columns, in the words of the harness.
pub const ACCOUNTS: &str = "accounts (id ID, balance I64 NOT NULL)";

/// Opens accounts with 100 each.
///
/// # Errors
/// Whatever the database reports.
pub async fn open(bank: &str, accounts: i64) -> Result<()> {
    let all: Vec<_> = (1..=accounts).map(|id| Account { id, balance: 100 }).collect();
    Account::with_connection(bank, async || Account::bulk_insert(&all).await).await.map(drop)
}

/// Changes what is on an account.
///
/// # Errors
/// Whatever the database reports.
pub async fn change(bank: &str, id: i64, by: i64) -> Result<()> {
    Account::using(bank).filter(Account::ID.eq(id)).update((Account::BALANCE.add(by),)).await.map(drop)
}

/// What is on all accounts.
///
/// # Errors
/// Whatever the database reports.
pub async fn sum(bank: &str) -> Result<i64> {
    Ok(Account::using(bank).pluck(Account::BALANCE).await?.into_iter().sum())
}

/// Moves an amount.
///
/// # Errors
/// As [`two_phase`].
pub async fn transfer(from: &str, to: &str, id: i64, amount: i64) -> Result<()> {
    two_phase([from, to], async || {
        change(from, id, -amount).await?;
        change(to, id, amount).await
    })
    .await
}

/// The broken variant of [`transfer`]: two commits, one after the other. After the first one, prints `half` and waits for `pause`.
///
/// # Errors
/// Those of the databases.
pub async fn two_commits(
    from: &str,
    to: &str,
    id: i64,
    amount: i64,
    pause: impl Future<Output = ()>,
) -> Result<()> {
    let (first, second) = (Transaction::begin(from).await?, Transaction::begin(to).await?);
    first.run(async || change(from, id, -amount).await).await?;
    second.run(async || change(to, id, amount).await).await?;
    first.commit().await?;
    println!("half");
    pause.await;
    second.commit().await
}
