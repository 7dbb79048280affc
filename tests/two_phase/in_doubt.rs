//! Prepared branches whose coordinator is dead, and how they are ended.

use activerecord::prelude::*;
use activerecord::{Branch, InDoubtState};

use crate::{ALONE, balance, change, is_left, preparing, until};

/// Leaves a prepared branch, as a coordinator does that dies after the prepare.
pub(crate) async fn leave(bank: &str, gid: &str) -> Result<Branch> {
    let branch = Branch::new(gid, "b0")?;
    let transaction = Transaction::begin(bank).branch(branch.clone()).await?;
    transaction.run(async || change(bank, 1).await).await?;
    drop(transaction.prepare_as(branch.clone()).await?);
    Ok(branch)
}

/// T7. A branch of another program is reported, and not changed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t7_foreign_transactions_are_not_changed() -> Result<()> {
    let _alone = ALONE.lock().await;
    for bank in preparing().await? {
        // A foreign id, and an id of this library whose commit point is not configured here.
        for gid in [format!("theirs-{}", Uuid::now_v7()), format!("ar1-nowhere0-{}", Uuid::now_v7().simple())] {
            let branch = leave(&bank, &gid).await?;
            let recovered = TwoPhase::recover().await?;
            assert!(recovered.foreign.contains(&gid), "{recovered:?}");
            let in_doubt = TwoPhase::in_doubt().await?;
            let ours = in_doubt.iter().find(|one| one.gid == gid);
            assert_eq!(ours.map(|ours| ours.state), Some(InDoubtState::Foreign));
            assert!(is_left(&gid).await?);
            // An operator decides.
            until("it is rolled back", async || Ok(connection(&bank)?.rollback_prepared(&branch).await.is_ok()))
                .await?;
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_in_doubt_can_be_forced() -> Result<()> {
    let _alone = ALONE.lock().await;
    for bank in preparing().await? {
        for commits in [false, true] {
            let gid = format!("ar1-nowhere0-{}", Uuid::now_v7().simple());
            leave(&bank, &gid).await?;
            loop {
                let forced = match commits {
                    true => TwoPhase::force_commit(&gid, "its database burned down").await,
                    false => TwoPhase::force_abort(&gid, "its database burned down").await,
                };
                match forced {
                    Ok(()) => break,
                    Err(error) => assert!(error.is_in_doubt(), "{error}"),
                }
            }
            assert_eq!((balance(&bank).await?, is_left(&gid).await?), (100 + i64::from(commits), false));
            let again = TwoPhase::force_abort(&gid, "again").await;
            assert!(again.is_err_and(|error| error.is_not_found()));
        }
    }
    Ok(())
}
