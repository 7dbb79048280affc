use std::time::{Duration, Instant};

use crate::{Contestant, Job, Result, Tally};

/// Runs [`crate::Workload::Tasks`] on tokio. `member` creates a separate contestant for each task. The clock runs from
/// before the first task is spawned until the last one has ended.
pub async fn tasks<C: Contestant>(job: &Job, member: impl Fn(usize) -> C) -> Result<(Duration, Tally)> {
    let members: Vec<(C, Vec<i64>)> = job.tasks().enumerate().map(|(n, keys)| (member(n), keys.to_vec())).collect();
    let start = Instant::now();
    let tasks: Vec<_> = members.into_iter().map(|(member, keys)| tokio::spawn(find(member, keys))).collect();
    let mut sum = Tally::default();
    for task in tasks {
        sum.add(task.await??);
    }
    Ok((start.elapsed(), sum))
}

async fn find<C: Contestant>(mut contestant: C, keys: Vec<i64>) -> Result<Tally> {
    let mut tally = Tally::default();
    for key in keys {
        contestant.find(key, &mut tally).await?;
    }
    Ok(tally)
}
