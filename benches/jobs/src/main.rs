//! Runs graphile_worker for `benches/across/jobs.rs`: one command per input line, one answer in seconds per output
//! line.
//!
//! `jobs URL SCHEMA`. Its workers use the library's options that save round trips: a local queue and batched
//! completions. Without these options they claim one job at a time, and only a limited number of waiting jobs at each
//! poll.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use graphile_worker::{
    IntoTaskHandlerResult, JobSpec, LocalQueueConfig, TaskHandler, Worker, WorkerContext, WorkerOptions, WorkerUtils,
};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// A job. Its handler only counts the call.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Job {
    number: u32,
}

/// Counts the calls, and reports the last one.
#[derive(Clone, Debug)]
struct Calls {
    left: Arc<AtomicUsize>,
    told: mpsc::UnboundedSender<Instant>,
}

impl TaskHandler for Job {
    const IDENTIFIER: &'static str = "job";

    async fn run(self, context: WorkerContext) -> impl IntoTaskHandlerResult {
        if let Some(calls) = context.get_ext::<Calls>()
            && calls.left.fetch_sub(1, Ordering::Relaxed) == 1
        {
            let _ = calls.told.send(Instant::now());
        }
        Ok::<(), String>(())
    }
}

/// The state that all commands share.
struct Bench {
    pool: PgPool,
    schema: String,
    utils: WorkerUtils,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [url, schema] = &arguments[..] else { return Err("usage: jobs URL SCHEMA".into()) };
    let pool = PgPoolOptions::new().max_connections(10).connect(url).await?;
    let options = WorkerOptions::default().schema(schema.as_str()).define_job::<Job>().pg_pool(pool.clone());
    let utils = options.listen_os_shutdown_signals(false).init().await?.create_utils();
    let bench = Bench { pool, schema: schema.clone(), utils };
    let mut commands = BufReader::new(tokio::io::stdin()).lines();
    while let Some(command) = commands.next_line().await? {
        let words: Vec<_> = command.split(' ').collect();
        let answers = match words[..] {
            ["enqueue", jobs] => vec![bench.enqueue(jobs.parse()?).await?],
            ["enqueue-by-one", jobs, clients] => vec![bench.enqueue_by_one(jobs.parse()?, clients.parse()?).await?],
            ["handle", jobs] => vec![bench.handle(jobs.parse()?).await?],
            ["latencies", jobs] => bench.latencies(jobs.parse()?).await?,
            _ => return Err(format!("no such command: {command}").into()),
        };
        let answers: Vec<_> = answers.iter().map(|answer| answer.as_secs_f64().to_string()).collect();
        println!("{}", answers.join(" "));
    }
    Ok(())
}

impl Bench {
    /// Enqueues jobs in as few statements as possible.
    async fn enqueue(&self, jobs: u32) -> Result<Duration> {
        let spec = JobSpec::default();
        let jobs: Vec<_> = (0..jobs).map(|number| (Job { number }, &spec)).collect();
        let start = Instant::now();
        self.utils.add_jobs(&jobs).await?;
        Ok(start.elapsed())
    }

    /// Enqueues each job in its own transaction, with the given number of concurrent tasks.
    async fn enqueue_by_one(&self, jobs: u32, clients: u32) -> Result<Duration> {
        let (start, mut tasks) = (Instant::now(), JoinSet::new());
        for _ in 0..clients {
            let utils = self.utils.clone();
            tasks.spawn(async move {
                for number in 0..jobs / clients {
                    utils.add_job(Job { number }, JobSpec::default()).await?;
                }
                Result::Ok(())
            });
        }
        for done in tasks.join_all().await {
            done?;
        }
        Ok(start.elapsed())
    }

    /// Returns the time until four workers have called the handler for every waiting job.
    async fn handle(&self, jobs: usize) -> Result<Duration> {
        let (told, mut last) = mpsc::unbounded_channel();
        let calls = Calls { left: Arc::new(AtomicUsize::new(jobs)), told };
        let mut workers = Vec::new();
        for _ in 0..4 {
            workers.push(Arc::new(self.worker(&calls).await?));
        }
        let start = Instant::now();
        let running: Vec<_> = workers.iter().map(run).collect();
        let end = last.recv().await.ok_or("no worker is left")?;
        for (worker, running) in workers.iter().zip(running) {
            worker.request_shutdown();
            running.await??;
        }
        Ok(end - start)
    }

    async fn worker(&self, calls: &Calls) -> Result<Worker> {
        let options = WorkerOptions::default().schema(self.schema.as_str()).pg_pool(self.pool.clone());
        let options = options.concurrency(8).poll_interval(Duration::from_millis(500)).define_job::<Job>();
        let options = options.local_queue(LocalQueueConfig::default().with_size(100));
        let options = options.complete_job_batch_delay(Duration::from_millis(5));
        Ok(options.add_extension(calls.clone()).listen_os_shutdown_signals(false).init().await?)
    }

    /// Returns the time from the commit of each job to the call of its handler, with one idle worker.
    async fn latencies(&self, jobs: u32) -> Result<Vec<Duration>> {
        let (told, mut called) = mpsc::unbounded_channel();
        let left = Arc::new(AtomicUsize::new(1));
        let worker = Arc::new(self.worker(&Calls { left: Arc::clone(&left), told }).await?);
        let running = run(&worker);
        let mut latencies = Vec::new();
        for number in 0..jobs {
            left.store(1, Ordering::Relaxed);
            self.utils.add_job(Job { number }, JobSpec::default()).await?;
            let committed = Instant::now();
            let called = called.recv().await.ok_or("the worker has ended")?;
            latencies.push(called.saturating_duration_since(committed));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        worker.request_shutdown();
        running.await??;
        Ok(latencies)
    }
}

fn run(worker: &Arc<Worker>) -> JoinHandle<Result<()>> {
    let worker = Arc::clone(worker);
    tokio::spawn(async move { Ok(worker.run().await?) })
}
