//! One of ten thousand rows violates a constraint. No row is written, and the error names the constraint.

use activerecord::ErrorKind;
use activerecord::prelude::*;

use super::{ROWS, Reading, database, reading, readings};

/// Writes ten thousand rows with one bad row, and checks the error.
async fn refused(bad: Reading, kind: ErrorKind, constraint: Option<(&'static str, &'static str)>) -> Result<()> {
    let db = database().await;
    with_connection(&db, async || {
        let mut readings = readings();
        readings[7_321] = bad;
        let Err(error) = Reading::bulk_insert(&readings).await else { panic!("the rows were accepted") };
        assert_eq!((error.kind(), error.model(), error.connection()), (kind, Some("Reading"), Some(&*db)), "{error:?}");
        if let Some((name, columns)) = constraint {
            assert_eq!(error.constraint(), Some(db.constraint(name, columns)), "{error:?}");
        }
        assert_eq!(error.record_index(), Some(7_321), "{error}");
        assert_eq!(Reading::count().await?, 0);

        // An open transaction can only be rolled back, with its earlier writes.
        let failed = transaction(&db, async || {
            reading(ROWS).insert().await?;
            Reading::bulk_insert(&readings).await
        });
        assert_eq!(failed.await.map_err(|error| error.kind()), Err(kind));
        assert_eq!(Reading::count().await?, 0);

        readings[7_321] = reading(7_321);
        assert_eq!(Reading::bulk_insert(&readings).await?, ROWS as u64);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_unique_key() -> Result<()> {
    let twin = reading(7);
    refused(twin, ErrorKind::UniqueViolation, Some(("one_an_hour", "readings.station, readings.hour"))).await
}

#[tokio::test]
async fn a_check() -> Result<()> {
    refused(Reading { humidity: 101, ..reading(7_321) }, ErrorKind::CheckViolation, Some(("percent", "percent"))).await
}

#[tokio::test]
async fn a_value_that_cannot_be_bound() -> Result<()> {
    // The library refuses this row, so the database never gets it.
    let db = test_support::Database::new(["counts (id ID, total U64 NOT NULL, ratio F64 NOT NULL)"]).await;
    with_connection(&db, async || {
        let mut counts: Vec<_> = (0..10_000).map(|total| Count { id: 0, total, ratio: 0.5 }).collect();
        counts[7_321] = Count { id: 0, total: u64::MAX, ratio: f64::NAN };
        let written = Count::bulk_insert(&counts).await;
        if db.profile().nan && db.profile().greatest_u64 == u64::MAX {
            assert_eq!(written?, 10_000);
        } else {
            let error = written.unwrap_err();
            assert!(error.is_conversion() && error.record_index() == Some(7_321), "{error}");
            assert_eq!(Count::count().await?, 0);
        }
        Ok(())
    })
    .await
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Count {
    id: i64,
    total: u64,
    ratio: f64,
}
