//! T15. An operator ends a transaction by force, while its coordinator decides.

use activerecord::InDoubtState;
use activerecord::prelude::*;
use rustix::process::Signal;

use super::{left, open, outcome, recover, some_pairs};
use crate::node::{ALONE, Ended, Node, Start, node};
use test_support::{Database, until};

/// Returns the id of the only undecided transaction.
async fn undecided() -> Result<String> {
    let all = TwoPhase::survey().await?.in_doubt;
    let undecided = all.into_iter().find(|one| one.state == InDoubtState::Undecided && !one.branches.is_empty());
    Ok(undecided.ok_or_else(|| Error::invalid("no transaction is undecided"))?.gid)
}

/// Starts a transfer, and waits until it is stopped before its decision.
async fn stopped_coordinator(first: &Database, second: &Database, then: &str) -> Result<Node> {
    let plan = format!("2pc.prepared=stop{then}");
    let coordinator = node(&["transfer"], &[first, second]).failpoint(&plan).start()?;
    coordinator.until_stopped().await?;
    Ok(coordinator)
}

/// An operator who reads that a transaction is undecided, and is stopped before the next step. Meanwhile its coordinator
/// continues to its end.
async fn raced(operator: Start<'_>, coordinator: Node) -> Result<(Node, Ended)> {
    let operator = operator.failpoint("2pc.scanned=stop").start()?;
    operator.until_stopped().await?;
    coordinator.signal(Signal::CONT)?;
    Ok((operator, coordinator.end_by_itself().await?))
}

/// The number of rows of a table.
async fn count(bank: &str, table: &str) -> Result<i64> {
    connection(bank)?.query(&format!("SELECT COUNT(*) FROM {table}"), []).await?[0].get(0)
}

/// T15. The operator reads "undecided", then the coordinator commits and is killed. The abort by force is refused, and
/// recovery completes the commit.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t15_an_abort_by_force_never_reverses_a_decision() -> Result<()> {
    let _alone = ALONE.lock().await;
    for pair in some_pairs() {
        let at = format!("{} {}", pair.0.name(), pair.1.name());
        let (first, second) = open(pair, 1).await?;
        let both = [&first, &second];
        let coordinator = stopped_coordinator(&first, &second, ",2pc.decided=kill").await?;
        let gid = undecided().await?;
        let (operator, killed) = raced(node(&["force", "abort", &gid], &both), coordinator).await?;
        assert!(killed.is_killed, "{at}: {killed:?}");
        operator.signal(Signal::CONT)?;
        let refused = operator.end().await?;
        assert!(!refused.is_success && refused.printed.contains("Unsupported"), "{at}: {refused:?}");
        recover(&both).await?;
        until("nothing is left", async || Ok(left().await? == 0)).await?;
        assert_eq!(outcome(&first, &second).await?, Some(true), "{at}");
    }
    Ok(())
}

/// The broken variant of T15: the operator ignores that the key of the decision is taken.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t15_an_abort_that_ignores_the_key_reverses_a_decision() -> Result<()> {
    let _alone = ALONE.lock().await;
    for pair in some_pairs() {
        let (first, second) = open(pair, 1).await?;
        let both = [&first, &second];
        let coordinator = stopped_coordinator(&first, &second, ",2pc.decided=kill").await?;
        let gid = undecided().await?;
        let broken = || node(&["force", "abort", &gid], &both).variable("ACTIVERECORD_BROKEN", "2pc.force");
        let (operator, killed) = raced(broken(), coordinator).await?;
        assert!(killed.is_killed, "{killed:?}");
        operator.signal(Signal::CONT)?;
        let mut ended = operator.end().await?;
        // MariaDB cannot end a branch before it has closed the connection of the killed coordinator.
        while ended.printed.contains("InDoubt") {
            ended = broken().run().await?;
        }
        assert!(ended.is_success, "{ended:?}");
        assert_eq!(outcome(&first, &second).await?, None, "{} {}", pair.0.name(), pair.1.name());
    }
    Ok(())
}

/// T15. While the coordinator is running, no outcome can be forced: it can still decide.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t15_no_outcome_is_forced_while_the_coordinator_can_decide() -> Result<()> {
    let _alone = ALONE.lock().await;
    for pair in some_pairs() {
        let at = format!("{} {}", pair.0.name(), pair.1.name());
        let (first, second) = open(pair, 1).await?;
        let coordinator = stopped_coordinator(&first, &second, "").await?;
        let gid = undecided().await?;
        for how in ["abort", "commit"] {
            let refused = node(&["force", how, &gid], &[&first, &second]).run().await?;
            assert!(!refused.is_success && refused.printed.contains("InDoubt"), "{at}: {refused:?}");
        }
        coordinator.signal(Signal::CONT)?;
        let ended = coordinator.end().await?;
        assert!(ended.is_success, "{at}: {ended:?}");
        assert_eq!(outcome(&first, &second).await?, Some(true), "{at}");
        assert_eq!(left().await?, 0, "{at}");
    }
    Ok(())
}

/// T15. The coordinator commits all branches and deletes its records after the operator has read "undecided". Then the key
/// is free again. The operator reports that nothing is prepared, and records no outcome.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t15_a_completed_transaction_is_not_recorded_as_forced() -> Result<()> {
    let _alone = ALONE.lock().await;
    for pair in some_pairs() {
        let at = format!("{} {}", pair.0.name(), pair.1.name());
        let (first, second) = open(pair, 1).await?;
        let coordinator = stopped_coordinator(&first, &second, "").await?;
        let gid = undecided().await?;
        let (operator, ended) = raced(node(&["force", "abort", &gid], &[&first, &second]), coordinator).await?;
        assert!(ended.is_success, "{at}: {ended:?}");
        // The process ended before it deleted its records.
        connection(&first)?.execute("DELETE FROM ar_2pc", []).await?;
        connection(&second)?.execute("DELETE FROM ar_2pc_mark", []).await?;
        operator.signal(Signal::CONT)?;
        let refused = operator.end().await?;
        assert!(!refused.is_success && refused.printed.contains("NotFound"), "{at}: {refused:?}");
        assert_eq!((outcome(&first, &second).await?, count(&first, "ar_2pc").await?), (Some(true), 0), "{at}");
    }
    Ok(())
}

/// T15. A recorded outcome is not reversed either: one that was forced before, and a decision that a branch ended against.
/// The rows are those that earlier versions wrote.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t15_a_forced_outcome_is_not_reversed() -> Result<()> {
    let _alone = ALONE.lock().await;
    for pair in some_pairs() {
        let at = format!("{} {}", pair.0.name(), pair.1.name());
        let (first, second) = open(pair, 1).await?;
        let both = [&first, &second];
        let branch = format!("[{{\"connection\":\"{}\",\"label\":\"b1\"}}]", &*second);
        let lost = "the decision is to commit, but the branches on [\"a\"] were rolled back";
        let rows = [
            ("[]", "committed by force: a fire", "commit", "abort", "committed by force: a fire"),
            ("[]", "rolled back by force: a fire", "abort", "commit", "rolled back by force: a fire"),
            (&*branch, lost, "commit", "abort", &format!("{lost}; committed by force: a test")),
        ];
        for (participants, note, same, other, expected) in rows {
            node(&["transfer"], &both).failpoint("2pc.prepared=kill").run().await?;
            let gid = undecided().await?;
            let row =
                "INSERT INTO ar_2pc (gid, state, participants, created_at, note) VALUES (?, 'heuristic', ?, ?, ?)";
            let now = connection(&first)?.now().await?;
            // The server ends the transaction of the killed coordinator soon.
            until("the key of the decision is free", async || {
                let inserted = connection(&first)?.execute(row, params![&*gid, participants, now, note]).await;
                Ok(inserted.is_ok())
            })
            .await?;
            let refused = node(&["force", other, &gid], &both).run().await?;
            assert!(!refused.is_success && refused.printed.contains("Unsupported"), "{at} {note}: {refused:?}");
            until("the same outcome is forced", async || {
                let forced = node(&["force", same, &gid], &both).run().await?;
                assert!(forced.is_success || forced.printed.contains("InDoubt"), "{at} {note}: {forced:?}");
                Ok(forced.is_success)
            })
            .await?;
            let found: String = connection(&first)?.query("SELECT note FROM ar_2pc", []).await?[0].get(0)?;
            assert_eq!((&*found, left().await?), (expected, 0), "{at}");
            connection(&first)?.execute("DELETE FROM ar_2pc", []).await?;
        }
    }
    Ok(())
}
