//! T20. The records of transactions: how long a decision is kept, which records are deleted, and those of earlier versions.

use activerecord::prelude::*;
use chrono::{DateTime, TimeDelta, TimeZone as _, Utc};
use rustix::process::Signal;

use super::{left, open, outcome, recover, some_pairs};
use crate::node::{ALONE, node};
use test_support::{Database, until};

/// Leaves a transaction whose coordinator was killed at this point.
async fn leave(first: &Database, second: &Database, point: &str) -> Result<()> {
    let killed = node(&["transfer"], &[first, second]).failpoint(&format!("{point}=kill")).run().await?;
    assert!(killed.is_killed, "{killed:?}");
    Ok(())
}

/// Recovers, without the seconds in which recovery leaves a new decision to its coordinator.
async fn recover_now(first: &Database, second: &Database, broken: &str) -> Result<()> {
    let broken = format!("2pc.young,{broken}");
    let recovered = node(&["recover"], &[first, second]).variable("ACTIVERECORD_BROKEN", &broken).run().await?;
    assert!(recovered.is_success, "{recovered:?}");
    Ok(())
}

async fn count(bank: &str, what: &str) -> Result<i64> {
    connection(bank)?.query(&format!("SELECT COUNT(*) FROM {what}"), []).await?[0].get(0)
}

async fn set(bank: &str, column: &str, time: Option<DateTime<Utc>>) -> Result<()> {
    let set = connection(bank)?.execute(&format!("UPDATE ar_2pc SET {column} = ?"), [time]).await?;
    assert_eq!(set, 1, "the decision");
    Ok(())
}

/// T20. A decision is kept for some time after a recovery has found that all branches have ended, by the clock of its
/// database. Its coordinator, which was slow before the COMMIT and lost the answer, still finds it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t20_a_decision_is_kept_after_its_end() -> Result<()> {
    let _alone = ALONE.lock().await;
    for pair in some_pairs() {
        let at = format!("{} {}", pair.0.name(), pair.1.name());
        let (first, second) = open(pair, 1).await?;
        leave(&first, &second, "2pc.decided").await?;
        // The coordinator was slow after it had written the row, or the clock was wrong.
        set(&first, "created_at", Utc.with_ymd_and_hms(1999, 1, 1, 0, 0, 0).single()).await?;
        for _ in 0..2 {
            recover_now(&first, &second, "").await?;
            assert_eq!(outcome(&first, &second).await?, Some(true), "{at}");
            assert_eq!(count(&first, "ar_2pc WHERE finished_at IS NOT NULL").await?, 1, "{at}");
        }
        // A time in the future was written by a wrong clock, and is replaced.
        let now = connection(&first)?.now().await?;
        set(&first, "finished_at", Some(now + TimeDelta::days(400))).await?;
        recover_now(&first, &second, "").await?;
        let after = connection(&first)?.now().await?;
        let sooner =
            connection(&first)?.execute("UPDATE ar_2pc SET note = 'x' WHERE finished_at <= ?", [after]).await?;
        assert_eq!(sooner, 1, "{at}");
        // Ten minutes later.
        set(&first, "finished_at", Some(after - TimeDelta::seconds(601))).await?;
        recover_now(&first, &second, "").await?;
        assert_eq!((count(&first, "ar_2pc").await?, count(&second, "ar_2pc_mark").await?), (0, 0), "{at}");
    }
    Ok(())
}

/// The broken variant of T20: the time of the decision row counts. A coordinator that asks now would be told "abort".
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t20_a_decision_that_is_kept_since_its_creation_is_deleted_too_early() -> Result<()> {
    let _alone = ALONE.lock().await;
    for pair in some_pairs() {
        let (first, second) = open(pair, 1).await?;
        leave(&first, &second, "2pc.decided").await?;
        set(&first, "created_at", Utc.with_ymd_and_hms(1999, 1, 1, 0, 0, 0).single()).await?;
        recover_now(&first, &second, "2pc.finished").await?;
        assert_eq!(count(&first, "ar_2pc").await?, 0, "{} {}", pair.0.name(), pair.1.name());
        assert_eq!(outcome(&first, &second).await?, Some(true));
    }
    Ok(())
}

/// T20. A coordinator deletes the records of its transactions, but not one with a heuristic outcome: that is the
/// operator's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t20_a_heuristic_outcome_is_not_deleted() -> Result<()> {
    let _alone = ALONE.lock().await;
    for pair in some_pairs() {
        let at = format!("{} {}", pair.0.name(), pair.1.name());
        for broken in [false, true] {
            let (first, second) = open(pair, 1).await?;
            let start = node(&["two transfers"], &[&first, &second]).failpoint("2pc.committed=stop");
            let start = if broken { start.variable("ACTIVERECORD_BROKEN", "2pc.forget") } else { start };
            let mut coordinator = start.start()?;
            coordinator.until_stopped().await?;
            let row = "UPDATE ar_2pc SET state = 'heuristic', note = 'seen'";
            assert_eq!(connection(&first)?.execute(row, []).await?, 1, "{at}");
            coordinator.signal(Signal::CONT)?;
            coordinator.until_printed("transferred").await?;
            until("the other records are deleted", async || {
                Ok(count(&first, "ar_2pc WHERE state = 'commit'").await? == 0)
            })
            .await?;
            // The decisions are deleted before the marks.
            let kept = i64::from(!broken);
            until("the other marks are deleted", async || Ok(count(&second, "ar_2pc_mark").await? == kept)).await?;
            assert_eq!(count(&first, "ar_2pc WHERE note = 'seen'").await?, kept, "{at}");
            coordinator.end().await?;
        }
    }
    Ok(())
}

/// Makes the tables and rows those of a version before `finished_at` and `identity`.
async fn make_old(first: &Database) -> Result<()> {
    let old = ["ALTER TABLE ar_2pc DROP COLUMN finished_at", "ALTER TABLE ar_2pc_store DROP COLUMN identity"];
    for statement in old {
        connection(first)?.execute(statement, []).await?;
    }
    for row in connection(first)?.query("SELECT gid, participants FROM ar_2pc", []).await? {
        let (gid, participants) = (row.get::<String>(0)?, row.get::<String>(1)?);
        let old = participants.split(",\"database\"").next().map(|start| format!("{start}}}]")).unwrap_or_default();
        connection(first)?.execute("UPDATE ar_2pc SET participants = ? WHERE gid = ?", [old, gid]).await?;
    }
    Ok(())
}

/// T20. Transactions in doubt whose records an earlier version wrote are ended, and its tables get the new columns.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t20_transactions_of_an_earlier_version_are_recovered() -> Result<()> {
    let _alone = ALONE.lock().await;
    for pair in some_pairs() {
        for (point, commits) in [("2pc.decided", true), ("2pc.prepared", false)] {
            let at = format!("{} {} {point}", pair.0.name(), pair.1.name());
            let (first, second) = open(pair, 1).await?;
            leave(&first, &second, point).await?;
            make_old(&first).await?;
            let names = count(&first, "ar_2pc_store").await?;
            recover(&[&first, &second]).await?;
            until("nothing is left", async || Ok(left().await? == 0)).await?;
            assert_eq!(outcome(&first, &second).await?, Some(commits), "{at}");
            // The next transaction uses a name that belongs to the identity of the database.
            let made = node(&["transfer"], &[&first, &second]).run().await?;
            assert!(made.is_success, "{at}: {made:?}");
            let identified = count(&first, "ar_2pc_store WHERE identity IS NOT NULL").await?;
            assert_eq!((names, count(&first, "ar_2pc_store").await?, identified), (1, 2, 1), "{at}");
        }
    }
    Ok(())
}
