//! A process of the fault matrix: `node COMMAND ..`. Its environment contains the connections (`places.rs`). It prints
//! its results.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use activerecord::prelude::*;
use faults::trip::{self, Kind};
use faults::{bank, copied, flow, lists, places};
use tokio::io::AsyncReadExt as _;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("error {:?}: {error}", error.kind());
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &[&str]) -> Result<()> {
    let names = places::configure()?;
    let name = |index: usize| names.get(index).map_or("", String::as_str);
    if let Some(grace) = places::grace()? {
        TwoPhase::grace(grace);
    }
    match arguments {
        ["transfer"] => bank::transfer(name(0), name(1), 1, 10).await,
        // It creates the tables of a transaction, and changes nothing.
        ["begin and roll back"] => two_phase([name(0), name(1)], async || Ok(())).await,
        // It deletes the records of both before it ends.
        ["two transfers"] => {
            bank::transfer(name(0), name(1), 1, 10).await?;
            bank::transfer(name(0), name(1), 1, 10).await?;
            println!("transferred");
            until_input_is_closed().await;
            Ok(())
        }
        // The test kills this process during the pause.
        ["two commits"] => bank::two_commits(name(0), name(1), 1, 10, until_input_is_closed()).await,
        ["transfers", milliseconds] => transfers(&names, milliseconds).await,
        ["opposite transfers"] => bank::opposite_transfers(name(0), name(1)).await,
        ["force", "abort", gid] => TwoPhase::force_abort(gid, "a test").await,
        ["force", "commit", gid] => TwoPhase::force_commit(gid, "a test").await,
        ["recover"] => recover().await,
        // It is connected to all databases before the test changes the network.
        ["recover when the input ends"] => {
            TwoPhase::survey().await?;
            println!("ready");
            until_input_is_closed().await;
            println!("{:?}", TwoPhase::recover().await?);
            Ok(())
        }
        ["recover until killed"] => {
            TwoPhase::recover().await?;
            loop {
                // Recover often, to race the coordinators.
                TwoPhase::recover().await?;
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        ["append", "compare and set", process] => lists::append(&names, read_number(process)?, true).await,
        ["append", "set", process] => lists::append(&names, read_number(process)?, false).await,
        ["trip", kind, id] => {
            let id = Uuid::parse_str(id).map_err(Error::custom)?;
            trip::saga(read(kind), name(0), name(1)).run_as(id, &()).await.map(drop)
        }
        ["resume", kind] => {
            trip::saga(read(kind), name(0), name(1)).register()?;
            println!("{:?}", Saga::resume_all().await?);
            Ok(())
        }
        ["work", how, calls] => {
            let calls: usize = calls.parse().map_err(Error::custom)?;
            let worker = flow::worker(name(0), name(1), flow::TOPIC, *how == "once");
            // With one call at a time, no other call runs while the worker writes a result to the outbox.
            let worker = worker.concurrency(calls).batch(if calls == 1 { 1 } else { 100 });
            worker.run_until(until_input_is_closed()).await
        }
        // It polls once per hour, so it claims messages only when it is woken.
        ["work when woken", topic] => {
            let worker = flow::worker(name(0), name(1), topic, true).poll(Duration::from_secs(3600));
            worker.run_until(until_input_is_closed()).await
        }
        ["work off", how] => flow::worker(name(0), name(1), flow::TOPIC, *how == "once").run_once().await.map(drop),
        ["copy", what] => {
            println!("{}", copied::job(name(0), name(1), what).run().await?);
            Ok(())
        }
        ["copy and weigh"] => {
            copied::job(name(0), name(1), "all").batch(1_000).run().await?;
            let status = std::fs::read_to_string("/proc/self/status").map_err(Error::custom)?;
            let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
            let peak = peak.and_then(|peak| peak.trim().parse::<u64>().ok()).map_or(0, |kilobytes| kilobytes << 10);
            println!("peak {peak}");
            Ok(())
        }
        ["copy again and again"] => copy_again(name(0), name(1)).await,
        other => Err(Error::configuration(format!("unknown command {other:?}"))),
    }
}

/// Waits until the test closes the input of this process.
async fn until_input_is_closed() {
    _ = tokio::io::stdin().read(&mut [0]).await;
}

/// Copies the changes again and again until the input is closed, and then once more.
async fn copy_again(from: &str, to: &str) -> Result<()> {
    let job = copied::job(from, to, "changes");
    let mut closed = std::pin::pin!(until_input_is_closed());
    loop {
        job.run().await?;
        tokio::select! {
            () = &mut closed => return job.run().await.map(drop),
            () = tokio::time::sleep(Duration::from_millis(5)) => {}
        }
    }
}

fn read(kind: &str) -> Kind {
    [Kind::Good, Kind::Failing, Kind::Unguarded, Kind::Sticky, Kind::Loose]
        .into_iter()
        .find(|known| format!("{known:?}") == kind)
        .unwrap_or(Kind::Good)
}

fn read_number(text: &str) -> Result<u64> {
    text.parse().map_err(Error::custom)
}

/// Recovers until no transaction is waiting, for five minutes at most, and prints the last result.
async fn recover() -> Result<()> {
    let start = Instant::now();
    loop {
        let recovered = TwoPhase::recover().await?;
        let waits = !recovered.waiting.is_empty() || !recovered.unreachable.is_empty();
        if !waits || start.elapsed() > Duration::from_secs(300) {
            println!("{recovered:?}");
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Makes random transfers between all banks in four concurrent tasks, and prints how many were committed.
async fn transfers(names: &[String], milliseconds: &str) -> Result<()> {
    let end = Instant::now() + Duration::from_millis(milliseconds.parse().map_err(Error::custom)?);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let names = names.to_vec();
        tasks.spawn(async move {
            let mut committed = 0_u32;
            while Instant::now() < end {
                let mut order: Vec<_> = (0..names.len()).collect();
                fastrand::shuffle(&mut order);
                let (from, to) = (&names[order[0]], &names[order[1]]);
                let done = bank::transfer(from, to, fastrand::i64(1..=20), fastrand::i64(1..10)).await;
                committed += u32::from(done.is_ok());
            }
            committed
        });
    }
    println!("committed {}", tasks.join_all().await.into_iter().sum::<u32>());
    Ok(())
}
