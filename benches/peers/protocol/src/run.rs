use std::time::{Duration, Instant};

use crate::{Contestant, Job, Result, Tally, Workload};

/// Runs the job, and returns its duration and the tally of rows that it read or wrote.
pub(crate) async fn run<C: Contestant>(contestant: &mut C, job: &Job) -> Result<(Duration, Tally)> {
    let mut tally = Tally::default();
    let batch = C::batch(&job.rows);
    let records: Vec<C::Record> = match job.workload {
        Workload::Save => job.changes.iter().map(C::record).collect(),
        _ => Vec::new(),
    };
    let start = Instant::now();
    match job.workload {
        Workload::Tasks => return contestant.tasks(job).await,
        Workload::Point => {
            for key in &job.keys {
                contestant.find(*key, &mut tally).await?;
            }
        }
        Workload::Rows(_) => {
            for _ in 0..job.operations {
                contestant.all(&mut tally).await?;
            }
        }
        Workload::Join(_) => {
            for _ in 0..job.operations {
                contestant.join(&mut tally).await?;
            }
        }
        Workload::Associations => {
            for _ in 0..job.operations {
                contestant.associations(&mut tally).await?;
            }
        }
        Workload::Insert(_) => {
            for _ in 0..job.operations {
                tally.wrote(contestant.insert(&batch).await?);
            }
        }
        Workload::Update => {
            for change in &job.changes {
                tally.wrote(contestant.update(change).await?);
            }
        }
        Workload::Save => {
            for record in records {
                tally.wrote(contestant.save(record).await?);
            }
        }
    }
    Ok((start.elapsed(), tally))
}
