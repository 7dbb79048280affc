use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::{CONNECTIONS, Job, Result, Store, TASKS, Tally, Workload};

/// The number of connections of a contestant that uses threads. It is one, except for [`Workload::Tasks`]: one per
/// thread for a file, and the pool size of the other contestants for a server. A database in memory belongs to its
/// connection.
pub fn connections(store: &Store, workload: Workload) -> usize {
    match (store, workload) {
        (Store::File(_), Workload::Tasks) => TASKS,
        (Store::Postgres(_) | Store::Mariadb(_), Workload::Tasks) => CONNECTIONS,
        _ => 1,
    }
}

/// Runs [`Workload::Tasks`] on threads, which share the connections. The clock runs from the first lookup of any thread
/// to the last one, so that it does not include the start of the threads.
pub fn threads<C: Send>(
    connections: &[Mutex<C>],
    job: &Job,
    find: impl Fn(&mut C, i64, &mut Tally) -> Result<()> + Sync,
) -> Result<(Duration, Tally)> {
    let barrier = Barrier::new(TASKS);
    let work = &|connection, keys| {
        barrier.wait();
        let start = Instant::now();
        look_up(connection, keys, &find).map(|tally| (start, Instant::now(), tally))
    };
    let done = thread::scope(|scope| {
        let pairs = connections.iter().cycle().zip(job.tasks());
        let threads: Vec<_> = pairs.map(|(connection, keys)| scope.spawn(move || work(connection, keys))).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().map_err(|_| "a thread has panicked")?)
            .collect::<Result<Vec<_>>>()
    })?;
    let start = done.iter().map(|(start, ..)| *start).min().ok_or("no thread")?;
    let end = done.iter().map(|(_, end, _)| *end).max().ok_or("no thread")?;
    let mut sum = Tally::default();
    done.iter().for_each(|(.., tally)| sum.add(*tally));
    Ok((end - start, sum))
}

fn look_up<C>(
    connection: &Mutex<C>,
    keys: &[i64],
    find: impl Fn(&mut C, i64, &mut Tally) -> Result<()>,
) -> Result<Tally> {
    let mut tally = Tally::default();
    for key in keys {
        let mut connection = connection.lock().map_err(|_| "a thread has failed")?;
        find(&mut connection, *key, &mut tally)?;
    }
    Ok(tally)
}
