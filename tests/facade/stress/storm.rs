//! Thousands of calls that are dropped at a random point. A call that returned Ok is committed, a dropped call is
//! committed completely or not at all, and no connection returns to the pool inside a transaction: later writes on it
//! would be lost.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use activerecord::prelude::*;
use tokio::task::JoinSet;
use tokio::time::timeout;

use test_support::stepwise;
use test_support::{DatabaseFile, Outside, TIME_LIMIT, patient_pool, polled};

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[table = "notes"]
struct Note {
    id: i64,
    code: String,
}

async fn note(code: &str) -> Result<()> {
    Note { code: code.into(), ..Note::default() }.insert().await
}

/// A unit of work, with its own codes.
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

    /// Whether its end is a rollback.
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

    /// Returns what is wrong with the stored rows of this unit. `done` is false if it was dropped.
    fn judge(&self, done: bool, stored: &HashSet<String>) -> Option<String> {
        let codes = self.codes();
        let found = codes.iter().filter(|code| stored.contains(*code)).count();
        let right = match (done, self.is_undone()) {
            (_, true) => found == 0,
            (true, false) => found == codes.len(),
            (false, false) => found == 0 || found == codes.len(),
        };
        (!right).then(|| format!("{self:?}, done: {done}, {found} of {} rows are stored", codes.len()))
    }
}

/// When a unit is dropped.
#[derive(Clone, Copy, Debug)]
enum Drops {
    /// After at most this many polls.
    Polls(usize),
    /// After a random time.
    Time,
}

/// With [`Drops::Time`], a task runs one of this many units to its end, and measures how long a unit takes on this
/// machine at this time.
const BETWEEN: usize = 50;

/// Returns a random time, from 1/256 to 16 times that of an undisturbed unit.
fn some_time(undisturbed: Duration) -> Duration {
    undisturbed * (1 << fastrand::u32(0..13)) / 256
}

/// Runs the units, and returns what is wrong. `busy_timeout` is how long the check of the rows waits for the write lock.
async fn storm(db: &DatabaseFile, name: &str, drops: Drops, units: usize, busy_timeout: &str) -> Result<(), String> {
    const TASKS: usize = 8;
    let stop = Arc::new(AtomicBool::new(false));
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let (name, stop) = (name.to_owned(), Arc::clone(&stop));
        tasks.spawn(async move {
            let (mut log, mut undisturbed) = (Vec::new(), Duration::ZERO);
            for n in 0..units / TASKS {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let unit = Unit { kind: fastrand::u8(0..6), code: format!("{task}/{n}") };
                let result = match drops {
                    Drops::Polls(most) => polled(fastrand::usize(0..=most), unit.work(&name)).await,
                    Drops::Time if n % BETWEEN == 0 => {
                        let started = Instant::now();
                        let result = unit.work(&name).await;
                        undisturbed = started.elapsed();
                        Some(result)
                    }
                    Drops::Time => timeout(some_time(undisturbed), unit.work(&name)).await.ok(),
                };
                match result {
                    Some(Err(error)) => {
                        stop.store(true, Ordering::Relaxed);
                        return Err(format!("{unit:?}: {error}"));
                    }
                    result => log.push((unit, result.is_some())),
                }
            }
            Ok(log)
        });
    }
    let logs = tasks.join_all().await.into_iter().collect::<Result<Vec<_>, _>>()?;
    let log: Vec<_> = logs.into_iter().flatten().collect();
    let outside = Outside::new(db, busy_timeout).map_err(|error| error.to_string())?;
    outside.take_the_lock().await.map_err(|error| error.to_string())?;
    let stored = outside.see("SELECT code FROM notes").await.map_err(|error| error.to_string())?;
    let stored: HashSet<_> = stored.into_iter().collect();
    let dropped = log.iter().filter(|(_, done)| !done).count();
    if dropped < units / 50 || log.len() - dropped < units / 50 {
        return Err(format!("{dropped} of {} units were dropped: too few or too many", log.len()));
    }
    if stored.contains("undone") || stored.contains("") {
        return Err("a part of a transaction is stored".into());
    }
    log.iter().find_map(|(unit, done)| unit.judge(*done, &stored)).map_or(Ok(()), Err)
}

const NOTES: &str = "notes (id INTEGER PRIMARY KEY, code TEXT NOT NULL)";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn calls_dropped_after_some_polls() {
    let db = DatabaseFile::new([NOTES]).await;
    let name = stepwise::stepwise(&db, &db.path(), patient_pool(4)).unwrap();
    storm(&db, &name, Drops::Polls(40), 4000, TIME_LIMIT).await.unwrap();
    ConnectionManager::remove(&name).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn calls_dropped_after_some_time() {
    let db = DatabaseFile::new([NOTES]).await;
    let name = "storm by time";
    let config = Config::url(format!("{}&synchronous=normal", db.url())).unwrap();
    ConnectionManager::configure(name, config.pool(patient_pool(4))).unwrap();
    storm(&db, name, Drops::Time, 4000, TIME_LIMIT).await.unwrap();
    ConnectionManager::remove(name).await.unwrap();
}

/// The broken variant: a pool that takes connections back inside a transaction. Their locks stay, so a long wait is of
/// no use.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_broken_connection_is_detected() {
    let db = DatabaseFile::new([NOTES]).await;
    let config = Config::url(format!("{}&broken=yes&busy_timeout=200ms", stepwise::url(&db.path()))).unwrap();
    ConnectionManager::configure("broken storm", config.pool(patient_pool(4))).unwrap();
    let found = storm(&db, "broken storm", Drops::Polls(40), 800, "2s").await;
    assert!(found.is_err());
}
