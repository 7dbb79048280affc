//! Commits, rollbacks, and the statements that join a transaction.

use activerecord::transaction::{ReadCommitted, ReadUncommitted, RepeatableRead, Serializable};
use activerecord::{ErrorKind, try_transaction};
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;

#[tokio::test]
async fn a_transaction_commits_with_ok_and_rolls_back_with_an_error() -> Result<()> {
    let db = Airports::new().await;
    with_connection(&db, async || {
        let id = transaction(&db, async || {
            let mut airport = airport("JFK");
            airport.save().await?;
            Ok(airport.id)
        })
        .await?;
        assert_eq!(Airport::find(id).await?.code, "JFK");

        let failed: Result<()> = transaction(&db, async || {
            add("LGA").await?;
            Err(Error::invalid("no room"))
        })
        .await;
        assert!(failed.unwrap_err().is_invalid());
        assert_eq!(db.committed().await, "JFK");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_explicit_transaction() -> Result<()> {
    let db = Airports::new().await;
    with_connection(&db, async || {
        let tx = Transaction::begin(&*db).independent().await?;
        tx.run(async || add("JFK").await).await?;
        assert_eq!(Airport::on(&tx).count().await?, 1);
        assert_eq!(Airport::count().await?, 0, "outside `run` no statement joins it");
        tx.commit().await?;
        assert_eq!(db.committed().await, "JFK");

        let tx = Transaction::begin(&*db).await?;
        tx.run(async || add("LGA").await).await?;
        tx.rollback().await?;
        assert_eq!(db.committed().await, "JFK");

        let tx = Transaction::begin(&*db).await?;
        tx.run(async || add("EWR").await).await?;
        drop(tx);
        assert_eq!(db.committed().await, "JFK");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn begin_can_run_a_closure() -> Result<()> {
    let db = Airports::new().await;
    with_connection(&db, async || {
        for isolation in [ReadUncommitted, ReadCommitted, RepeatableRead, Serializable] {
            let code = format!("{isolation:?}");
            Transaction::begin(&*db).isolation(isolation).run(async || add(&code).await).await?;
        }
        assert_eq!(db.committed().await, "ReadCommitted ReadUncommitted RepeatableRead Serializable");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn every_kind_of_statement_joins() -> Result<()> {
    let db = Airports::new().await;
    with_connection(&db, async || {
        let tx = Transaction::begin(&*db).independent().await?;
        tx.run(async || {
            Airport::bulk_insert(&[airport("JFK"), airport("LGA"), airport("EWR"), airport("SWF")]).await?;
            Airport::insert_or_update(&airport("JFK"), [Airport::CODE]).await?;
            connection(&db)?.execute("UPDATE airports SET code = lower(code) WHERE code = ?", ["LGA"]).await?;
            Airport::filter(Airport::CODE.eq("EWR")).delete().await?;
            let mut codes = Vec::new();
            let mut batches = Airport::query().batch(2);
            while let Some(airports) = batches.next().await? {
                codes.extend(airports.into_iter().map(|airport| airport.code));
            }
            assert_eq!(codes, ["JFK", "lga", "SWF"]);
            let mut rows = Airport::query().stream();
            assert_eq!(rows.next().await?.map(|airport| airport.code).as_deref(), Some("JFK"));
            drop(rows);
            assert_eq!(connection(&db)?.query("SELECT 1 FROM airports", []).await?.len(), 3);
            assert_eq!(Airport::raw_query("SELECT * FROM airports", []).all().await?.len(), 3);
            Ok(())
        })
        .await?;
        assert_eq!(Airport::count().await?, 0);
        Airport::on(&tx).filter(Airport::CODE.eq("SWF")).update((Airport::CODE.set("HPN"),)).await?;
        tx.commit().await?;
        assert_eq!(db.committed().await, "HPN JFK lga");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_query_after_its_transaction_is_an_error() -> Result<()> {
    let db = Airports::new().await;
    with_connection(&db, async || {
        for end in ["committed", "rolled back", "dropped"] {
            let tx = Transaction::begin(&*db).await?;
            let (query, rows) = (Airport::on(&tx), Airport::on(&tx).stream());
            match end {
                "committed" => tx.commit().await?,
                "rolled back" => tx.rollback().await?,
                _ => drop(tx),
            }
            for error in [query.clone().all().await.unwrap_err(), query.delete().await.unwrap_err(), {
                let mut rows = rows;
                rows.next().await.unwrap_err()
            }] {
                assert_eq!(error.kind(), ErrorKind::Transaction);
                assert!(error.message().contains(&format!("is already {end}")), "{error}");
                assert_eq!((error.connection(), error.model()), (Some(&*db), Some("Airport")));
            }
            assert_eq!(Airport::count().await?, 0);
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_read_only_transaction_refuses_writes() -> Result<()> {
    let db = Airports::new().await;
    with_connection(&db, async || {
        add("JFK").await?;
        let read = Transaction::begin(&*db).read_only().run(async || {
            // It does not block writers.
            db.take_the_lock().await?;
            Airport::count().await
        });
        assert_eq!(read.await?, 1);
        let refused = Transaction::begin(&*db).read_only().run(async || add("LGA").await).await.unwrap_err();
        assert!(refused.is_read_only(), "{refused}");
        // The connection is not read-only afterwards.
        add("EWR").await?;
        assert_eq!(db.committed().await, "EWR JFK");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_transaction_belongs_to_one_connection() -> Result<()> {
    let (db, other) = (Airports::new().await, Airports::new().await);
    let failed: Result<()> = transaction(&db, async || {
        with_connection(&db, async || add("JFK").await).await?;
        with_connection(&other, async || add("LGA").await).await?;
        assert_eq!(other.committed().await, "LGA", "the statement does not join the transaction of another connection");
        Airport::with_connection(&other, async || {
            Airport::transaction(async || add("EWR").await).await?;
            assert_eq!(other.committed().await, "EWR LGA");
            Ok(())
        })
        .await?;
        Err(Error::invalid("undo"))
    })
    .await;
    assert!(failed.unwrap_err().is_invalid());
    assert_eq!((db.committed().await, other.committed().await), (String::new(), "EWR LGA".into()));
    Ok(())
}

#[tokio::test]
async fn a_transaction_belongs_to_its_task() -> Result<()> {
    let db = Airports::new().await;
    with_connection(&db, async || {
        transaction(&db, async || {
            add("JFK").await?;
            let there = tokio::spawn(async { Airport::count().await }.in_current_connections());
            assert_eq!(there.await.map_err(Error::custom)??, 0);
            let there = activerecord::spawn(async { Airport::count().await });
            assert_eq!(there.await.map_err(Error::custom)??, 0);
            assert_eq!(Airport::count().await?, 1);
            Ok(())
        })
        .await
    })
    .await
}

#[tokio::test]
async fn an_unknown_connection_fails_before_the_closure_runs() {
    let ran = AtomicBool::new(false);
    let error = transaction("nowhere", async || {
        ran.store(true, Ordering::Relaxed);
        Ok(())
    });
    assert!(error.await.unwrap_err().is_configuration());
    assert!(Transaction::begin("nowhere").await.unwrap_err().is_configuration());
    assert!(!ran.load(Ordering::Relaxed));
}

#[derive(Debug)]
enum Refusal {
    Full(u32),
    Database(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

#[tokio::test]
async fn errors_of_the_callers_own() -> Result<()> {
    let db = Airports::new().await;
    with_connection(&db, async || {
        let refused = try_transaction(&db, async || {
            add("JFK").await?;
            Err::<(), _>(Refusal::Full(3))
        });
        assert!(matches!(refused.await, Err(Refusal::Full(3))));
        let failed = try_transaction(&db, async || {
            add("JFK").await?;
            add("JFK").await?;
            Ok::<_, Refusal>(())
        });
        assert!(matches!(failed.await, Err(Refusal::Database(error)) if error.is_unique_violation()));

        let custom = transaction(&db, async || {
            add("JFK").await?;
            Err::<(), _>(Error::custom(std::fmt::Error))
        });
        let custom = custom.await.unwrap_err();
        assert_eq!(custom.kind(), ErrorKind::Custom);
        assert!(custom.downcast_ref::<std::fmt::Error>().is_some());
        assert_eq!(db.committed().await, "");
        Ok(())
    })
    .await
}
