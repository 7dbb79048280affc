//! `bulk_insert`.

use activerecord::prelude::*;
use chrono::{DateTime, Utc};

use super::{Airport, Plane, database};
use test_support::Database;

fn airports(count: usize) -> Vec<Airport> {
    (0..count).map(|n| Airport::new(&format!("A{n:04}"), "some")).collect()
}

#[tokio::test]
async fn no_rows() -> Result<()> {
    with_connection(&database().await, async || {
        assert_eq!(Airport::bulk_insert(&[]).await?, 0);
        assert_eq!(Airport::count().await?, 0);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn one_row_gets_its_times() -> Result<()> {
    with_connection(&database().await, async || {
        let planes = [Plane::new("N10156")];
        assert_eq!(Plane::bulk_insert(&planes).await?, 1);
        let row = Plane::first().await?.unwrap_or_default();
        assert!(row.created_at > DateTime::UNIX_EPOCH && row.created_at <= Utc::now());
        assert_eq!((row.id, row.created_at, row.version), (1, row.updated_at, 0));
        assert_eq!(planes, [Plane::new("N10156")]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn thousands_are_written_in_order() -> Result<()> {
    with_connection(&database().await, async || {
        let airports = airports(5_000);
        assert_eq!(Airport::bulk_insert(&airports).await?, 5_000);
        assert_eq!(Airport::order_by(Airport::FAA.asc()).all().await?, airports);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn some_keys_are_set() -> Result<()> {
    let db = database().await;
    with_connection(&db, async || {
        let planes: Vec<_> = [0, 50, 0, 0, 70, 80]
            .iter()
            .zip(["a", "b", "c", "d", "e", "f"])
            .map(|(id, tailnum)| Plane { id: *id, ..Plane::new(tailnum) })
            .collect();
        assert_eq!(Plane::bulk_insert(&planes).await?, 6);
        let rows = Plane::select((Plane::ID, Plane::TAILNUM)).order_by(Plane::TAILNUM.asc()).all().await?;
        let ids: Vec<_> = rows.iter().map(|(id, _)| *id).collect();
        assert_eq!((ids[0], ids[1], ids[4], ids[5]), (1, 50, 70, 80));
        assert!(ids[2] > 1 && ids[3] > ids[2] && ids[3] < 70);
        assert_eq!(ids[2] > 50, db.profile().keys_go_on);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn all_or_none_across_statements() -> Result<()> {
    with_connection(&database().await, async || {
        let mut airports = airports(2_500);
        airports.push(airports[0].clone());
        let error = Airport::bulk_insert(&airports).await.unwrap_err();
        assert!(error.is_unique_violation() && error.model() == Some("Airport"), "{error:?}");
        assert_eq!(Airport::count().await?, 0);
        // No transaction is left open.
        airports.pop();
        assert_eq!(Airport::bulk_insert(&airports).await?, 2_500);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn it_joins_the_open_transaction() -> Result<()> {
    let db = database().await;
    with_connection(&db, async || {
        let undone = transaction(&db, async || {
            Airport::bulk_insert(&airports(1_500)).await?;
            assert_eq!(Airport::count().await?, 1_500);
            Err::<(), _>(Error::custom("undone"))
        });
        assert!(undone.await.is_err());
        assert_eq!(Airport::count().await?, 0);
        Ok(())
    })
    .await
}

/// With 43 columns, whole rows can have exactly the 32,766 values that one database binds. The values that an upsert
/// adds must fit too.
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Wide {
    id: i64,
    #[version]
    version: i32,
    c01: i32,
    c02: i32,
    c03: i32,
    c04: i32,
    c05: i32,
    c06: i32,
    c07: i32,
    c08: i32,
    c09: i32,
    c10: i32,
    c11: i32,
    c12: i32,
    c13: i32,
    c14: i32,
    c15: i32,
    c16: i32,
    c17: i32,
    c18: i32,
    c19: i32,
    c20: i32,
    c21: i32,
    c22: i32,
    c23: i32,
    c24: i32,
    c25: i32,
    c26: i32,
    c27: i32,
    c28: i32,
    c29: i32,
    c30: i32,
    c31: i32,
    c32: i32,
    c33: i32,
    c34: i32,
    c35: i32,
    c36: i32,
    c37: i32,
    c38: i32,
    c39: i32,
    c40: i32,
    c41: i32,
}

#[tokio::test]
async fn a_wide_table_stays_within_the_binds_of_a_statement() -> Result<()> {
    let columns: Vec<_> = (1..=41).map(|n| format!("c{n:02} I32 NOT NULL")).collect();
    let schema = format!("wides (id ID, version I32 NOT NULL, {})", columns.join(", "));
    with_connection(&Database::new([&schema]).await, async || {
        let rows: Vec<_> = (1..=800).map(|id| Wide { id, c41: 41, ..Default::default() }).collect();
        assert_eq!(Wide::bulk_insert(&rows).await?, 800);
        assert_eq!(Wide::bulk_insert_or_update(&rows, [Wide::ID]).await?, 800);
        assert_eq!(Wide::filter(Wide::VERSION.eq(1) & Wide::C41.eq(41)).count().await?, 800);
        Ok(())
    })
    .await
}
