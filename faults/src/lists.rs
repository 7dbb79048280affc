//! Lists on several databases. A transaction reads one list of each database, and appends its own number to them. The
//! processes print what they do, so that a test can check the history.

use std::time::{SystemTime, UNIX_EPOCH};

use activerecord::prelude::*;

/// A list.
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[table = "lists"]
pub struct List {
    /// The primary key.
    pub id: i64,
    /// The elements, with a comma after each.
    pub elements: String,
}

/// The table of [`List`], in the types of `test_support`.
pub const LISTS: &str = "lists (id ID, elements TEXT NOT NULL)";

/// The number of lists of each database.
pub const COUNT: i64 = 3;

/// The number of concurrent tasks of a process.
const TASKS: u64 = 4;

/// The numbers of a task are below that of the next task.
const NUMBERS: u64 = 1_000_000;

/// Inserts empty lists.
///
/// # Errors
/// Those of the database.
pub async fn open(bank: &str) -> Result<()> {
    let all: Vec<_> = (1..=COUNT).map(|id| List { id, elements: String::new() }).collect();
    List::with_connection(bank, async || List::bulk_insert(&all).await).await.map(drop)
}

/// Appends to random lists until the process is killed. With `compares`, an append fails if the list has changed since it
/// was read. The broken variant overwrites the list.
///
/// # Errors
/// If a task panics.
pub async fn append(banks: &[String], process: u64, compares: bool) -> Result<()> {
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..TASKS {
        let (banks, first) = (banks.to_vec(), (process * TASKS + task) * NUMBERS);
        tasks.spawn(async move {
            for number in first..first + NUMBERS {
                transaction(&banks, number, compares).await;
            }
        });
    }
    tasks.join_all().await;
    Ok(())
}

/// Runs one transaction, and prints it. The dot shows that a line of a killed process is complete.
async fn transaction(banks: &[String], number: u64, compares: bool) {
    let ids: Vec<i64> = banks.iter().map(|_| fastrand::i64(1..=COUNT)).collect();
    println!("begin {number} {} {ids:?} .", now());
    let done = two_phase(banks.iter().map(String::as_str), async || {
        let mut lists = Vec::new();
        for (bank, id) in banks.iter().zip(&ids) {
            lists.push(List::using(bank).filter(List::ID.eq(*id)).one().await?);
        }
        for (bank, list) in banks.iter().zip(&lists) {
            set(bank, list, number, compares).await?;
        }
        Ok(lists)
    })
    .await;
    match done {
        Ok(lists) => {
            let read: Vec<_> = lists.into_iter().map(|list| list.elements).collect();
            println!("commit {number} {} {read:?} .", now());
        }
        // The outcome is unknown, or a hook failed after the commit.
        Err(error) if error.is_commit_outcome_unknown() || error.is_after_commit() => {}
        Err(_) => println!("abort {number} {} .", now()),
    }
}

async fn set(bank: &str, list: &List, number: u64, compares: bool) -> Result<()> {
    let same = List::using(bank).filter(List::ID.eq(list.id));
    let same = if compares { same.filter(List::ELEMENTS.eq(&list.elements)) } else { same };
    match same.update((List::ELEMENTS.set(format!("{}{number},", list.elements)),)).await? {
        1 => Ok(()),
        _ => Err(Error::invalid("another transaction has appended to the list")),
    }
}

/// The time, for all processes of this machine.
#[must_use]
pub fn now() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos())
}
