//! After a failed statement a transaction can only be rolled back, on every database.

use super::*;
use activerecord::ErrorKind;
use test_support::{patient_pool, polled};

/// A model whose key type is smaller than that of the table.
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[table = "airports"]
struct Small {
    id: i16,
    code: String,
}

#[tokio::test]
async fn a_failed_statement_fails_later_ones_and_the_commit() -> Result<()> {
    let db = Airports::new().await;
    with_connection(&db, async || {
        for failing in [
            "INSERT INTO airports (code) SELECT 'JFK'",
            "INSERT INTO airports (code) VALUES (NULL)",
            "INSERT INTO airports (id, code) VALUES ('one', 'LGA')",
            "SELECT nothing",
            "SELEC 1",
        ] {
            let tx = Transaction::begin(&*db).await?;
            Airport::on(&tx).delete().await?;
            tx.run(async || add("JFK").await).await?;
            let first = tx.run(async || {
                let failed = connection(&db)?.execute(failing, []).await.unwrap_err();
                assert_ne!(failed.kind(), ErrorKind::Transaction, "{failed}");
                let next = add("EWR").await.unwrap_err();
                assert_eq!(next.kind(), ErrorKind::Transaction, "{failing}");
                assert!(next.message().contains(failed.message()), "it names the cause: {next}");
                // The closure swallows the error.
                Ok(failed)
            });
            let first = first.await?;
            let error = tx.commit().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Transaction, "{failing}");
            assert!(error.message().contains("rolled back") && error.message().contains(first.message()), "{error}");
            assert_eq!(db.committed().await, "", "{failing}");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_swallowed_error_does_not_commit() -> Result<()> {
    let db = Airports::new().await;
    with_connection(&db, async || {
        let swallowed = transaction(&db, async || {
            add("JFK").await?;
            let _ = add("JFK").await;
            Ok("done")
        });
        assert_eq!(swallowed.await.unwrap_err().kind(), ErrorKind::Transaction);
        assert_eq!(db.committed().await, "");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_nested_transaction_contains_a_failure() -> Result<()> {
    let db = Airports::new().await;
    with_connection(&db, async || {
        transaction(&db, async || {
            add("JFK").await?;
            let inner = transaction(&db, async || {
                add("LGA").await?;
                add("JFK").await
            });
            assert!(inner.await.unwrap_err().is_unique_violation());
            let swallowed = transaction(&db, async || {
                add("LGA").await?;
                let _ = add("JFK").await;
                Ok(())
            });
            assert_eq!(swallowed.await.unwrap_err().kind(), ErrorKind::Transaction);
            add("EWR").await
        })
        .await?;
        assert_eq!(db.committed().await, "EWR JFK");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn after_an_error_of_run_only_a_rollback_is_possible() -> Result<()> {
    let db = Airports::new().await;
    with_connection(&db, async || {
        let tx = Transaction::begin(&*db).await?;
        let failed = tx.run(async || {
            add("JFK").await?;
            Err::<(), _>(Error::invalid("half done"))
        });
        assert!(failed.await.unwrap_err().is_invalid());
        let error = tx.commit().await.unwrap_err();
        assert!(error.message().contains("half done"), "{error}");
        assert_eq!(db.committed().await, "");
        Ok(())
    })
    .await
}

/// An error before the statement is sent, or without a failed statement, is no reason to roll back.
#[tokio::test]
async fn an_error_outside_the_database_does_not_count() -> Result<()> {
    let db = Airports::new().await;
    with_connection(&db, async || {
        transaction(&db, async || {
            add("JFK").await?;
            assert!(Airport::find(99).await.unwrap_err().is_not_found());
            assert!(airport("LGA").update().await.unwrap_err().is_not_found());
            let one = Airport::raw_query("SELECT code FROM airports", []).all().await;
            assert_eq!(one.unwrap_err().kind(), ErrorKind::Conversion);
            let unsupported = Airport::query().limit(1).delete().await;
            assert!(unsupported.unwrap_err().is_unsupported());
            add("LGA").await
        })
        .await?;
        assert_eq!(db.committed().await, "JFK LGA");
        Ok(())
    })
    .await
}

/// The row is inserted, but its key cannot be read. If the error is swallowed, the row must not be committed.
#[tokio::test]
async fn a_write_with_an_unreadable_answer_counts() -> Result<()> {
    let db = Airports::new().await;
    with_connection(&db, async || {
        let airports: Vec<_> = (0..=i16::MAX).map(|n| airport(&n.to_string())).collect();
        Airport::bulk_insert(&airports).await?;
        let swallowed = transaction(&db, async || {
            let mut small = Small { id: 0, code: "LGA".into() };
            assert_eq!(small.insert().await.unwrap_err().kind(), ErrorKind::Conversion);
            Ok(())
        });
        assert_eq!(swallowed.await.unwrap_err().kind(), ErrorKind::Transaction);
        assert_eq!(Airport::count().await?, airports.len() as u64);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_cancelled_statement_counts_as_failed() -> Result<()> {
    let db = Airports::new().await;
    let name = db.database.stepwise(patient_pool(10))?;
    with_connection(&name, async || {
        for polls in 1..3 {
            let swallowed = transaction(&name, async || {
                add("JFK").await?;
                // A server can answer before the drop.
                if polled(polls, add("LGA")).await.is_some() {
                    return Err(Error::invalid("it was done"));
                }
                assert_eq!(add("EWR").await.unwrap_err().kind(), ErrorKind::Transaction);
                Ok(())
            });
            let error = swallowed.await.unwrap_err();
            let cancelled = error.message().contains("a statement was cancelled");
            assert!(cancelled || error.is_invalid(), "{error}");
            assert_eq!(db.committed().await, "");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_statement_beside_a_stream_is_an_error_not_a_deadlock() -> Result<()> {
    let db = Airports::new().await;
    with_connection(&db, async || {
        let airports: Vec<_> = (0..1000).map(|n| airport(&n.to_string())).collect();
        Airport::bulk_insert(&airports).await?;
        let tx = Transaction::begin(&*db).await?;
        tx.run(async || {
            let mut rows = Airport::query().stream();
            assert!(rows.next().await?.is_some());
            let errors = [
                add("JFK").await.unwrap_err(),
                Airport::count().await.unwrap_err(),
                transaction(&db, async || Ok(())).await.unwrap_err(),
            ];
            for error in errors {
                assert_eq!(error.kind(), ErrorKind::Transaction);
                assert!(error.message().contains("has an open stream of rows"), "{error}");
            }
            let mut read = 1;
            while rows.next().await?.is_some() {
                read += 1;
            }
            assert_eq!(read, 1000);
            add("JFK").await?;
            // A stream that is dropped early is no failure.
            let mut rows = Airport::query().stream();
            rows.next().await?;
            drop(rows);
            add("LGA").await
        })
        .await?;

        let mut rows = Airport::on(&tx).stream();
        rows.next().await?;
        let error = tx.commit().await.unwrap_err();
        assert!(error.message().contains("has an open stream of rows"), "{error}");
        drop(rows);

        let tx = Transaction::begin(&*db).await?;
        let mut rows = Airport::on(&tx).stream();
        rows.next().await?;
        let error = tx.rollback().await.unwrap_err();
        assert!(error.message().contains("has an open stream of rows"), "{error}");
        drop(rows);
        assert_eq!(Airport::count().await?, 1000);
        db.take_the_lock().await
    })
    .await
}

/// The COMMIT fails, if the database has deferred constraints.
#[tokio::test]
async fn a_commit_that_fails_commits_nothing() -> Result<()> {
    let db = Airports::new().await;
    db.database.create("planes (base I64, FOREIGN KEY (base) REFERENCES airports (id) DEFERRED)").await?;
    with_connection(&db, async || {
        let failed = transaction(&db, async || {
            add("JFK").await?;
            connection(&db)?.execute("INSERT INTO planes VALUES (99)", []).await
        });
        let error = failed.await.unwrap_err();
        assert!(error.is_foreign_key_violation(), "{error}");
        assert_eq!(error.connection(), Some(&*db));
        assert_eq!(db.committed().await, "");
        add("LGA").await?;
        assert_eq!(db.committed().await, "LGA");
        Ok(())
    })
    .await
}

/// A statement that starts at the same time as the COMMIT must not fail unnoticed.
#[tokio::test]
async fn a_statement_beside_the_commit_is_in_it_or_fails() -> Result<()> {
    let db = Airports::new().await;
    let name = db.database.stepwise(patient_pool(10))?;
    with_connection(&name, async || {
        let tx = Transaction::begin(&name).await?;
        let rename = |from: &str| Airport::on(&tx).filter(Airport::CODE.eq(from)).update((Airport::CODE.set("JFK"),));
        tx.run(async || Airport::bulk_insert(&[airport("JFK"), airport("LGA")]).await).await?;
        let (first, last) = (rename("EWR"), rename("LGA"));
        let (first, committed, last) = tokio::join!(first, tx.commit(), last);
        first?;
        let last = last.unwrap_err();
        assert_eq!(committed.is_err(), last.is_unique_violation(), "{committed:?}, but: {last}");
        assert_eq!(db.committed().await, if committed.is_ok() { "JFK LGA" } else { "" });
        Ok(())
    })
    .await
}
