//! Databases that cannot take part, and transactions that cannot be prepared. The error says why, and no branch is left.

use activerecord::prelude::*;

use crate::{ALONE, balance, bank, change, left, prepares, preparing, transfer, until_none_is_left};
use test_support::Profile;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invalid_participants_are_refused() -> Result<()> {
    let _alone = ALONE.lock().await;
    let banks = preparing().await?;
    let [first, second, ..] = &banks[..] else { return Err(Error::invalid("these tests need two servers")) };
    let twice = transfer(first, first, 1).await;
    assert!(twice.is_err_and(|error| error.is_configuration() && error.message().contains("named twice")));
    let nowhere = transfer(first, "nowhere", 1).await;
    assert!(nowhere.is_err_and(|error| error.is_configuration()));
    let inside = transaction(first, async || transfer(first, second, 1).await).await;
    assert!(inside.is_err_and(|error| error.message().contains("is open on")));
    let none = two_phase([], async || Ok(())).await;
    assert!(none.is_err_and(|error| error.is_configuration()));
    Ok(())
}

/// T12. Two files, a database in memory, and a file whose commits are not durable.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t12_files_that_cannot_be_the_commit_point_are_refused() -> Result<()> {
    let _alone = ALONE.lock().await;
    let banks = preparing().await?;
    let mut files = Vec::new();
    for profile in Profile::all() {
        let one = bank(profile).await?;
        if !prepares(&one).await? {
            files.push((one, bank(profile).await?));
        }
    }
    let folder = tempfile::tempdir().map_err(Error::custom)?;
    for (first, second) in &files {
        let two = transfer(first, second, 1).await;
        assert!(two.as_ref().is_err_and(Error::is_unsupported), "{two:?}");
        for (name, url) in [
            ("t12 in memory", "sqlite::memory:".to_owned()),
            ("t12 normal", format!("sqlite://{}/normal.db?mode=rwc&synchronous=normal", folder.path().display())),
        ] {
            ConnectionManager::configure(name, url)?;
            let refused = transfer(name, &banks[0], 1).await;
            let error = refused.err().ok_or_else(|| Error::invalid("it was accepted"))?;
            assert!(error.is_unsupported() && error.message().contains(name), "{error}");
            ConnectionManager::remove(name).await?;
        }
    }
    Ok(())
}

/// T12. If the COMMIT of the file fails, all are rolled back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t12_a_commit_that_fails_aborts_all() -> Result<()> {
    let _alone = ALONE.lock().await;
    let banks = preparing().await?;
    for profile in Profile::all() {
        let one = bank(profile).await?;
        if prepares(&one).await? {
            continue;
        }
        // A deferred constraint fails at the COMMIT, as a full disk does.
        connection(&one)?.execute("CREATE TABLE parents (id INTEGER PRIMARY KEY)", []).await?;
        let children = "CREATE TABLE children (parent INTEGER REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED)";
        connection(&one)?.execute(children, []).await?;
        let done = two_phase([&*one, &*banks[0]], async || {
            change(&banks[0], 1).await?;
            connection(&one)?.execute("INSERT INTO children VALUES (7)", []).await.map(drop)
        })
        .await;
        assert!(done.as_ref().is_err_and(Error::is_aborted), "{done:?}");
        assert_eq!((balance(&banks[0]).await?, left().await?), (100, 0));
    }
    Ok(())
}

/// T9. A server refuses to prepare: the error is typed and says what to do, and the connections stay usable.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t9_a_refused_prepare_leaves_nothing() -> Result<()> {
    let _alone = ALONE.lock().await;
    let banks = preparing().await?;
    let mut refused = 0;
    for bank in &banks {
        // The other one is the commit point, so that this one is prepared.
        let Some(other) = banks.iter().find(|other| ***other != **bank) else { continue };
        for statement in ["NOTIFY t9", "CREATE TEMPORARY TABLE t9 (id INT)"] {
            let done = two_phase([&**other, &**bank], async || {
                change(other, 1).await?;
                change(bank, 1).await?;
                connection(bank)?.execute(statement, []).await.map(drop)
            })
            .await;
            let Err(error) = done else { continue };
            refused += usize::from(error.is_aborted() && error.message().contains("cannot be prepared"));
            until_none_is_left().await?;
        }
        transfer(other, bank, 1).await?;
    }
    // PostgreSQL refuses both. The other servers do not have NOTIFY, or refuse for other reasons.
    assert!(refused >= 2, "{refused}");
    Ok(())
}

/// T10. The victim of a deadlock can only be rolled back, so all are rolled back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t10_a_deadlock_victim_aborts_all() -> Result<()> {
    let _alone = ALONE.lock().await;
    use std::sync::Arc;
    use tokio::sync::Barrier;
    for bank in preparing().await? {
        let others = preparing().await?;
        crate::Account::with_connection(&bank, async || crate::Account { id: 0, balance: 100 }.insert().await).await?;
        let met = Arc::new(Barrier::new(2));
        let both = [(1_i64, 2_i64, 0_usize), (2, 1, 1)].map(|(first, second, other)| {
            let (met, bank, other) = (Arc::clone(&met), bank.to_string(), others[other].to_string());
            tokio::spawn(async move {
                let touch = async |id: i64| {
                    let account = crate::Account::using(&bank).filter(crate::Account::ID.eq(id));
                    account.update((crate::Account::BALANCE.add(1),)).await.map(drop)
                };
                two_phase([&*other, &*bank], async || {
                    change(&other, 1).await?;
                    touch(first).await?;
                    met.wait().await;
                    touch(second).await
                })
                .await
            })
        });
        let [one, two] = both;
        let (one, two) = (one.await.map_err(Error::custom)?, two.await.map_err(Error::custom)?);
        let victims = [&one, &two].iter().filter(|end| end.as_ref().is_err_and(Error::is_retryable)).count();
        assert_eq!(victims, 1, "{one:?} {two:?}");
        let ends = [(&one, &others[0]), (&two, &others[1])];
        for (end, other) in ends {
            assert_eq!(balance(other).await?, 100 + i64::from(end.is_ok()));
        }
        assert_eq!(left().await?, 0);
    }
    Ok(())
}

/// T10. A table of an engine without transactions would keep its rows after a rollback.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t10_a_table_without_transactions_is_refused() -> Result<()> {
    let _alone = ALONE.lock().await;
    let banks = preparing().await?;
    let mut found = 0;
    for bank in &banks {
        if connection(bank)?.execute("CREATE TABLE old (id INT) ENGINE = MyISAM", []).await.is_err() {
            continue;
        }
        let other =
            banks.iter().find(|other| ***other != **bank).ok_or_else(|| Error::invalid("there is only one server"))?;
        let refused = transfer(other, bank, 1).await;
        let error = refused.err().ok_or_else(|| Error::invalid("it was accepted"))?;
        assert!(error.is_unsupported() && error.message().contains("InnoDB"), "{error}");
        let findings = TwoPhase::doctor().await?;
        assert!(findings.iter().any(|finding| finding.connection == **bank && finding.mend.contains("InnoDB")));
        found += 1;
    }
    assert!(found > 0);
    Ok(())
}
