//! Nested transactions: savepoints.

use activerecord::transaction::Serializable;
use activerecord::{ErrorKind, PoolOptions};
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use test_support::patient_pool;

use super::*;

async fn fail<T>() -> Result<T> {
    Err(Error::invalid("undo"))
}

#[tokio::test]
async fn an_inner_error_undoes_the_inner_part_only() -> Result<()> {
    let db = Airports::new().await;
    with_connection(&db, async || {
        transaction(&db, async || {
            add("JFK").await?;
            let inner = transaction(&db, async || {
                add("LGA").await?;
                transaction(&db, async || add("EWR").await).await?;
                fail::<()>().await
            });
            assert!(inner.await.unwrap_err().is_invalid());
            transaction(&db, async || add("SWF").await).await?;
            assert_eq!(Airport::count().await?, 2);
            add("HPN").await
        })
        .await?;
        assert_eq!(db.committed().await, "HPN JFK SWF");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_outer_error_undoes_all() -> Result<()> {
    let db = Airports::new().await;
    with_connection(&db, async || {
        let outer = transaction(&db, async || {
            transaction(&db, async || add("JFK").await).await?;
            fail::<()>().await
        });
        assert!(outer.await.unwrap_err().is_invalid());
        assert_eq!(db.committed().await, "");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_explicit_savepoint() -> Result<()> {
    let db = Airports::new().await;
    with_connection(&db, async || {
        transaction(&db, async || {
            for (code, keep) in [("JFK", true), ("LGA", false)] {
                let savepoint = Transaction::begin(&*db).await?;
                savepoint.run(async || add(code).await).await?;
                if keep { savepoint.commit().await? } else { savepoint.rollback().await? }
            }
            let dropped = Transaction::begin(&*db).await?;
            dropped.run(async || add("EWR").await).await?;
            drop(dropped);
            assert_eq!(Airport::count().await?, 1);
            Ok(())
        })
        .await?;
        assert_eq!(db.committed().await, "JFK");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_savepoint_has_no_options_of_its_own() -> Result<()> {
    let db = Airports::new().await;
    transaction(&db, async || {
        for begin in [Transaction::begin(&*db).isolation(Serializable), Transaction::begin(&*db).read_only()] {
            let error = begin.await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Transaction);
            assert!(error.message().contains("savepoint"), "{error}");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_panic_inside_keeps_the_outer_part() -> Result<()> {
    let db = Airports::new().await;
    with_connection(&db, async || {
        transaction(&db, async || {
            add("JFK").await?;
            let inner = transaction(&db, async || -> Result<()> {
                add("LGA").await?;
                panic!("inside")
            });
            assert!(AssertUnwindSafe(inner).catch_unwind().await.is_err());
            assert_eq!(Airport::count().await?, 1);
            Ok(())
        })
        .await?;
        assert_eq!(db.committed().await, "JFK");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn concurrent_siblings_do_not_undo_each_other() -> Result<()> {
    let db = Airports::new().await;
    let name = db.database.stepwise(patient_pool(1))?;
    with_connection(&name, async || {
        transaction(&name, async || {
            let nested = async |code: &str, keep: bool| {
                transaction(&name, async || {
                    add(code).await?;
                    add(&code.to_lowercase()).await?;
                    if keep { Ok(()) } else { fail().await }
                })
                .await
            };
            let (a, b, c, d) = tokio::join!(nested("A", true), nested("B", false), add("C"), nested("D", true));
            assert!(a.is_ok() && b.unwrap_err().is_invalid() && c.is_ok() && d.is_ok());
            Ok(())
        })
        .await?;
        assert_eq!(db.committed().await, "A C D a d");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn concurrent_statements_take_turns() -> Result<()> {
    let db = Airports::new().await;
    // They wait for each other, not for a connection of the pool, so the timeout does not apply.
    let name = db.database.stepwise(PoolOptions::new().max_connections(1).acquire_timeout(Duration::ZERO))?;
    with_connection(&name, async || {
        transaction(&name, async || {
            let codes: Vec<_> = (0..20).map(|n| format!("{n:02}")).collect();
            let added = futures_util::future::join_all(codes.iter().map(|code| add(code))).await;
            assert!(added.iter().all(Result::is_ok), "{added:?}");
            let (all, count, exists) =
                tokio::join!(Airport::all(), Airport::count(), Airport::filter(Airport::CODE.eq("07")).exists());
            assert_eq!((all?.len(), count?, exists?), (20, 20, true));
            Ok(())
        })
        .await?;
        assert_eq!(db.committed().await.split(' ').count(), 20);
        Ok(())
    })
    .await
}

/// A statement of the outer handle inside a savepoint is undone with the savepoint, because both use one connection.
#[tokio::test]
async fn the_outer_handle_joins_the_savepoint() -> Result<()> {
    let db = Airports::new().await;
    with_connection(&db, async || {
        let tx = Transaction::begin(&*db).await?;
        tx.run(async || {
            add("JFK").await?;
            let inner = transaction(&db, async || {
                Airport::on(&tx).filter(Airport::CODE.eq("JFK")).update((Airport::CODE.set("LGA"),)).await?;
                tx.run(async || add("EWR").await).await?;
                tx.run(async || transaction(&db, async || add("SWF").await).await).await?;
                assert_eq!(Airport::on(&tx).count().await?, 3);
                fail::<()>().await
            });
            assert!(inner.await.unwrap_err().is_invalid());
            Ok(())
        })
        .await?;
        tx.commit().await?;
        assert_eq!(db.committed().await, "JFK");
        Ok(())
    })
    .await
}

/// A caller that holds an explicit savepoint and uses the outer level would wait for itself. Only this wait reaches the
/// timeout.
#[tokio::test]
async fn the_outer_level_under_an_open_savepoint_is_an_error_not_a_deadlock() -> Result<()> {
    let db = Airports::new().await;
    let name = db.database.stepwise(PoolOptions::new().acquire_timeout(Duration::from_millis(50)))?;
    with_connection(&name, async || {
        let tx = Transaction::begin(&name).await?;
        let savepoint = tx.run(async || Transaction::begin(&name).await).await?;
        let error = Airport::on(&tx).count().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Transaction);
        assert!(error.message().contains("has an open transaction inside it"), "{error}");
        savepoint.run(async || add("JFK").await).await?;
        savepoint.commit().await?;
        assert_eq!(Airport::on(&tx).count().await?, 1);

        let savepoint = tx.run(async || Transaction::begin(&name).await).await?;
        let error = tx.commit().await.unwrap_err();
        assert!(error.message().contains("has an open transaction inside it"), "{error}");
        drop(savepoint);
        assert_eq!(db.committed().await, "");

        let tx = Transaction::begin(&name).await?;
        let savepoint = tx.run(async || Transaction::begin(&name).await).await?;
        let error = tx.rollback().await.unwrap_err();
        assert!(error.message().contains("has an open transaction inside it"), "{error}");
        drop(savepoint);
        assert_eq!(db.committed().await, "");
        Ok(())
    })
    .await
}

/// A transaction that is dropped during a statement ends with the statement, also if a query still refers to it.
#[tokio::test]
async fn a_query_of_a_dropped_transaction_holds_no_connection() -> Result<()> {
    let db = Airports::new().await;
    let name = db.database.stepwise(patient_pool(1))?;
    with_connection(&name, async || {
        let tx = Transaction::begin(&name).await?;
        let savepoint = tx.run(async || Transaction::begin(&name).await).await?;
        let kept = Airport::on(&savepoint);
        let (counted, ()) = tokio::join!(kept.clone().count(), async { drop(savepoint) });
        counted?;
        tx.run(async || add("JFK").await).await?;
        let (counted, ()) = tokio::join!(Airport::on(&tx).count(), async { drop(tx) });
        counted?;
        add("LGA").await?;
        assert_eq!(kept.count().await.unwrap_err().kind(), ErrorKind::Transaction);
        assert_eq!(db.committed().await, "LGA");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_deep_nesting_is_an_error_not_a_stack_overflow() -> Result<()> {
    async fn deeper(name: &str, depth: usize) -> Result<usize> {
        Box::pin(transaction(name, async || if depth == 0 { Ok(0) } else { Ok(deeper(name, depth - 1).await? + 1) }))
            .await
    }
    let db = Airports::new().await;
    assert_eq!(deeper(&db, 30).await?, 30);
    let error = deeper(&db, 10_000).await.unwrap_err();
    assert!(error.message().contains("scopes or transactions are nested"), "{error}");
    assert_eq!(db.committed().await, "");
    Ok(())
}
