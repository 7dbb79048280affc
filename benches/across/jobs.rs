//! Compares the outbox on PostgreSQL with a job library, `graphile_worker`, which has its own process and workspace
//! (`benches/jobs`). Both have four workers with eight concurrent calls, claims of a hundred, and a pool of ten
//! connections.

use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use activerecord::PoolOptions;
use activerecord::outbox::Task;
use activerecord::prelude::*;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::outbox::{MESSAGES, ROUNDS};
use crate::{median, url};

const OURS: &str = "outbox beside jobs";
/// A second connection: the worker treats its messages like those of another process.
const ELSEWHERE: &str = "outbox from elsewhere";
const TOPIC: &str = "beside jobs";
const SCHEMA: &str = "bench_jobs";
/// The number of messages that are enqueued one by one, and of clients.
const BY_ONE: (u32, u32) = (4_000, 8);
/// The number of messages to an idle worker in each round.
const IDLE: u32 = 100;

pub(crate) async fn run() -> Result<()> {
    let url = url("DATABASE_URL_POSTGRES")?;
    for name in [OURS, ELSEWHERE] {
        ConnectionManager::configure(name, Config::url(&url)?.pool(PoolOptions::new().max_connections(10)))?;
    }
    Outbox::install(OURS).await?;
    connection(OURS)?.execute(&format!("DROP SCHEMA IF EXISTS {SCHEMA} CASCADE"), []).await?;
    let mut peer = Peer::start(&url)?;
    println!("compared with graphile_worker on PostgreSQL, medians of {ROUNDS} rounds (ratio: our rate to its rate)");
    let mut rates = [(); 3].map(|()| (Vec::new(), Vec::new()));
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        for turn in 0..2 {
            if (round + turn) % 2 == 0 {
                let [bulk, handled, by_one] = &mut rates;
                bulk.0.push(rate(MESSAGES, enqueue().await?));
                handled.0.push(rate(MESSAGES, handle(MESSAGES).await?));
                by_one.0.push(rate(BY_ONE.0, enqueue_by_one().await?));
                handle(BY_ONE.0).await?;
                ours.extend(latencies().await?);
            } else {
                let [bulk, handled, by_one] = &mut rates;
                bulk.1.push(rate(MESSAGES, peer.ask(&format!("enqueue {MESSAGES}"))?[0]));
                handled.1.push(rate(MESSAGES, peer.ask(&format!("handle {MESSAGES}"))?[0]));
                by_one.1.push(rate(BY_ONE.0, peer.ask(&format!("enqueue-by-one {} {}", BY_ONE.0, BY_ONE.1))?[0]));
                peer.ask(&format!("handle {}", BY_ONE.0))?;
                theirs.extend(peer.ask(&format!("latencies {IDLE}"))?);
            }
        }
    }
    for (what, (ours, theirs)) in ["enqueued in bulk", "handled", "enqueued one by one by 8"].iter().zip(rates) {
        let (ours, theirs) = (median(ours), median(theirs));
        println!("  {what:<26} ours {ours:8.0}/s, its {theirs:8.0}/s, {:.2}x", ours / theirs);
    }
    for (whose, mut latencies) in [("ours", ours), ("its", theirs)] {
        latencies.sort_by(f64::total_cmp);
        let at = |part: usize| 1e3 * latencies.get(latencies.len() * part / 100).copied().unwrap_or_default();
        let last = 1e3 * latencies.last().copied().unwrap_or_default();
        println!(
            "  commit to call, worker idle: {whose:<5} p50 {:.2} ms, p95 {:.2} ms, p99 {:.2} ms, most {last:.2} ms of {}",
            at(50),
            at(95),
            at(99),
            latencies.len()
        );
    }
    drop(peer);
    connection(OURS)?.execute(&format!("DROP SCHEMA {SCHEMA} CASCADE"), []).await.map(drop)
}

fn rate(messages: u32, seconds: f64) -> f64 {
    f64::from(messages) / seconds
}

async fn enqueue() -> Result<f64> {
    let start = Instant::now();
    with_connection(OURS, async || Outbox::enqueue_all(TOPIC, 0..MESSAGES).await).await?;
    Ok(start.elapsed().as_secs_f64())
}

async fn enqueue_by_one() -> Result<f64> {
    let (start, mut tasks) = (Instant::now(), JoinSet::new());
    for _ in 0..BY_ONE.1 {
        tasks.spawn(async {
            for number in 0..BY_ONE.0 / BY_ONE.1 {
                Outbox::enqueue(TOPIC, &number).on(OURS).await?;
            }
            Ok::<_, Error>(())
        });
    }
    for done in tasks.join_all().await {
        done?;
    }
    Ok(start.elapsed().as_secs_f64())
}

/// Returns the seconds until the handler was called for every waiting message.
async fn handle(messages: u32) -> Result<f64> {
    let (left, (told, mut last)) = (Arc::new(AtomicU32::new(messages)), mpsc::unbounded_channel());
    let start = Instant::now();
    let (mut stops, mut workers) = (Vec::new(), JoinSet::new());
    for _ in 0..4 {
        let (left, told, (stop, stopped)) = (Arc::clone(&left), told.clone(), oneshot::channel::<()>());
        let worker = Worker::new(OURS).concurrency(8).batch(100).handle(TOPIC, async move |_: Task<u32>| {
            if left.fetch_sub(1, Ordering::Relaxed) == 1 {
                told.send(start.elapsed()).map_err(Error::custom)?;
            }
            Ok(())
        });
        stops.push(stop);
        workers.spawn(worker.run_until(async { _ = stopped.await }));
    }
    let end = last.recv().await.ok_or_else(|| Error::invalid("no worker is left"))?;
    drop(stops);
    for ended in workers.join_all().await {
        ended?;
    }
    Ok(end.as_secs_f64())
}

/// Returns the time from the commit of each message to the call of its handler, with one idle worker. Only the
/// notification wakes the worker, because it uses another connection than the one that enqueues.
async fn latencies() -> Result<Vec<f64>> {
    let ((told, mut called), (stop, stopped)) = (mpsc::unbounded_channel(), oneshot::channel::<()>());
    let worker =
        Worker::new(OURS).handle(TOPIC, async move |_: Task<u32>| told.send(Instant::now()).map_err(Error::custom));
    let working = tokio::spawn(worker.run_until(async { _ = stopped.await }));
    let mut latencies = Vec::new();
    for number in 0..=IDLE {
        Outbox::enqueue(TOPIC, &number).on(ELSEWHERE).await?;
        let committed = Instant::now();
        let called = called.recv().await.ok_or_else(|| Error::invalid("the worker has ended"))?;
        // The worker may have found the first message before it listened.
        if number > 0 {
            latencies.push(called.saturating_duration_since(committed).as_secs_f64());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    drop(stop);
    working.await.map_err(Error::custom)??;
    Ok(latencies)
}

/// The process of the other library.
struct Peer {
    child: Child,
    commands: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Peer {
    fn start(url: &str) -> Result<Self> {
        let (root, cargo) = (Path::new(env!("CARGO_MANIFEST_DIR")), std::env::var_os("CARGO"));
        let target = root.join("target/jobs");
        let built = Command::new(cargo.unwrap_or_else(|| "cargo".into()))
            .args(["build", "--quiet", "--release", "--manifest-path"])
            .arg(root.join("benches/jobs/Cargo.toml"))
            .env("CARGO_TARGET_DIR", &target)
            .status()
            .map_err(Error::custom)?;
        if !built.success() {
            return Err(Error::invalid("benches/jobs does not compile"));
        }
        let mut program = Command::new(target.join("release/jobs"));
        let mut child =
            program.args([url, SCHEMA]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(Error::custom)?;
        let (Some(commands), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Error::invalid("the process of benches/jobs has no input or output"));
        };
        Ok(Self { child, commands, answers: BufReader::new(answers).lines() })
    }

    /// Sends a command, and returns the answer in seconds.
    fn ask(&mut self, command: &str) -> Result<Vec<f64>> {
        writeln!(self.commands, "{command}").map_err(Error::custom)?;
        let answer = self.answers.next().ok_or_else(|| Error::invalid(format!("no answer to `{command}`")))?;
        let answer = answer.map_err(Error::custom)?;
        answer.split(' ').map(|seconds| seconds.parse().map_err(Error::custom)).collect()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
