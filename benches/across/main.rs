//! The cost of work across databases: two-phase commit compared with two commits, ours and by hand with sqlx; the
//! message rate of the outbox, and of a job library.
//!
//! ```text
//! cargo xtask services up && eval "$(cargo xtask services env)"
//! cargo bench --all-features --bench across              # or only some parts: -- commits outbox jobs
//! cargo bench --all-features --bench across -- million   # one or two minutes; runs only when named
//! ```
//!
//! Contestants alternate, in a different order each round; use the medians and ratios. `cargo test` runs it with
//! `--test`; then it does nothing.

mod by_hand;
mod commits;
mod jobs;
mod million;
mod outbox;

use std::sync::Arc;
use std::time::{Duration, Instant};

use activerecord::backend::BoxFuture;
use activerecord::prelude::*;

/// The number of rounds of each contestant.
const ROUNDS: usize = 9;

/// The duration of a contestant's part of a round.
const ROUND: Duration = Duration::from_millis(1500);

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |word: &str| arguments.iter().any(|argument| argument == word);
    if !has("--bench") {
        return Ok(());
    }
    let all = !["commits", "outbox", "jobs", "million"].into_iter().any(has);
    if all || has("commits") {
        commits::run().await?;
    }
    if all || has("outbox") {
        outbox::run().await?;
    }
    if all || has("outbox") || has("jobs") {
        jobs::run().await?;
    }
    if has("million") {
        million::run().await?;
    }
    Ok(())
}

fn url(variable: &str) -> Result<String> {
    std::env::var(variable)
        .map_err(|_| Error::configuration(format!("{variable} is not set; `cargo xtask services env` prints it")))
}

/// The operation that a contestant repeats.
type Work = Arc<dyn Fn() -> BoxFuture<'static, Result<()>> + Send + Sync>;

fn work<F: Future<Output = Result<()>> + Send + 'static>(once: impl Fn() -> F + Send + Sync + 'static) -> Work {
    Arc::new(move || Box::pin(once()))
}

/// Returns how many times per second `clients` concurrent tasks complete `work`.
async fn rate(clients: usize, work: &Work) -> Result<f64> {
    let (mut tasks, start) = (tokio::task::JoinSet::new(), Instant::now());
    for _ in 0..clients {
        let work = Arc::clone(work);
        tasks.spawn(async move {
            let mut done = 0_u32;
            while start.elapsed() < ROUND {
                work().await?;
                done += 1;
            }
            Ok::<_, Error>(done)
        });
    }
    let mut sum = 0;
    for done in tasks.join_all().await {
        sum += done?;
    }
    Ok(f64::from(sum) / start.elapsed().as_secs_f64())
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates.get(rates.len() / 2).copied().unwrap_or_default()
}
