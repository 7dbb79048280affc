//! Compares this library with a driver: runs both alternately, and prints the medians and their ratio.

use std::time::{Duration, Instant};

use activerecord_core::backend::Connection;
use activerecord_core::sql::Sql;
use activerecord_core::{Flow, Result, RowRef};

/// A side of a comparison.
#[allow(missing_debug_implementations, reason = "connections have none")]
pub enum Side<'s, R> {
    /// The driver alone.
    Raw(&'s mut R),
    /// The backend of this library.
    Ours(&'s mut Box<dyn Connection>),
}

/// Runs both sides alternately, `rounds` rounds of `times` repetitions each. Prints the microseconds per repetition.
pub async fn compare<R>(
    name: &str,
    rounds: usize,
    times: i32,
    raw: &mut R,
    ours: &mut Box<dyn Connection>,
    mut work: impl AsyncFnMut(&mut Side<'_, R>, i32),
) {
    let (mut theirs, mut here) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let started = Instant::now();
        work(&mut Side::Raw(raw), times).await;
        theirs.push(started.elapsed());
        let started = Instant::now();
        work(&mut Side::Ours(ours), times).await;
        here.push(started.elapsed());
    }
    let median = |mut samples: Vec<Duration>| {
        samples.sort_unstable();
        samples[samples.len() / 2].as_secs_f64() * 1e6 / f64::from(times)
    };
    let (theirs, here) = (median(theirs), median(here));
    println!("{name:<24}{theirs:>12.2}{here:>12.2}{:>8.2}", here / theirs);
}

/// Fetches all rows of a statement, and reads each with `record`.
pub async fn our_rows<T: Send>(
    ours: &mut Box<dyn Connection>,
    sql: &Sql,
    record: fn(&dyn RowRef) -> Result<T>,
) -> Vec<T> {
    let mut rows = Vec::new();
    let mut sink = |row: &dyn RowRef| {
        rows.push(record(row)?);
        Ok(Flow::More)
    };
    ours.fetch(sql, &mut sink).await.unwrap_or_else(|error| panic!("rows: {error}"));
    rows
}
