//! `stream`: one statement, read row by row.

use std::time::Duration;

use activerecord::prelude::*;
use activerecord::{ErrorKind, PoolOptions};
use futures_util::{StreamExt, TryStreamExt};

use test_support::Database;

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Bag {
    id: i64,
    weight: i32,
}

async fn bags(count: i64) -> Result<Database> {
    let db = Database::new(["bags (id ID, weight I64 NOT NULL)"]).await;
    let bags: Vec<_> = (1..=count).map(|id| Bag { id, weight: (id % 10) as i32 }).collect();
    with_connection(&db, async || Bag::bulk_insert(&bags).await).await?;
    Ok(db)
}

#[tokio::test]
async fn every_row_in_order() -> Result<()> {
    for count in [0, 1, 255, 256, 257, 3_000] {
        with_connection(&bags(count).await?, async || {
            let mut rows = Bag::order_by(Bag::ID.desc()).stream();
            let mut expected = count;
            while let Some(bag) = rows.next().await? {
                assert_eq!(bag.id, expected);
                expected -= 1;
            }
            assert_eq!(expected, 0);
            assert_eq!(rows.next().await?, None, "after the end there is no further row");
            Ok(())
        })
        .await?;
    }
    Ok(())
}

#[tokio::test]
async fn it_implements_stream() -> Result<()> {
    with_connection(&bags(1_000).await?, async || {
        let ids: Vec<i64> =
            Bag::select(Bag::ID).stream().try_filter(|id| std::future::ready(id % 2 == 0)).try_collect().await?;
        assert_eq!((ids.len(), ids[499]), (500, 1_000));
        let some: Vec<Bag> = Bag::query().stream().skip(300).take(5).try_collect().await?;
        assert_eq!(some.iter().map(|bag| bag.id).collect::<Vec<_>>(), [301, 302, 303, 304, 305]);
        let chunks = Bag::query().stream().chunks(400).map(|chunk| chunk.len()).collect::<Vec<_>>().await;
        assert_eq!(chunks, [400, 400, 200]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn it_is_one_snapshot() -> Result<()> {
    with_connection(&bags(2_000).await?, async || {
        let mut rows = Bag::query().stream();
        assert_eq!(rows.next().await?.map(|bag| bag.id), Some(1));
        assert_eq!(Bag::query().delete().await?, 2_000);
        let mut seen = 1;
        while rows.next().await?.is_some() {
            seen += 1;
        }
        assert_eq!((seen, Bag::count().await?), (2_000, 0));
        Ok(())
    })
    .await
}

/// Registers a pool of one connection. Only the statement that must not get a connection waits for the timeout.
fn one_connection(db: &Database) -> Result<String> {
    let pool = PoolOptions::new().max_connections(1).acquire_timeout(Duration::from_millis(50));
    db.alias("alone", |config| config.pool(pool))
}

#[tokio::test]
async fn it_holds_its_connection_until_it_ends_or_is_dropped() -> Result<()> {
    let db = bags(2_000).await?;
    with_connection(&one_connection(&db)?, async || {
        let mut rows = Bag::query().stream();
        rows.next().await?;
        let error = Bag::count().await.unwrap_err();
        assert!(error.is_pool_timeout() && error.message().contains("a stream of Bag"), "{error:?}");
        drop(rows);
        assert_eq!(Bag::count().await?, 2_000);

        let mut rows = Bag::query().limit(2).stream();
        while rows.next().await?.is_some() {}
        assert_eq!(Bag::count().await?, 2_000, "a stream at its end holds nothing");
        drop(rows);

        drop(Bag::query().stream());
        assert_eq!(Bag::count().await?, 2_000, "a stream that was never read holds nothing");
        Ok(())
    })
    .await
}

/// With one row and with thousands: in the same transaction a write beside an open stream is an error, and outside of it
/// the stream holds its connection.
#[tokio::test]
async fn its_rules_do_not_depend_on_the_number_of_rows() -> Result<()> {
    let is_refused = |error: &Error| {
        let words = ["stream of rows", "batch()"];
        error.kind() == ErrorKind::Transaction && words.iter().all(|word| error.message().contains(word))
    };
    for count in [1, 2, 255, 256, 257, 3_000] {
        let db = bags(count).await?;
        let alone = one_connection(&db)?;
        with_connection(&db, async || {
            transaction(&db, async || {
                let mut rows = Bag::query().stream();
                // A stream that was not read yet forbids nothing.
                Bag::filter(Bag::ID.eq(1)).update((Bag::WEIGHT.add(0),)).await?;
                let mut read = 0;
                while let Some(bag) = rows.next().await? {
                    read += 1;
                    if read == 1 || read == count {
                        let error = Bag::filter(Bag::ID.eq(bag.id)).update((Bag::WEIGHT.add(1),)).await.unwrap_err();
                        assert!(is_refused(&error), "{count} rows, after {read}: {error}");
                        let error = transaction(&db, async || Ok(())).await.unwrap_err();
                        assert!(is_refused(&error), "{count} rows, after {read}: {error}");
                    }
                }
                assert_eq!(read, count);
                assert_eq!(Bag::filter(Bag::ID.eq(1)).update((Bag::WEIGHT.add(1),)).await?, 1);
                // Also if it is dropped after its last row, and at the end of a savepoint.
                let mut rows = Bag::query().stream();
                for _ in 0..count {
                    rows.next().await?;
                }
                assert!(is_refused(&Bag::count().await.unwrap_err()));
                drop(rows);
                assert_eq!(Bag::count().await?, u64::try_from(count).unwrap_or_default());
                let mut kept = None;
                let ended = transaction(&db, async || {
                    let mut rows = Bag::query().stream();
                    rows.next().await?;
                    kept = Some(rows);
                    Ok(())
                });
                assert!(is_refused(&ended.await.unwrap_err()), "{count} rows");
                drop(kept);
                // `batch` writes while it reads.
                let mut batches = Bag::query().batch(100);
                while let Some(batch) = batches.next().await? {
                    for bag in batch.iter().take(2) {
                        Bag::filter(Bag::ID.eq(bag.id)).update((Bag::WEIGHT.add(1),)).await?;
                    }
                }
                Ok(())
            })
            .await
        })
        .await?;
        with_connection(&alone, async || {
            let mut rows = Bag::query().stream();
            for _ in 0..count {
                rows.next().await?;
            }
            assert!(Bag::count().await.unwrap_err().is_pool_timeout(), "{count} rows");
            assert_eq!(rows.next().await?, None);
            Bag::count().await.map(drop)
        })
        .await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_error_comes_after_the_rows_before_it() -> Result<()> {
    let db = bags(1_000).await?;
    with_connection(&one_connection(&db)?, async || {
        connection(&db)?.execute("UPDATE bags SET weight = 5000000000 WHERE id = 700", []).await?;
        let mut rows = Bag::order_by(Bag::ID.asc()).stream();
        let mut good = 0;
        let error = loop {
            match rows.next().await {
                Ok(Some(bag)) => good = bag.id,
                Ok(None) => return Err(Error::custom("the stream ended without its error")),
                Err(error) => break error,
            }
        };
        assert_eq!(good, 699);
        assert!(
            error.is_conversion() && error.model() == Some("Bag") && error.to_string().contains("weight"),
            "{error}"
        );
        assert_eq!(rows.next().await?, None);
        assert_eq!(Bag::query().limit(1).count().await?, 1);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_unknown_connection_is_its_first_item() -> Result<()> {
    let mut rows = Bag::using("nowhere").stream();
    assert!(rows.next().await.unwrap_err().is_configuration());
    assert_eq!(rows.next().await?, None);
    Ok(())
}

#[tokio::test]
async fn in_a_transaction_it_blocks_other_statements() -> Result<()> {
    let db = bags(1_000).await?;
    with_connection(&db, async || {
        transaction(&db, async || {
            let mut rows = Bag::query().stream();
            rows.next().await?;
            let error = Bag::count().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Transaction);
            assert!(error.message().contains("stream"), "{error}");
            drop(rows);
            assert_eq!(Bag::filter(Bag::ID.eq(1)).delete().await?, 1);
            Ok(())
        })
        .await?;
        assert_eq!(Bag::count().await?, 999);
        Ok(())
    })
    .await
}
