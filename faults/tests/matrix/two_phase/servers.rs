//! Servers that are killed: `postgres-2` and `mariadb-2`, which nothing else in the run uses.

use activerecord::prelude::*;
use faults::bank;
use rustix::process::Signal;

use super::{left, outcome};
use crate::node::{ALONE, is_long, node};
use crate::server::{MARIADB, POSTGRES, Server};
use test_support::Profile;
use test_support::{is_left_out, until};

const TABLE: &str = "CREATE TABLE accounts (id BIGINT PRIMARY KEY, balance BIGINT NOT NULL)";

/// Names that are the same in every process.
const FIRST: &str = "killed-first";
const SECOND: &str = "killed-second";

async fn banks(first: Server, second: Server) -> Result<()> {
    for (name, server) in [(FIRST, first), (SECOND, second)] {
        server.open(name, TABLE).await?;
        bank::open(name, 1).await?;
    }
    Ok(())
}

async fn gone() -> Result<()> {
    ConnectionManager::remove(FIRST).await?;
    ConnectionManager::remove(SECOND).await
}

/// T2. Each server is killed while the coordinator stands between two steps, and comes back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t2_a_server_that_is_killed_leaves_all_or_nothing() -> Result<()> {
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
                // What was answered is so; what was not is one or the other.
                let told = ended
                    .is_success
                    .then_some(true)
                    .or(ended.printed.contains("Protocol(\"aborted\")").then_some(false));
                assert!(moved.is_some(), "{at}: {ended:?} {recovered:?}");
                assert!(told.is_none() || told == moved, "{at}: {moved:?} {ended:?} {recovered:?}");
                gone().await?;
            }
        }
    }
    Ok(())
}

/// T13. A database that is down during a recovery is reported, and keeps no other transaction from its end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t13_a_dead_database_stops_no_other_recovery() -> Result<()> {
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
    // Once is not enough: MariaDB ends no branch before it notices that the connection of the killed coordinator is closed.
    until("the transaction of the other databases is committed", async || {
        let recovered = TwoPhase::recover().await?;
        assert!(recovered.unreachable.iter().any(|(name, _)| name == SECOND), "{recovered:?}");
        Ok(outcome(&first, &second).await? == Some(true))
    })
    .await?;
    MARIADB.restart().await?;
    until("the other one is committed, too", async || {
        TwoPhase::recover().await?;
        Ok(outcome(FIRST, SECOND).await.is_ok_and(|outcome| outcome == Some(true)))
    })
    .await?;
    gone().await
}

/// T2. A commit that was answered survives the server, also of a transaction that might have been prepared and was not.
/// (MariaDB answers `XA COMMIT .. ONE PHASE` before it is durable: with that, this is red.)
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t2_a_commit_by_hand_survives_its_server() -> Result<()> {
    let _alone = ALONE.lock().await;
    if is_left_out("postgres-2") || is_left_out("mariadb-2") {
        return Ok(());
    }
    banks(POSTGRES, MARIADB).await?;
    for (name, server) in [(FIRST, POSTGRES), (SECOND, MARIADB)] {
        let transaction = Transaction::begin(name).await?;
        transaction.run(async || bank::change(name, 1, 5).await).await?;
        transaction.commit().await?;
        server.kill().await?;
        server.restart().await?;
        until("it answers", async || Ok(bank::sum(name).await.is_ok())).await?;
        let left = connection(name)?.prepared().await?.into_iter().filter(|prepared| prepared.branch.is_some()).count();
        assert_eq!((bank::sum(name).await?, left), (105, 0), "{name}");
    }
    gone().await
}
