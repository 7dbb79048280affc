//! What work across databases costs: transactions in two phases beside two commits, ours and by hand with sqlx, how many
//! messages an outbox hands on, and a job library beside it.
//!
//! ```text
//! cargo xtask services up && eval "$(cargo xtask services env)"
//! cargo bench --all-features --bench across              # or, behind `--`, some of `commits`, `outbox`, `jobs`
//! cargo bench --all-features --bench across -- million   # a minute or two; only when it is named
//! ```
//!
//! Contestants take turns, in another order each round; medians and ratios are what counts. `cargo test` runs it with `--test`,
//! and then it does nothing.

mod by_hand;
mod commits;
mod jobs;
mod million;
mod outbox;

use std::sync::Arc;
use std::time::{Duration, Instant};

use activerecord::backend::BoxFuture;
use activerecord::prelude::*;

/// Rounds of each contestant.
const ROUNDS: usize = 9;

/// How long a contestant works in a round.
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
        .map_err(|_| Error::configuration(format!("{variable} is not set: `cargo xtask services up`")))
}

/// What a contestant does again and again.
type Work = Arc<dyn Fn() -> BoxFuture<'static, Result<()>> + Send + Sync>;

fn work<F: Future<Output = Result<()>> + Send + 'static>(once: impl Fn() -> F + Send + Sync + 'static) -> Work {
    Arc::new(move || Box::pin(once()))
}

/// How often `work` is done in a second by so many clients.
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
