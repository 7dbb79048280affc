//! How transactions across databases end when nothing is killed.

use std::sync::atomic::{AtomicU32, Ordering};

use activerecord::outbox::Task;
use activerecord::prelude::*;

use crate::{ALONE, Account, balance, bank, change, left, prepares, preparing, transfer};
use test_support::Profile;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_are_committed_or_none_on_every_pair() -> Result<()> {
    let _alone = ALONE.lock().await;
    for first in Profile::all() {
        for second in Profile::all() {
            let (from, to) = (bank(first).await?, bank(second).await?);
            let pair = format!("from {} to {}", first.name(), second.name());
            let done = transfer(&from, &to, 30).await;
            if !prepares(&from).await? && !prepares(&to).await? {
                let error = done.err().ok_or_else(|| Error::invalid("two that cannot prepare were let in"))?;
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
async fn any_number_of_them_takes_part() -> Result<()> {
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

/// One that did work alone needs no second phase; none needs nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_that_did_nothing_take_no_part() -> Result<()> {
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

/// T8. An error that the body swallows has left its transaction in doubt: all are rolled back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t8_an_error_that_is_swallowed_aborts_all() -> Result<()> {
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
    // Undone to a savepoint, it is no error any more.
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

/// It goes on to its end, or to its rollback, when nobody waits for it any more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_is_dropped_ends_as_one() -> Result<()> {
    let _alone = ALONE.lock().await;
    let banks = preparing().await?;
    for round in 0..60_u64 {
        let all = async {
            two_phase(banks.iter().map(|bank| &**bank), async || {
                for bank in &banks {
                    change(bank, 1).await?;
                }
                Ok(())
            })
            .await
        };
        let pause = std::time::Duration::from_micros(round * 300);
        let _ = tokio::time::timeout(pause, all).await;
        let mut balances = Vec::new();
        loop {
            balances.clear();
            for bank in &banks {
                // Waits for the locks of a transaction that is still under way.
                let locked = transaction(bank, async || {
                    Account::using(bank).filter(Account::ID.eq(1)).for_update().one().await.map(|one| one.balance)
                });
                balances.push(locked.await?);
            }
            if balances.iter().all(|one| *one == balances[0]) {
                break;
            }
            // Seen between the commits of two of them.
            assert!(left().await? > 0 || balance(&banks[0]).await? == balance(&banks[1]).await?, "{balances:?}");
        }
    }
    Ok(())
}

/// O14. A message that is enqueued in it is there exactly if it is committed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn o14_a_message_is_part_of_it() -> Result<()> {
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
