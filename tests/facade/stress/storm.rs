//! Thousands of calls that are dropped at a random point. What was answered with Ok is there, what was dropped is there as a
//! whole or not at all, and no connection goes back to the pool inside a transaction: the next writes on it would be lost.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use activerecord::PoolOptions;
use activerecord::prelude::*;
use tokio::task::JoinSet;

use test_support::DatabaseFile;
use test_support::Outside;
use test_support::polled;
use test_support::stepwise;

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[table = "notes"]
struct Note {
    id: i64,
    code: String,
}

async fn note(code: &str) -> Result<()> {
    Note { code: code.into(), ..Note::default() }.insert().await
}

/// One unit of work, with codes of its own.
#[derive(Clone, Debug)]
struct Unit {
    kind: u8,
    code: String,
}

impl Unit {
    fn codes(&self) -> Vec<String> {
        let all = if self.kind == 0 { 1 } else { 2 };
        (0..all).map(|n| format!("{} {n}", self.code)).collect()
    }

    /// Whether it is rolled back when it comes to its end.
    fn is_undone(&self) -> bool {
        self.kind >= 4
    }

    async fn work(&self, name: &str) -> Result<()> {
        let codes = self.codes();
        with_connection(name, async || match self.kind {
            0 => note(&codes[0]).await,
            1 => {
                transaction(name, async || {
                    note(&codes[0]).await?;
                    note(&codes[1]).await
                })
                .await
            }
            2 => {
                let tx = Transaction::begin(name).await?;
                tx.run(async || Note::bulk_insert(&codes.iter().map(|_| Note::default()).collect::<Vec<_>>()).await)
                    .await?;
                Note::on(&tx).filter(Note::CODE.eq("")).limit(2).all().await?;
                let ids = Note::on(&tx).filter(Note::CODE.eq("")).pluck(Note::ID).await?;
                for (id, code) in ids.iter().zip(&codes) {
                    Note::on(&tx).filter(Note::ID.eq(*id)).update((Note::CODE.set(code),)).await?;
                }
                tx.commit().await
            }
            3 => {
                transaction(name, async || {
                    note(&codes[0]).await?;
                    let undone = transaction(name, async || {
                        note("undone").await?;
                        Err::<(), _>(Error::invalid("undo"))
                    });
                    assert!(undone.await.is_err_and(|error| error.is_invalid()));
                    transaction(name, async || note(&codes[1]).await).await
                })
                .await
            }
            4 => {
                let undone = transaction(name, async || {
                    note(&codes[0]).await?;
                    note(&codes[1]).await?;
                    Err::<(), _>(Error::invalid("undo"))
                });
                match undone.await {
                    Err(error) if error.is_invalid() => Ok(()),
                    other => other,
                }
            }
            _ => {
                let tx = Transaction::begin(name).await?;
                tx.run(async || note(&codes[0]).await).await?;
                drop(tx);
                Ok(())
            }
        })
        .await
    }

    /// What is wrong, if this much of it is there. `done` is false when it was dropped.
    fn judge(&self, done: bool, there: &HashSet<String>) -> Option<String> {
        let codes = self.codes();
        let found = codes.iter().filter(|code| there.contains(*code)).count();
        let right = match (done, self.is_undone()) {
            (_, true) => found == 0,
            (true, false) => found == codes.len(),
            (false, false) => found == 0 || found == codes.len(),
        };
        (!right).then(|| format!("{self:?}, done: {done}, {found} of {} are there", codes.len()))
    }
}

/// How a unit is dropped.
#[derive(Clone, Copy, Debug)]
enum Drops {
    /// After so many polls at most.
    Polls(usize),
    /// After some time, mostly short.
    Time,
}

impl Drops {
    async fn apply(self, unit: &Unit, name: &str) -> Option<Result<()>> {
        match self {
            Self::Polls(most) => polled(fastrand::usize(0..=most), unit.work(name)).await,
            Self::Time => {
                let time = Duration::from_micros(1 << fastrand::u32(0..15));
                tokio::time::timeout(time, unit.work(name)).await.ok()
            }
        }
    }
}

/// Raises the storm until it is over, or something is wrong: then what.
async fn storm(db: &DatabaseFile, name: &str, drops: Drops, units: usize) -> Result<(), String> {
    const TASKS: usize = 8;
    let stop = Arc::new(AtomicBool::new(false));
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let (name, stop) = (name.to_owned(), Arc::clone(&stop));
        tasks.spawn(async move {
            let mut log = Vec::new();
            for n in 0..units / TASKS {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let unit = Unit { kind: fastrand::u8(0..6), code: format!("{task}/{n}") };
                match drops.apply(&unit, &name).await {
                    Some(Err(error)) => {
                        stop.store(true, Ordering::Relaxed);
                        return Err(format!("{unit:?}: {error}"));
                    }
                    done => log.push((unit, done.is_some())),
                }
            }
            Ok(log)
        });
    }
    let logs = tasks.join_all().await.into_iter().collect::<Result<Vec<_>, _>>()?;
    let log: Vec<_> = logs.into_iter().flatten().collect();
    let outside = Outside::new(db).map_err(|error| error.to_string())?;
    outside.take_the_lock().await.map_err(|error| error.to_string())?;
    let there = outside.see("SELECT code FROM notes").await.map_err(|error| error.to_string())?;
    let there: HashSet<_> = there.into_iter().collect();
    let dropped = log.iter().filter(|(_, done)| !done).count();
    if dropped < units / 50 || log.len() - dropped < units / 50 {
        return Err(format!("{dropped} of {} were dropped: that is no storm", log.len()));
    }
    if there.contains("undone") || there.contains("") {
        return Err("a part of a transaction is there".into());
    }
    log.iter().find_map(|(unit, done)| unit.judge(*done, &there)).map_or(Ok(()), Err)
}

const NOTES: &str = "notes (id INTEGER PRIMARY KEY, code TEXT NOT NULL)";

fn patient() -> PoolOptions {
    PoolOptions::new().max_connections(4).acquire_timeout(Duration::from_secs(120))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn calls_that_are_dropped_after_some_polls() {
    let db = DatabaseFile::new([NOTES]).await;
    let name = stepwise::stepwise(&db, &db.path(), patient()).unwrap();
    storm(&db, &name, Drops::Polls(40), 4000).await.unwrap();
    ConnectionManager::remove(&name).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn calls_that_are_dropped_after_some_time() {
    let db = DatabaseFile::new([NOTES]).await;
    let name = "storm by time";
    let config = Config::url(format!("{}&busy_timeout=120s&synchronous=normal", db.url())).unwrap();
    ConnectionManager::configure(name, config.pool(patient())).unwrap();
    storm(&db, name, Drops::Time, 4000).await.unwrap();
    ConnectionManager::remove(name).await.unwrap();
}

/// The storm finds out a pool that takes connections back inside a transaction.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_broken_connection_is_found_out() {
    let db = DatabaseFile::new([NOTES]).await;
    let config = Config::url(format!("{}&broken=yes&busy_timeout=200ms", stepwise::url(&db.path()))).unwrap();
    ConnectionManager::configure("broken storm", config.pool(patient())).unwrap();
    let found = storm(&db, "broken storm", Drops::Polls(40), 800).await;
    assert!(found.is_err());
}
