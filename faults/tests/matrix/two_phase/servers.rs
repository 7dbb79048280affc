//! A server is killed: `postgres-2` or `mariadb-2`, which no other part of the run uses.

use activerecord::prelude::*;
use faults::bank;
use rustix::process::Signal;

use super::{left, outcome};
use crate::node::{ALONE, is_long, node};
use crate::server::{MARIADB, POSTGRES, Server};
use test_support::Profile;
use test_support::{is_left_out, until};

const TABLE: &str = "CREATE TABLE accounts (id BIGINT PRIMARY KEY, balance BIGINT NOT NULL)";

/// The names of the connections, which are the same in every process.
const FIRST: &str = "killed-first";
const SECOND: &str = "killed-second";

/// Registers the connections, and creates the accounts.
async fn banks(first: Server, second: Server) -> Result<()> {
    for (name, server) in [(FIRST, first), (SECOND, second)] {
        server.open(name, TABLE).await?;
        bank::open(name, 1).await?;
    }
    Ok(())
}

/// Removes the connections.
async fn remove_banks() -> Result<()> {
    ConnectionManager::remove(FIRST).await?;
    ConnectionManager::remove(SECOND).await
}

/// T2. A server is killed while the coordinator is stopped between two steps, and is restarted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t2_a_transaction_with_a_killed_server_is_atomic() -> Result<()> {
    let _alone = ALONE.lock().await;
    if is_left_out("postgres-2") || is_left_out("mariadb-2") {
        return Ok(());
    }
    let points: &[&str] = match is_long() {
        true => &["2pc.recorded", "2pc.marked", "2pc.prepared", "2pc.decided", "2pc.committed"],
        false => &["2pc.prepared", "2pc.decided"],
    };
    for (first, second) in [(POSTGRES, MARIADB), (MARIADB, POSTGRES)] {
        for victim in [first, second] {
            for point in points {
                let at = format!("{first:?} {second:?} {point}, {victim:?} killed");
                banks(first, second).await?;
                let places = |what: &str| -> Result<_> {
                    Ok(node(&[what], &[]).at(FIRST, first.url()?).at(SECOND, second.url()?))
                };
                let stopped = places("transfer")?.failpoint(&format!("{point}=stop")).start()?;
                stopped.until_stopped().await?;
                victim.kill().await?;
                stopped.signal(Signal::CONT)?;
                victim.restart().await?;
                let ended = stopped.end().await?;
                let recovered = places("recover")?.run().await?;
                let nothing = until("nothing is left", async || Ok(left().await.is_ok_and(|left| left == 0))).await;
                nothing.map_err(|error| error.context(format_args!("{at}: {ended:?} {recovered:?}")))?;
                let moved = outcome(FIRST, SECOND).await?;
                // If the coordinator reported an outcome, it is the right one.
                let reported = ended
                    .is_success
                    .then_some(true)
                    .or(ended.printed.contains("Protocol(\"aborted\")").then_some(false));
                assert!(moved.is_some(), "{at}: {ended:?} {recovered:?}");
                assert!(reported.is_none() || reported == moved, "{at}: {moved:?} {ended:?} {recovered:?}");
                remove_banks().await?;
            }
        }
    }
    Ok(())
}

/// T13. A recovery reports a database that is down, and still ends the transactions of the other databases.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t13_recovery_continues_when_a_database_is_down() -> Result<()> {
    let _alone = ALONE.lock().await;
    if is_left_out("postgres-2") || is_left_out("mariadb-2") || is_left_out("postgres") || is_left_out("mariadb") {
        return Ok(());
    }
    banks(POSTGRES, MARIADB).await?;
    let find = |name: &str| Profile::all().into_iter().find(|profile| profile.name() == name);
    let (Some(one), Some(other)) = (find("postgres"), find("mariadb")) else { return Ok(()) };
    let (first, second) = super::open((one, other), 1).await?;
    let places =
        |what: &str| -> Result<_> { Ok(node(&[what], &[]).at(FIRST, POSTGRES.url()?).at(SECOND, MARIADB.url()?)) };
    places("transfer")?.failpoint("2pc.decided=kill").run().await?;
    node(&["transfer"], &[&first, &second]).failpoint("2pc.decided=kill").run().await?;
    MARIADB.kill().await?;
    // One recovery may not be enough: MariaDB cannot end a branch before it has closed the connection of the killed
    // coordinator.
    until("the transaction of the other databases is committed", async || {
        let recovered = TwoPhase::recover().await?;
        assert!(recovered.unreachable.iter().any(|(name, _)| name == SECOND), "{recovered:?}");
        Ok(outcome(&first, &second).await? == Some(true))
    })
    .await?;
    MARIADB.restart().await?;
    until("the transaction of the restarted database is committed", async || {
        TwoPhase::recover().await?;
        Ok(outcome(FIRST, SECOND).await.is_ok_and(|outcome| outcome == Some(true)))
    })
    .await?;
    remove_banks().await
}

/// T2. A confirmed commit survives the kill of the server, also for a transaction that has a name and was not prepared.
/// (The test fails with `XA COMMIT .. ONE PHASE`, because MariaDB confirms it before it is durable.)
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t2_a_confirmed_commit_survives_the_kill_of_its_server() -> Result<()> {
    let _alone = ALONE.lock().await;
    if is_left_out("postgres-2") || is_left_out("mariadb-2") {
        return Ok(());
    }
    banks(POSTGRES, MARIADB).await?;
    for (name, server, gid) in [(FIRST, POSTGRES, None), (SECOND, MARIADB, None), (SECOND, MARIADB, Some("t2"))] {
        let before = bank::sum(name).await?;
        let begin = Transaction::begin(name);
        let transaction = match gid {
            Some(gid) => begin.branch(gid).await?,
            None => begin.await?,
        };
        transaction.run(async || bank::change(name, 1, 5).await).await?;
        transaction.commit().await?;
        server.kill().await?;
        server.restart().await?;
        until("the server answers", async || Ok(bank::sum(name).await.is_ok())).await?;
        let left = connection(name)?.prepared().await?.into_iter().filter(|prepared| prepared.branch.is_some()).count();
        assert_eq!((bank::sum(name).await?, left), (before + 5, 0), "{name}");
    }
    remove_banks().await
}
