//! Explicit transactions that are prepared under one global id.

use activerecord::prelude::*;

use crate::{ALONE, balance, change, is_left, preparing};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn explicit_transactions_are_prepared_under_one_id() -> Result<()> {
    let _alone = ALONE.lock().await;
    let banks = preparing().await?;
    for commits in [true, false] {
        for (from, to) in banks.iter().zip(banks.iter().skip(1)) {
            let (before_from, before_to) = (balance(from).await?, balance(to).await?);
            let gid = format!("by-hand-{}", Uuid::now_v7());
            let (first, second) =
                (Transaction::begin(&**from).branch(&gid).await?, Transaction::begin(&**to).branch(&gid).await?);
            first.run(async || change(from, -10).await).await?;
            second.run(async || change(to, 10).await).await?;
            let (first, second) = (first.prepare().await?, second.prepare().await?);
            let in_doubt = TwoPhase::in_doubt().await?;
            let ours = in_doubt.iter().find(|one| one.gid == gid);
            assert_eq!(ours.map(|ours| ours.branches.len()), Some(2), "{in_doubt:?}");
            let moved = if commits {
                first.commit().await?;
                second.commit().await?;
                10
            } else {
                first.rollback().await?;
                second.rollback().await?;
                0
            };
            assert_eq!((balance(from).await?, balance(to).await?), (before_from - moved, before_to + moved));
            assert!(!is_left(&gid).await?);
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invalid_id_is_refused() -> Result<()> {
    let _alone = ALONE.lock().await;
    for bank in preparing().await? {
        let refused = Transaction::begin(&*bank).branch("it's").await;
        assert!(refused.as_ref().is_err_and(Error::is_configuration), "{refused:?}");
        assert_eq!(balance(&bank).await?, 100);
    }
    Ok(())
}

/// A transaction without a name is a plain one on every database.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_without_a_name_is_not_prepared() -> Result<()> {
    let _alone = ALONE.lock().await;
    for bank in preparing().await? {
        let transaction = Transaction::begin(&*bank).await?;
        transaction.run(async || change(&bank, 1).await).await?;
        let refused = transaction.prepare().await;
        assert!(refused.as_ref().is_err_and(|error| error.message().contains(".branch(gid)")), "{refused:?}");
        assert_eq!(balance(&bank).await?, 100);
    }
    Ok(())
}
