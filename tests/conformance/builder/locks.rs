//! Locking reads.

use super::*;

/// The SQL of each kind. A database without row locks refuses it.
#[tokio::test]
async fn of_every_kind() -> Result<()> {
    with_data(async || {
        let name = HERE.with(Clone::clone);
        transaction(&name, async || {
            let ids = || Flight::order_by(Flight::ID.asc()).limit(2).select(Flight::ID);
            check("for_update", ids().for_update(), [1, 2]).await?;
            check("for_share", ids().for_share(), [1, 2]).await?;
            check("skip_locked", ids().skip_locked(), [1, 2]).await?;
            check("nowait", ids().for_update().nowait(), [1, 2]).await?;
            check("for_share_nowait", ids().for_share().nowait(), [1, 2]).await?;
            let joined =
                Flight::query().left_join(Plane::TAILNUM.eq(Flight::TAILNUM)).filter(Flight::ID.eq(5)).for_update();
            check("for_update_of_a_join", joined, [(flight(5), None)]).await
        })
        .await
    })
    .await
}

#[tokio::test]
async fn outside_a_transaction_are_refused() -> Result<()> {
    with_data(async || {
        let error = Flight::query().for_update().all().await.unwrap_err();
        assert!(error.to_string().contains("wrap it in transaction("), "{error}");
        assert!(Flight::query().for_update().stream().next().await.is_err());
        Ok(())
    })
    .await
}

#[tokio::test]
async fn of_derived_rows_are_refused() -> Result<()> {
    with_data(async || {
        let name = HERE.with(Clone::clone);
        for query in [
            Flight::query().distinct().for_update(),
            Flight::query().union(Flight::query()).for_update(),
            Flight::filter(Flight::ID.is_in(Flight::query().for_update().select(Flight::ID))),
        ] {
            let error = transaction(&name, async || query.all().await).await.unwrap_err();
            assert!(error.is_unsupported(), "{error}");
        }
        Ok(())
    })
    .await
}

/// Rows that another transaction has locked are skipped, or fail at once.
#[tokio::test]
async fn of_locked_rows() -> Result<()> {
    let db = database().await?;
    if !connection(&db)?.capabilities().row_locks {
        // Without row locks the query is refused, as in `of_every_kind`.
        let error = transaction(&db, async || Flight::using(&db).skip_locked().all().await).await.unwrap_err();
        assert!(error.is_unsupported(), "{error}");
        return Ok(());
    }
    let holder = Transaction::begin(&*db).await?;
    let held = Flight::on(&holder).filter(Flight::ID.is_in([1, 2])).for_update().all().await?;
    assert_eq!(held.len(), 2);
    let other = Transaction::begin(&*db).await?;
    let free = Flight::on(&other).order_by(Flight::ID.asc()).skip_locked().select(Flight::ID).all().await?;
    assert_eq!(free, [3, 4, 5, 6]);
    other.rollback().await?;
    let third = Transaction::begin(&*db).await?;
    let error = Flight::on(&third).filter(Flight::ID.eq(1)).nowait().all().await.unwrap_err();
    assert!(error.is_retryable(), "{error:?}");
    third.rollback().await?;
    holder.rollback().await
}
