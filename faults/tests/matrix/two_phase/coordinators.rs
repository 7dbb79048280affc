//! A coordinator or a recovery is killed or stopped: T1, T4, T6, T14.

use activerecord::prelude::*;
use activerecord::{Branch, InDoubtState};
use chrono::TimeZone as _;
use rustix::process::Signal;

use super::{left, open, outcome, pairs, recover};
use crate::node::{ALONE, node};
use faults::places::GRACE;
use test_support::until;

/// The points before and after each step, and whether the transaction commits if its coordinator is killed there.
const POINTS: [(&str, bool); 5] = [
    ("2pc.recorded", false),
    ("2pc.marked", false),
    ("2pc.prepared", false),
    ("2pc.decided", true),
    ("2pc.committed", true),
];

/// T1. The coordinator is killed at every step, and so is the recovery.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t1_a_transaction_of_a_killed_coordinator_is_atomic() -> Result<()> {
    let _alone = ALONE.lock().await;
    for pair in pairs() {
        let (first, second) = open(pair, 1).await?;
        for (point, commits) in POINTS {
            let at = format!("{} {} {point}", pair.0.name(), pair.1.name());
            let before = (faults::bank::sum(&first).await?, faults::bank::sum(&second).await?);
            let killed = node(&["transfer"], &[&first, &second]).failpoint(&format!("{point}=kill")).run().await?;
            assert!(killed.is_killed, "{at}: {killed:?}");
            // The broken variant: without a recovery, the transaction stays in doubt.
            if point == "2pc.prepared" || point == "2pc.decided" {
                assert!(left().await? > 0, "{at}: nothing is left without a recovery");
            }
            // The first recovery is killed, if it finds a transaction.
            node(&["recover"], &[&first, &second]).failpoint("2pc.recovered=kill").run().await?;
            recover(&[&first, &second]).await?;
            until("nothing is left", async || Ok(left().await? == 0)).await?;
            let after = (faults::bank::sum(&first).await?, faults::bank::sum(&second).await?);
            let moved = i64::from(commits) * 10;
            assert_eq!(after, (before.0 - moved, before.1 + moved), "{at}");
        }
    }
    Ok(())
}

/// The broken variant of T1: two commits, and the process is killed between them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t1_two_commits_are_not_atomic() -> Result<()> {
    let _alone = ALONE.lock().await;
    for pair in pairs() {
        let (first, second) = open(pair, 1).await?;
        let mut torn = node(&["two commits"], &[&first, &second]).start()?;
        torn.until_printed("half").await?;
        torn.signal(Signal::KILL)?;
        torn.end().await?;
        recover(&[&first, &second]).await?;
        assert_eq!(outcome(&first, &second).await?, None, "{} {}", pair.0.name(), pair.1.name());
    }
    Ok(())
}

/// T4. A coordinator is stopped between the phases. If the commit point is a server, it ends the transaction after the
/// grace time, several concurrent recoveries roll back the branch, and the coordinator reports the abort when it
/// continues. If the commit point is an SQLite file, no other process can end its transaction: the recovery waits, and
/// the coordinator commits when it continues.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t4_a_stopped_coordinator_is_fenced_or_recovery_waits() -> Result<()> {
    let _alone = ALONE.lock().await;
    for pair in pairs() {
        let (first, second) = open(pair, 1).await?;
        let at = format!("{} {}", pair.0.name(), pair.1.name());
        let stopped = node(&["transfer"], &[&first, &second]).variable(GRACE, "3");
        let stopped = stopped.failpoint("2pc.prepared=stop").start()?;
        stopped.until_stopped().await?;
        let is_fenced = pair.0.name() != "sqlite";
        // In MariaDB, a branch cannot be ended while the connection that prepared it is open.
        let is_bound = pair.1.name() == "mariadb";
        if is_fenced && !is_bound {
            // Several recoveries at once.
            let both = [&first, &second];
            tokio::try_join!(recover(&both), recover(&both), recover(&both))?;
            until("the branch is rolled back", async || Ok(left().await? == 0)).await?;
        } else {
            let recovered = TwoPhase::recover().await?;
            assert!(!recovered.waiting.is_empty(), "{at}: {recovered:?}");
        }
        if is_fenced {
            // The transaction at the commit point has ended without a decision, so its locks are free.
            let impatient = first.alias("impatient", |config| pair.0.impatient(config))?;
            let is_free = async || Ok(faults::bank::change(&impatient, 1, 0).await.is_ok());
            until("the locks at the commit point are free", is_free).await?;
        }
        stopped.signal(Signal::CONT)?;
        let ended = stopped.end().await?;
        assert_eq!(ended.is_success, !is_fenced, "{at}: {ended:?}");
        assert_eq!(ended.printed.contains("Protocol(\"aborted\")"), is_fenced, "{at}: {ended:?}");
        assert_eq!(outcome(&first, &second).await?, Some(!is_fenced), "{at}");
    }
    Ok(())
}

/// T6. An operator rolls back a branch after the decision to commit. Every recovery reports it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t6_a_branch_that_ends_against_the_decision_is_reported() -> Result<()> {
    let _alone = ALONE.lock().await;
    for pair in pairs() {
        let (first, second) = open(pair, 1).await?;
        let killed = node(&["transfer"], &[&first, &second]).failpoint("2pc.decided=kill").run().await?;
        assert!(killed.is_killed);
        let decided = TwoPhase::survey().await?.in_doubt.into_iter().find(|one| one.state == InDoubtState::Committed);
        let gid = decided.ok_or_else(|| Error::invalid("there is no decision"))?.gid;
        let branch = Branch::new(&*gid, "b1")?;
        until("the branch is rolled back", async || Ok(connection(&second)?.rollback_prepared(&branch).await.is_ok()))
            .await?;
        // Recovery leaves a new decision to its coordinator for some seconds.
        until("the branch is reported", async || Ok(TwoPhase::recover().await?.heuristic.contains(&gid))).await?;
        assert!(TwoPhase::recover().await?.heuristic.contains(&gid));
        let in_doubt = TwoPhase::survey().await?.in_doubt.into_iter().find(|one| one.gid == gid);
        let note = in_doubt.and_then(|one| one.note).unwrap_or_default();
        assert!(note.contains(&*second), "{note}");
    }
    Ok(())
}

/// T14. No outcome depends on a clock: a decision has its effect even if its time is years in the past or in the
/// future.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t14_no_outcome_depends_on_a_clock() -> Result<()> {
    let _alone = ALONE.lock().await;
    for pair in pairs() {
        for (year, (point, commits)) in [1999, 2099]
            .into_iter()
            .flat_map(|year| [("2pc.prepared", false), ("2pc.decided", true)].map(|point| (year, point)))
        {
            let (first, second) = open(pair, 1).await?;
            node(&["transfer"], &[&first, &second]).failpoint(&format!("{point}=kill")).run().await?;
            if commits {
                let time = chrono::Utc.with_ymd_and_hms(year, 1, 1, 0, 0, 0).single();
                let jumped = connection(&first)?.execute("UPDATE ar_2pc SET created_at = ?", [time]).await?;
                assert_eq!(jumped, 1, "{year}: the decision");
            }
            recover(&[&first, &second]).await?;
            assert_eq!(
                outcome(&first, &second).await?,
                Some(commits),
                "{} {} {year} {point}",
                pair.0.name(),
                pair.1.name()
            );
        }
    }
    Ok(())
}
