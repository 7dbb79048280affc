//! T19. A database is copied with its rows, or a name in the configuration is given to another database. Neither is taken
//! for the original.

use activerecord::prelude::*;
use faults::bank;

use super::{left, open, outcome, recover, some_pairs};
use crate::node::{ALONE, Ended, node, profiles};
use test_support::{Database, Profile, until};

/// The rows that name a database.
const NAMES: &str = "SELECT number, name, identity FROM ar_2pc_store";

/// Makes `copy` look like a copy of `original`: both have had transactions with `other`.
async fn copy_names(original: &Database, copy: &Database, other: &Database) -> Result<()> {
    for bank in [copy, original] {
        let made = node(&["transfer"], &[bank, other]).run().await?;
        assert!(made.is_success, "{made:?}");
    }
    connection(copy)?.execute("DELETE FROM ar_2pc_store", []).await?;
    for row in connection(original)?.query(NAMES, []).await? {
        let values = params![row.get::<i64>(0)?, row.get::<String>(1)?, row.get::<Option<String>>(2)?];
        connection(copy)?.execute("INSERT INTO ar_2pc_store VALUES (?, ?, ?)", values).await?;
    }
    Ok(())
}

/// A recovery in a process that has the copy instead of the original. The original has a decision to commit.
async fn recovery_with_the_copy(first: &Database, second: &Database, broken: &str) -> Result<Ended> {
    let copy = Database::on(first.profile(), &[bank::ACCOUNTS]).await?;
    bank::open(&copy, 1).await?;
    copy_names(first, &copy, second).await?;
    let killed = node(&["transfer"], &[first, second]).failpoint("2pc.decided=kill").run().await?;
    assert!(killed.is_killed, "{killed:?}");
    let recovery = || node(&["recover"], &[&copy, second]).variable("ACTIVERECORD_BROKEN", broken).run();
    let recovered = recovery().await?;
    // The copy is a database of its own: new transactions get another name.
    let blocked = left().await? > 0;
    let own = node(&["begin and roll back"], &[&copy, second]).run().await?;
    assert!(own.is_success, "{own:?}");
    let names = connection(&copy)?.query(NAMES, []).await?;
    assert_eq!((names.len(), blocked), (2, broken.is_empty()), "{recovered:?}");
    Ok(recovered)
}

/// T19. A recovery that knows only a copy of the commit point reports the transaction and does not roll it back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t19_a_copied_database_is_not_the_commit_point() -> Result<()> {
    let _alone = ALONE.lock().await;
    for pair in some_pairs() {
        let at = format!("{} {}", pair.0.name(), pair.1.name());
        let (first, second) = open(pair, 1).await?;
        let recovered = recovery_with_the_copy(&first, &second, "").await?;
        assert!(recovered.printed.contains("aborted: [], waiting: [], foreign: [\"ar1-"), "{at}: {recovered:?}");
        recover(&[&first, &second]).await?;
        until("nothing is left", async || Ok(left().await? == 0)).await?;
        // Two transfers from the original, one from the copy.
        assert_eq!((bank::sum(&first).await?, bank::sum(&second).await?), (80, 130), "{at}");
    }
    Ok(())
}

/// The broken variant of T19: a name alone identifies the commit point.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t19_a_name_alone_rolls_back_a_decided_branch() -> Result<()> {
    let _alone = ALONE.lock().await;
    for pair in some_pairs() {
        let at = format!("{} {}", pair.0.name(), pair.1.name());
        let (first, second) = open(pair, 1).await?;
        let recovered = recovery_with_the_copy(&first, &second, "2pc.identity").await?;
        recover(&[&first, &second]).await?;
        assert_eq!((bank::sum(&first).await?, bank::sum(&second).await?), (80, 120), "{at}: {recovered:?}");
    }
    Ok(())
}

/// A recovery in a process in which the name of the participant is that of another database, on another kind of server.
async fn recovery_with_another(pair: (&Profile, &Profile), broken: &str) -> Result<(Database, Database, Ended)> {
    let find = |name: &str| profiles().find(|profile| profile.name() == name);
    let (Some(one), Some(two)) = (find(pair.0.name()), find(pair.1.name())) else {
        return Err(Error::invalid("a database of this run is missing"));
    };
    let third =
        profiles().find(|third| third.name() != "sqlite" && third.name() != one.name() && third.name() != two.name());
    let third = third.ok_or_else(|| Error::invalid("this test needs three servers"))?;
    let (first, second) = open((one, two), 1).await?;
    let third = Database::on(third, &[bank::ACCOUNTS]).await?;
    bank::open(&third, 1).await?;
    // It has the tables of a participant.
    let made = node(&["begin and roll back"], &[&first, &third]).run().await?;
    assert!(made.is_success, "{made:?}");
    let killed = node(&["transfer"], &[&first, &second]).failpoint("2pc.decided=kill").run().await?;
    assert!(killed.is_killed, "{killed:?}");
    let start = node(&["recover when the input ends"], &[&first]).at(&second, third.url().to_owned());
    let ended = start.variable("ACTIVERECORD_BROKEN", &format!("2pc.young,{broken}")).run().await?;
    assert!(ended.is_success, "{ended:?}");
    Ok((first, second, ended))
}

/// T19. The name of a participant is given to another database. It does not have the branch, which proves nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t19_another_database_is_not_the_participant() -> Result<()> {
    let _alone = ALONE.lock().await;
    for pair in some_pairs() {
        let at = format!("{} {}", pair.0.name(), pair.1.name());
        let (first, second, ended) = recovery_with_another(pair, "").await?;
        assert!(ended.printed.contains("waiting: [\"ar1-"), "{at}: {ended:?}");
        recover(&[&first, &second]).await?;
        until("nothing is left", async || Ok(left().await? == 0)).await?;
        assert_eq!(outcome(&first, &second).await?, Some(true), "{at}");
    }
    Ok(())
}

/// The broken variant of T19: a name alone identifies the participant, so a branch that is prepared counts as rolled back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t19_a_name_alone_reports_a_false_heuristic() -> Result<()> {
    let _alone = ALONE.lock().await;
    for pair in some_pairs() {
        let at = format!("{} {}", pair.0.name(), pair.1.name());
        let (first, second, ended) = recovery_with_another(pair, "2pc.identity").await?;
        assert!(ended.printed.contains("heuristic: [\"ar1-"), "{at}: {ended:?}");
        recover(&[&first, &second]).await?;
        assert_eq!(outcome(&first, &second).await?, None, "{at}");
        // The branch must not disturb the other tests.
        for prepared in connection(&second)?.prepared().await? {
            if let Some(branch) = prepared.branch {
                let end = async || Ok(connection(&second)?.rollback_prepared(&branch).await.is_ok());
                until("the branch is rolled back", end).await?;
            }
        }
    }
    Ok(())
}
