//! The outcomes of transactions across databases without a crash.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use activerecord::outbox::Task;
use activerecord::prelude::*;
use tokio::time::timeout;

use crate::{ALONE, Account, balance, bank, change, left, prepares, preparing, transfer};
use test_support::Profile;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_or_none_are_committed_on_every_pair() -> Result<()> {
    let _alone = ALONE.lock().await;
    for first in Profile::all() {
        for second in Profile::all() {
            let (from, to) = (bank(first).await?, bank(second).await?);
            let pair = format!("from {} to {}", first.name(), second.name());
            let done = transfer(&from, &to, 30).await;
            if !prepares(&from).await? && !prepares(&to).await? {
                let error =
                    done.err().ok_or_else(|| Error::invalid("two databases that cannot prepare were accepted"))?;
                assert!(error.is_unsupported() && error.message().contains("saga"), "{pair}: {error}");
                assert_eq!((balance(&from).await?, balance(&to).await?), (100, 100), "{pair}");
                continue;
            }
            done.map_err(|error| error.context(&pair))?;
            assert_eq!((balance(&from).await?, balance(&to).await?), (70, 130), "{pair}");
            let refused = transfer(&from, &to, 80).await;
            assert!(refused.as_ref().is_err_and(Error::is_check_violation), "{pair}: {refused:?}");
            assert_eq!((balance(&from).await?, balance(&to).await?), (70, 130), "{pair}");
            assert_eq!(left().await?, 0, "{pair}");
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_number_of_databases_takes_part() -> Result<()> {
    let _alone = ALONE.lock().await;
    let mut banks = preparing().await?;
    for profile in Profile::all() {
        let one = bank(profile).await?;
        if !prepares(&one).await? {
            banks.push(one);
        }
    }
    two_phase(banks.iter().map(|bank| &**bank), async || {
        for bank in &banks {
            change(bank, 1).await?;
        }
        Ok(())
    })
    .await?;
    for bank in &banks {
        assert_eq!(balance(bank).await?, 101);
    }
    Ok(())
}

/// If only one participant did any work, it commits in one phase. If none did, nothing is committed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unused_participants_take_no_part() -> Result<()> {
    let _alone = ALONE.lock().await;
    let banks = preparing().await?;
    let names = || banks.iter().map(|bank| &**bank);
    assert_eq!(two_phase(names(), async || Ok(7)).await?, 7);
    for bank in &banks {
        two_phase(names(), async || change(bank, 1).await).await?;
        assert_eq!(balance(bank).await?, 101);
    }
    Ok(())
}

/// T8. After an error that the body swallows, its transaction can only be rolled back, so all are rolled back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t8_a_swallowed_error_aborts_all() -> Result<()> {
    let _alone = ALONE.lock().await;
    let banks = preparing().await?;
    for wrong in 0..banks.len() {
        let done = two_phase(banks.iter().map(|bank| &**bank), async || {
            for (index, bank) in banks.iter().enumerate() {
                change(bank, 1).await?;
                if index == wrong {
                    let swallowed = change(bank, -1_000).await;
                    assert!(swallowed.is_err_and(|error| error.is_check_violation()));
                }
            }
            Ok(())
        })
        .await;
        assert!(done.as_ref().is_err_and(Error::is_aborted), "{done:?}");
        for bank in &banks {
            assert_eq!((balance(bank).await?, left().await?), (100, 0));
        }
    }
    // A rollback to a savepoint undoes the failure.
    two_phase(banks.iter().map(|bank| &**bank), async || {
        for bank in &banks {
            change(bank, 1).await?;
            let undone = transaction(bank, async || change(bank, -1_000).await).await;
            assert!(undone.is_err_and(|error| error.is_check_violation()));
        }
        Ok(())
    })
    .await?;
    for bank in &banks {
        assert_eq!(balance(bank).await?, 101);
    }
    Ok(())
}

static COMMITTED: AtomicU32 = AtomicU32::new(0);

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[table = "accounts"]
#[hooks]
struct Watched {
    id: i64,
    balance: i64,
}

impl Hooks for Watched {
    async fn after_commit(&self, _: &Change) -> Result<()> {
        COMMITTED.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hooks_run_when_all_are_committed() -> Result<()> {
    let _alone = ALONE.lock().await;
    let banks = preparing().await?;
    let write = async |fails: bool| {
        two_phase(banks.iter().map(|bank| &**bank), async || {
            for bank in &banks {
                let balance = i64::from(!fails) * 7;
                Watched::with_connection(bank, async || Watched { id: 0, balance }.insert().await).await?;
            }
            if fails { Err(Error::invalid("no")) } else { Ok(()) }
        })
        .await
    };
    assert!(write(true).await.is_err_and(|error| error.is_invalid()));
    assert_eq!(COMMITTED.load(Ordering::Relaxed), 0);
    write(false).await?;
    assert_eq!(COMMITTED.load(Ordering::Relaxed) as usize, banks.len());
    Ok(())
}

/// A dropped call continues in the background, to its commit or to its rollback.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_call_commits_all_or_none() -> Result<()> {
    let _alone = ALONE.lock().await;
    let banks = preparing().await?;
    let change_all = async || {
        two_phase(banks.iter().map(|bank| &**bank), async || {
            for bank in &banks {
                change(bank, 1).await?;
            }
            Ok(())
        })
        .await
    };
    // The first call connects and creates tables; the second one shows how long a call takes on this machine.
    change_all().await?;
    let started = Instant::now();
    change_all().await?;
    let undisturbed = started.elapsed();
    for round in 0..60_u32 {
        // From nothing to one and a half calls.
        let _ = timeout(undisturbed * round / 40, change_all()).await;
        let mut balances = Vec::new();
        loop {
            balances.clear();
            for bank in &banks {
                // Waits for the locks of a transaction that is still running.
                let locked = transaction(bank, async || {
                    Account::using(bank).filter(Account::ID.eq(1)).for_update().one().await.map(|one| one.balance)
                });
                balances.push(locked.await?);
            }
            if balances.iter().all(|one| *one == balances[0]) {
                break;
            }
            // Read between the commits of two participants.
            assert!(left().await? > 0 || balance(&banks[0]).await? == balance(&banks[1]).await?, "{balances:?}");
        }
    }
    Ok(())
}

/// O14. A message that the body enqueues exists if and only if the transaction is committed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn o14_a_message_is_part_of_the_transaction() -> Result<()> {
    let _alone = ALONE.lock().await;
    let banks = preparing().await?;
    for bank in &banks {
        Outbox::install(bank).await?;
    }
    for fails in [true, false] {
        let done = two_phase(banks.iter().map(|bank| &**bank), async || {
            for bank in &banks {
                change(bank, 1).await?;
                Outbox::enqueue("changed", &1).on(bank).await?;
            }
            if fails { Err(Error::invalid("no")) } else { Ok(()) }
        });
        assert_eq!(done.await.is_err(), fails);
        for bank in &banks {
            let messages = activerecord::Message::using(bank).count().await?;
            assert_eq!(messages, u64::from(!fails), "{}", &**bank);
        }
    }
    for bank in &banks {
        let handled = Worker::new(&**bank).handle("changed", async |_: Task<i32>| Ok(())).run_once().await?;
        assert_eq!(handled, 1);
    }
    Ok(())
}
