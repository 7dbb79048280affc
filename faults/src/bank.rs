//! A bank on several databases. A transfer moves an amount from one database to another, so the sum of all balances is
//! constant.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use activerecord::prelude::*;

/// An account. Its id is the same in every database.
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[table = "accounts"]
pub struct Account {
    /// The primary key.
    pub id: i64,
    /// The balance.
    pub balance: i64,
}

/// The table of [`Account`], in the types of `test_support`.
pub const ACCOUNTS: &str = "accounts (id ID, balance I64 NOT NULL)";

/// Inserts accounts with a balance of 100 each.
///
/// # Errors
/// Those of the database.
pub async fn open(bank: &str, accounts: i64) -> Result<()> {
    let all: Vec<_> = (1..=accounts).map(|id| Account { id, balance: 100 }).collect();
    Account::with_connection(bank, async || Account::bulk_insert(&all).await).await.map(drop)
}

/// Changes the balance of an account by an amount.
///
/// # Errors
/// Those of the database.
pub async fn change(bank: &str, id: i64, by: i64) -> Result<()> {
    Account::using(bank).filter(Account::ID.eq(id)).update((Account::BALANCE.add(by),)).await.map(drop)
}

/// Returns the sum of all balances of one database.
///
/// # Errors
/// Those of the database.
pub async fn sum(bank: &str) -> Result<i64> {
    Ok(Account::using(bank).pluck(Account::BALANCE).await?.into_iter().sum())
}

/// Moves an amount from one database to another with [`two_phase`].
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

/// Makes two transfers in opposite directions, which begin when each pool has one free connection again and both wait for
/// their first one.
///
/// # Errors
/// As [`two_phase`].
pub async fn opposite_transfers(first: &str, second: &str) -> Result<()> {
    // Later calls find everything known, so the first thing that they wait for is a connection.
    transfer(first, second, 1, 0).await?;
    transfer(second, first, 1, 0).await?;
    let held = [Transaction::begin(first).independent().await?, Transaction::begin(second).independent().await?];
    let (mut one, mut other) = (pin!(transfer(first, second, 1, 10)), pin!(transfer(second, first, 1, 10)));
    let is_waiting = poll_fn(|context| {
        Poll::Ready(one.as_mut().poll(context).is_pending() && other.as_mut().poll(context).is_pending())
    });
    assert!(is_waiting.await, "both transfers wait for a connection");
    for transaction in held {
        transaction.rollback().await?;
    }
    let (one, other) = tokio::join!(one, other);
    one.and(other)
}

/// The broken variant of [`transfer`]: two commits, one after the other. After the first one, prints `half` and waits
/// for `pause`.
///
/// # Errors
/// Those of the databases.
pub async fn two_commits(from: &str, to: &str, id: i64, amount: i64, pause: impl Future<Output = ()>) -> Result<()> {
    let (first, second) = (Transaction::begin(from).await?, Transaction::begin(to).await?);
    first.run(async || change(from, id, -amount).await).await?;
    second.run(async || change(to, id, amount).await).await?;
    first.commit().await?;
    println!("half");
    pause.await;
    second.commit().await
}
