use activerecord::prelude::*;
use activerecord::{Branch, InDoubtState};
use rustix::process::Signal;

use super::{left, open, outcome, pairs, recover};
use crate::node::{ALONE, node};
use faults::places::GRACE;
use test_support::until;

/// Before and after each step; whether it is committed when it is killed there.
const POINTS: [(&str, bool); 5] = [
    ("2pc.recorded", false),
    ("2pc.marked", false),
    ("2pc.prepared", false),
    ("2pc.decided", true),
    ("2pc.committed", true),
];

/// T1. Killed at every step, and the recovery killed at its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t1_a_coordinator_that_is_killed_leaves_all_or_nothing() -> Result<()> {
    let _alone = ALONE.lock().await;
    for pair in pairs() {
        let (first, second) = open(pair, 1).await?;
        for (point, commits) in POINTS {
            let at = format!("{} {} {point}", pair.0.name(), pair.1.name());
            let before = (faults::bank::sum(&first).await?, faults::bank::sum(&second).await?);
            let killed = node(&["transfer"], &[&first, &second]).failpoint(&format!("{point}=kill")).run().await?;
            assert!(killed.is_killed, "{at}: {killed:?}");
            // The broken variant: without a recovery it stays in doubt.
            if point == "2pc.prepared" || point == "2pc.decided" {
                assert!(left().await? > 0, "{at}: nothing is left without a recovery");
            }
            // The recovery itself is killed first, if it comes so far.
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

/// The broken variant of T1: two commits, one after the other, and a kill in between.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t1_two_commits_are_torn() -> Result<()> {
    let _alone = ALONE.lock().await;
    for pair in pairs() {
        let (first, second) = open(pair, 1).await?;
        let mut torn = node(&["two commits"], &[&first, &second]).start()?;
        torn.prints("half").await?;
        torn.signal(Signal::KILL)?;
        torn.end().await?;
        recover(&[&first, &second]).await?;
        assert_eq!(outcome(&first, &second).await?, None, "{} {}", pair.0.name(), pair.1.name());
    }
    Ok(())
}

/// T4. A coordinator that stands still between the phases is not waited for for ever where a server decides: its transaction
/// is ended, the rest is rolled back by any of several recoverers, and it reports that when it goes on. Nobody can end what a
/// process has open in a file of SQLite: it is waited for, and commits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t4_a_coordinator_that_stands_still_is_fenced_or_waited_for() -> Result<()> {
    let _alone = ALONE.lock().await;
    for pair in pairs() {
        let (first, second) = open(pair, 1).await?;
        let at = format!("{} {}", pair.0.name(), pair.1.name());
        let stopped = node(&["transfer"], &[&first, &second]).variable(GRACE, "3");
        let stopped = stopped.failpoint("2pc.prepared=stop").start()?;
        stopped.until_stopped().await?;
        let is_fenced = pair.0.name() != "sqlite";
        // MariaDB lets nobody end a branch while the connection that prepared it is open.
        let is_bound = pair.1.name() == "mariadb";
        if is_fenced && !is_bound {
            // Several at once.
            let both = [&first, &second];
            tokio::try_join!(recover(&both), recover(&both), recover(&both))?;
            until("it is rolled back", async || Ok(left().await? == 0)).await?;
        } else {
            let recovered = TwoPhase::recover().await?;
            assert!(!recovered.waiting.is_empty(), "{at}: {recovered:?}");
        }
        if is_fenced {
            // Its transaction is over, nothing is decided, and nothing will be: what it has locked is free.
            let impatient = first.alias("impatient", |config| pair.0.impatient(config))?;
            let is_free = async || Ok(faults::bank::change(&impatient, 1, 0).await.is_ok());
            until("what the deciding transaction has locked is free", is_free).await?;
        }
        stopped.signal(Signal::CONT)?;
        let ended = stopped.end().await?;
        assert_eq!(ended.is_success, !is_fenced, "{at}: {ended:?}");
        assert_eq!(ended.printed.contains("Protocol(\"aborted\")"), is_fenced, "{at}: {ended:?}");
        assert_eq!(outcome(&first, &second).await?, Some(!is_fenced), "{at}");
    }
    Ok(())
}

/// T6. A branch that somebody has rolled back by hand after it was decided to commit is reported, for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t6_a_hand_against_the_decision_is_reported() -> Result<()> {
    let _alone = ALONE.lock().await;
    for pair in pairs() {
        let (first, second) = open(pair, 1).await?;
        let killed = node(&["transfer"], &[&first, &second]).failpoint("2pc.decided=kill").run().await?;
        assert!(killed.is_killed);
        let decided = TwoPhase::survey().await?.in_doubt.into_iter().find(|one| one.state == InDoubtState::Committed);
        let gid = decided.ok_or_else(|| Error::invalid("nothing is decided"))?.gid;
        let branch = Branch::new(&*gid, "b1")?;
        until("it is rolled back", async || Ok(connection(&second)?.rollback_prepared(&branch).await.is_ok())).await?;
        // Decisions of a moment ago are left to their coordinators.
        until("it is reported", async || Ok(TwoPhase::recover().await?.heuristic.contains(&gid))).await?;
        assert!(TwoPhase::recover().await?.heuristic.contains(&gid));
        let in_doubt = TwoPhase::survey().await?.in_doubt.into_iter().find(|one| one.gid == gid);
        let note = in_doubt.and_then(|one| one.note).unwrap_or_default();
        assert!(note.contains(&*second), "{note}");
    }
    Ok(())
}

/// T14. Times are for people: with clocks that have jumped by years in either direction, the same ends.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t14_clocks_that_jump_decide_nothing() -> Result<()> {
    let _alone = ALONE.lock().await;
    for pair in pairs() {
        for (time, (point, commits)) in ["1999-01-01 00:00:00", "2099-01-01 00:00:00"]
            .into_iter()
            .flat_map(|time| [("2pc.prepared", false), ("2pc.decided", true)].map(|point| (time, point)))
        {
            let (first, second) = open(pair, 1).await?;
            node(&["transfer"], &[&first, &second]).failpoint(&format!("{point}=kill")).run().await?;
            if commits {
                let jump = format!("UPDATE ar_2pc SET created_at = '{time}'");
                connection(&first)?.execute(&jump, []).await?;
            }
            recover(&[&first, &second]).await?;
            assert_eq!(outcome(&first, &second).await?, Some(commits), "{time} {point}");
        }
    }
    Ok(())
}
