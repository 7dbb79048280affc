//! T17. A server does not answer any more, and its connections stay open: a black hole. Each wait has a limit, and only
//! the transactions that need the server wait for it.

use std::time::Duration;

use activerecord::prelude::*;
use rustix::process::Signal;
use tokio::time::timeout;

use super::{left, open, outcome, pairs, recover};
use crate::node::{ALONE, Ended, Node, node};
use faults::places::GRACE;
use test_support::{Database, Profile, Proxy, until};

type Pair = (&'static Profile, &'static Profile);

/// Only what waits without a limit takes so long.
const HANG: Duration = Duration::from_secs(60);

/// How long the broken variants are observed: longer than every limit of the library.
const OBSERVED: Duration = Duration::from_secs(30);

/// For each database, one pair with it. `which` selects the database of a pair.
fn one_for_each(which: impl Fn(&Pair) -> &'static Profile) -> Vec<Pair> {
    let mut seen = Vec::new();
    let is_new = |pair: &Pair| {
        let name = which(pair).name();
        let is_new = name != "sqlite" && !seen.contains(&name);
        seen.push(name);
        is_new
    };
    pairs().into_iter().filter(is_new).collect()
}

/// Waits until a process ends. None: it hangs.
async fn ended(node: Node, broken: &str) -> Result<Option<Ended>> {
    let longest = if broken.is_empty() { HANG } else { OBSERVED };
    timeout(longest, node.end()).await.ok().transpose()
}

/// A recovery in a process that is connected to `silent` through a proxy when it becomes a black hole. A transaction of
/// the other databases is decided, and its coordinator was killed.
async fn recovery(both: [&Database; 2], silent: &Database, broken: &str) -> Result<Option<Ended>> {
    let killed = node(&["transfer"], &both).failpoint("2pc.decided=kill").run().await?;
    assert!(killed.is_killed, "{killed:?}");
    let proxy = Proxy::new(silent.url())?;
    let start = node(&["recover when the input ends"], &both).first("silent", proxy.url().to_owned());
    let mut node = start.variable("ACTIVERECORD_BROKEN", broken).start()?;
    node.until_printed("ready").await?;
    proxy.black_hole();
    ended(node, broken).await
}

/// T17. A recovery reports the silent server, and ends the transactions of the others.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t17_recovery_does_not_wait_for_a_silent_server() -> Result<()> {
    let _alone = ALONE.lock().await;
    for pair in one_for_each(|pair| pair.0) {
        let at = format!("{} {}", pair.0.name(), pair.1.name());
        let (first, second) = open(pair, 1).await?;
        let silent = Database::on(pair.0, &[]).await?;
        let ended = recovery([&first, &second], &silent, "").await?;
        let ended = ended.ok_or_else(|| Error::invalid(format!("{at}: the recovery hangs")))?;
        assert!(ended.is_success && ended.printed.contains("unreachable: [(\"silent\""), "{at}: {ended:?}");
        // MariaDB cannot end a branch before it has closed the connection of the killed coordinator.
        if pair.1.name() == "mariadb" {
            recover(&[&first, &second]).await?;
        }
        assert_eq!((outcome(&first, &second).await?, left().await?), (Some(true), 0), "{at}: {ended:?}");
    }
    Ok(())
}

/// The broken variant of T17: no wait has a limit.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t17_recovery_without_limits_hangs() -> Result<()> {
    let _alone = ALONE.lock().await;
    let pair = pairs().into_iter().find(|pair| (pair.0.name(), pair.1.name()) == ("postgres", "mysql"));
    let pair = pair.ok_or_else(|| Error::invalid("this test needs PostgreSQL and MySQL"))?;
    let (first, second) = open(pair, 1).await?;
    let silent = Database::on(pair.0, &[]).await?;
    let ended = recovery([&first, &second], &silent, "2pc.limit").await?;
    assert!(ended.is_none(), "{ended:?}");
    recover(&[&first, &second]).await?;
    until("nothing is left", async || Ok(left().await? == 0)).await
}

/// A transfer whose COMMIT is executed, but whose answer never arrives. New connections work.
async fn lost_answer(first: &Database, second: &Database, broken: &str) -> Result<Option<Ended>> {
    let proxy = Proxy::new(first.url())?;
    let start = node(&["transfer"], &[first, second]).at(first, proxy.url().to_owned());
    let start = start.at(second, second.url().to_owned()).variable("ACTIVERECORD_BROKEN", broken);
    let coordinator = start.variable(GRACE, "5").failpoint("2pc.prepared=stop").start()?;
    coordinator.until_stopped().await?;
    proxy.to_client().lose();
    coordinator.signal(Signal::CONT)?;
    until("the answer is lost", async || Ok(proxy.to_client().lost() > 0)).await?;
    proxy.pass();
    ended(coordinator, broken).await
}

/// T17. A coordinator that gets no answer to its COMMIT asks for the decision on a new connection.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t17_a_commit_without_an_answer_is_asked_for() -> Result<()> {
    let _alone = ALONE.lock().await;
    let mut committed = 0;
    for pair in one_for_each(|pair| pair.0) {
        let at = format!("{} {}", pair.0.name(), pair.1.name());
        let (first, second) = open(pair, 1).await?;
        let ended = lost_answer(&first, &second, "").await?;
        let ended = ended.ok_or_else(|| Error::invalid(format!("{at}: the coordinator hangs")))?;
        // On a slow machine, the grace can end while the coordinator is stopped.
        assert_eq!(outcome(&first, &second).await?, Some(ended.is_success), "{at}: {ended:?}");
        committed += u32::from(ended.is_success);
    }
    assert!(committed > 0);
    Ok(())
}

/// The broken variant of T17: the coordinator waits for the answer for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t17_a_coordinator_without_limits_hangs() -> Result<()> {
    let _alone = ALONE.lock().await;
    let pair = pairs().into_iter().find(|pair| (pair.0.name(), pair.1.name()) == ("postgres", "mysql"));
    let (first, second) = open(pair.ok_or_else(|| Error::invalid("this test needs PostgreSQL and MySQL"))?, 1).await?;
    let ended = lost_answer(&first, &second, "2pc.limit").await?;
    assert!(ended.is_none(), "{ended:?}");
    recover(&[&first, &second]).await?;
    until("nothing is left", async || Ok(left().await? == 0)).await
}

/// T17. A branch on a silent server is left to recovery: the call returns, because the decision is made.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t17_the_second_phase_does_not_wait_for_a_silent_server() -> Result<()> {
    let _alone = ALONE.lock().await;
    for pair in one_for_each(|pair| pair.1) {
        let at = format!("{} {}", pair.0.name(), pair.1.name());
        let (first, second) = open(pair, 1).await?;
        let proxy = Proxy::new(second.url())?;
        let start = node(&["transfer"], &[&first, &second]).at(&second, proxy.url().to_owned());
        let coordinator = start.variable(GRACE, "2").failpoint("2pc.decided=stop").start()?;
        coordinator.until_stopped().await?;
        proxy.black_hole();
        coordinator.signal(Signal::CONT)?;
        let ended = ended(coordinator, "").await?.ok_or_else(|| Error::invalid(format!("{at}: it hangs")))?;
        assert!(ended.is_success, "{at}: {ended:?}");
        proxy.cut();
        proxy.pass();
        recover(&[&first, &second]).await?;
        until("nothing is left", async || Ok(left().await? == 0)).await?;
        assert_eq!(outcome(&first, &second).await?, Some(true), "{at}");
    }
    Ok(())
}
