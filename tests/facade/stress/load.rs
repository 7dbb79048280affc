//! Mixed reads, writes and transactions: no error, no lost write, and nobody sees half a transaction.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use activerecord::prelude::*;
use tokio::task::JoinSet;

use test_support::{DatabaseFile, Outside, TIME_LIMIT, patient_pool};

const TASKS: i64 = 32;
const COUNTERS: i64 = 8;
const ACCOUNTS: i64 = 10;
/// The sum of all accounts.
const TOTAL: i64 = ACCOUNTS * 1000;

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[table = "counters"]
struct Counter {
    id: i64,
    value: i64,
    #[version]
    version: i64,
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[table = "accounts"]
struct Account {
    id: i64,
    balance: i64,
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[table = "notes"]
struct Note {
    id: i64,
    task: i64,
}

/// One of the tasks, and its work so far.
struct Load {
    task: i64,
    random: fastrand::Rng,
    /// The sum that it has added to the counters.
    added: i64,
    /// The number of its notes in the table.
    notes: u64,
}

impl Load {
    fn new(task: i64) -> Self {
        Self { task, random: fastrand::Rng::with_seed(task.unsigned_abs()), added: 0, notes: 0 }
    }

    async fn run(mut self, name: &str, until: Instant) -> Result<Self> {
        with_connection(name, async || {
            while Instant::now() < until {
                match self.random.u8(0..9) {
                    0 => self.add_in_one_statement().await?,
                    1 => self.add_in_a_transaction(name).await?,
                    2 => self.add_by_optimistic_lock().await?,
                    3 | 4 => self.transfer(name).await?,
                    5 => self.transfer_half(name).await?,
                    6 => self.notes().await?,
                    7 => self.read_in_a_transaction(name).await?,
                    _ => self.read().await?,
                }
            }
            Ok(self)
        })
        .await
    }

    fn counter(&mut self) -> i64 {
        self.random.i64(1..=COUNTERS)
    }

    async fn add_in_one_statement(&mut self) -> Result<()> {
        let counter = Counter::filter(Counter::ID.eq(self.counter()));
        assert_eq!(counter.update((Counter::VALUE.add(1),)).await?, 1);
        self.added += 1;
        Ok(())
    }

    async fn add_in_a_transaction(&mut self, name: &str) -> Result<()> {
        let id = self.counter();
        transaction(name, async || {
            let mut counter = Counter::find(id).await?;
            counter.value += 1;
            let undone = transaction(name, async || {
                Counter::filter(Counter::ID.eq(id)).update((Counter::VALUE.set(0),)).await?;
                Err::<(), _>(Error::invalid("undo"))
            });
            assert!(undone.await.is_err_and(|error| error.is_invalid()));
            counter.save().await
        })
        .await?;
        self.added += 1;
        Ok(())
    }

    async fn add_by_optimistic_lock(&mut self) -> Result<()> {
        let mut counter = Counter::find(self.counter()).await?;
        loop {
            counter.value += 1;
            match counter.update().await {
                Err(error) if error.is_stale() => counter.reload().await?,
                updated => break updated?,
            }
        }
        self.added += 1;
        Ok(())
    }

    async fn transfer(&mut self, name: &str) -> Result<()> {
        let (from, to) = (self.random.i64(1..=ACCOUNTS), self.random.i64(1..=ACCOUNTS));
        let tx = Transaction::begin(name).await?;
        tx.run(async || {
            let mut from = Account::find(from).await?;
            from.update_columns((Account::BALANCE.sub(7),)).await?;
            let mut to = Account::find(to).await?;
            to.balance += 7;
            to.save().await
        })
        .await?;
        tx.commit().await
    }

    /// Takes from one account, then rolls back.
    async fn transfer_half(&mut self, name: &str) -> Result<()> {
        let account = Account::filter(Account::ID.eq(self.random.i64(1..=ACCOUNTS)));
        let tx = Transaction::begin(name).await?;
        account.on(&tx).update((Account::BALANCE.sub(100),)).await?;
        if self.random.bool() {
            return tx.rollback().await;
        }
        drop(tx);
        Ok(())
    }

    async fn notes(&mut self) -> Result<()> {
        let task = self.task;
        let notes: Vec<_> = (0..self.random.i64(1..50)).map(|_| Note { task, ..Note::default() }).collect();
        self.notes += Note::bulk_insert(&notes).await?;
        let mine = || Note::filter(Note::TASK.eq(task));
        let oldest = mine().limit(10).pluck(Note::ID).await?;
        self.notes -= mine().filter(Note::ID.is_in(oldest)).delete().await?;
        assert_eq!(mine().count().await?, self.notes, "a task sees its own writes");
        Ok(())
    }

    /// A transaction sees one state, whatever other transactions commit meanwhile.
    async fn read_in_a_transaction(&mut self, name: &str) -> Result<()> {
        Transaction::begin(name)
            .read_only()
            .run(async || {
                let first = Account::query().order_by(Account::ID.asc()).all().await?;
                tokio::task::yield_now().await;
                let second = Account::query().order_by(Account::ID.asc()).all().await?;
                assert_eq!(first, second);
                Ok(())
            })
            .await
    }

    /// One statement sees no half of a transfer.
    async fn read(&mut self) -> Result<()> {
        assert_eq!(Account::query().sum(Account::BALANCE).await?, TOTAL);
        let mut sum = 0;
        let mut rows = Account::query().stream();
        while let Some(account) = rows.next().await? {
            sum += account.balance;
        }
        assert_eq!(sum, TOTAL);
        let mut batches = Note::query().batch(500);
        while let ControlFlow::Continue(notes) =
            batches.next().await?.map_or(ControlFlow::Break(()), ControlFlow::Continue)
        {
            assert!(notes.is_sorted_by_key(|note| note.id));
        }
        Ok(())
    }
}

fn duration() -> Duration {
    let seconds = std::env::var("ACTIVERECORD_STRESS_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(seconds.unwrap_or(5))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn mixed_load() -> Result<()> {
    let db = DatabaseFile::new([
        "counters (id INTEGER PRIMARY KEY, value INTEGER NOT NULL, version INTEGER NOT NULL)",
        "accounts (id INTEGER PRIMARY KEY, balance INTEGER NOT NULL)",
        "notes (id INTEGER PRIMARY KEY, task INTEGER NOT NULL)",
    ])
    .await;
    // Two connections to one file, as two parts of a program can have. Only a hang reaches the limits.
    let names = ["load by one name", "load by another"];
    for name in names {
        let url = format!("{}&synchronous=normal", db.url());
        ConnectionManager::configure(name, Config::url(url)?.pool(patient_pool(6)))?;
    }
    with_connection(&db, async || {
        Counter::bulk_insert(&(1..=COUNTERS).map(|id| Counter { id, ..Counter::default() }).collect::<Vec<_>>())
            .await?;
        Account::bulk_insert(&(1..=ACCOUNTS).map(|id| Account { id, balance: 1000 }).collect::<Vec<_>>()).await
    })
    .await?;

    let until = Instant::now() + duration();
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let name = names[usize::from(task % 2 == 0)];
        tasks.spawn(async move { Load::new(task).run(name, until).await });
    }
    let (mut added, mut notes) = (0, 0);
    while let Some(load) = tasks.join_next().await {
        let load = load.map_err(Error::custom)??;
        added += load.added;
        notes += load.notes;
    }

    let outside = Outside::new(&db, TIME_LIMIT)?;
    outside.take_the_lock().await?;
    let seen = async |sql: &str| outside.see(sql).await;
    assert_eq!(seen("SELECT CAST(sum(value) AS TEXT) FROM counters").await?, [added.to_string()]);
    assert_eq!(seen("SELECT CAST(sum(balance) AS TEXT) FROM accounts").await?, [TOTAL.to_string()]);
    assert_eq!(seen("SELECT CAST(count(*) AS TEXT) FROM notes").await?, [notes.to_string()]);
    assert_eq!(seen("PRAGMA integrity_check").await?, ["ok"]);
    assert!(added > 0);
    // `remove` waits until every connection is returned.
    for name in names {
        ConnectionManager::remove(name).await?;
    }
    Ok(())
}
