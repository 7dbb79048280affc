//! Automatic columns: the times, the version, the mark of a deleted row.

use activerecord::prelude::*;
use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeZone, Utc};

use super::{Plane, database};
use test_support::Database;

#[tokio::test]
async fn an_insert_sets_both_times_to_the_same_time() -> Result<()> {
    with_connection(&database().await, async || {
        let before = Utc::now();
        let plane = Plane::create(Plane::new("N10156")).await?;
        assert!(plane.created_at >= before - chrono::TimeDelta::microseconds(1) && plane.created_at <= Utc::now());
        assert_eq!(plane.created_at, plane.updated_at);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_update_sets_its_own_time_and_keeps_the_other() -> Result<()> {
    with_connection(&database().await, async || {
        let mut plane = Plane::create(Plane::new("N10156")).await?;
        let (created, updated) = (plane.created_at, plane.updated_at);
        plane.update().await?;
        assert!(plane.updated_at > updated);
        assert_eq!(plane.created_at, created);

        // A record that was not read has no creation time. The row keeps its own.
        let mut unread = Plane { id: plane.id, version: plane.version, ..Plane::new("N10156") };
        unread.save().await?;
        assert_eq!(Plane::find(plane.id).await?.created_at, created);

        let early = Utc.timestamp_opt(1_000_000_000, 0).single().unwrap_or_default();
        unread.created_at = early;
        unread.save().await?;
        assert_eq!(Plane::find(plane.id).await?.created_at, early);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_creation_time_that_is_set_is_kept() -> Result<()> {
    with_connection(&database().await, async || {
        let early = Utc.timestamp_opt(1_000_000_000, 123_456_000).single().unwrap_or_default();
        let plane = Plane::create(Plane { created_at: early, ..Plane::new("N10156") }).await?;
        assert_eq!((plane.created_at, Plane::find(plane.id).await?.created_at), (early, early));
        assert!(plane.updated_at > early);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn update_columns_lets_the_caller_set_the_time() -> Result<()> {
    with_connection(&database().await, async || {
        let mut plane = Plane::create(Plane::new("N10156")).await?;
        let early = Utc.timestamp_opt(1_000_000_000, 0).single().unwrap_or_default();
        plane.update_columns(Plane::UPDATED_AT.set(early)).await?;
        assert_eq!((plane.updated_at, plane.version), (early, 1));
        assert_eq!(Plane::find(plane.id).await?, plane);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn destroy_marks_and_reads_skip_marked_rows() -> Result<()> {
    with_connection(&database().await, async || {
        let mut plane = Plane::create(Plane::new("N10156")).await?;
        let kept = Plane::create(Plane::new("N102UW")).await?;
        plane.destroy().await?;
        assert_eq!((plane.retired_at.is_some(), plane.version), (true, 1));
        assert_eq!(plane.retired_at, Some(plane.updated_at));

        assert!(Plane::find(plane.id).await.unwrap_err().is_not_found());
        assert_eq!(Plane::all().await?, std::slice::from_ref(&kept));
        assert_eq!((Plane::count().await?, Plane::query().with_deleted().count().await?), (1, 2));
        assert_eq!(Plane::first().await?, Some(kept.clone()));
        assert!(!Plane::filter(Plane::ID.eq(plane.id)).exists().await?);
        assert_eq!(Plane::query().only_deleted().all().await?, [plane.clone()]);
        assert_eq!(Plane::query().batch(10).next().await?, Some(vec![kept.clone()]));
        assert_eq!(Plane::query().stream().next().await?, Some(kept));
        // The condition on the mark must also hold for `|`.
        assert_eq!(Plane::filter(Plane::ID.eq(1) | Plane::ID.eq(2)).count().await?, 1);
        assert_eq!(Plane::filter_raw("id = 1 OR id = 2", []).count().await?, 1);

        let mut copy = plane.clone();
        copy.reload().await?;
        assert_eq!(copy, plane);
        copy.restore().await?;
        assert_eq!((copy.retired_at, copy.version, Plane::count().await?), (None, 2, 2));
        assert_eq!(Plane::find(plane.id).await?, copy);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn purge_deletes_the_row() -> Result<()> {
    with_connection(&database().await, async || {
        let mut plane = Plane::create(Plane::new("N10156")).await?;
        plane.destroy().await?;
        plane.purge().await?;
        assert_eq!(Plane::query().with_deleted().count().await?, 0);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_epoch_means_not_set() -> Result<()> {
    with_connection(&database().await, async || {
        let plane = Plane { created_at: DateTime::UNIX_EPOCH, ..Plane::new("N10156") };
        assert!(Plane::create(plane).await?.created_at > DateTime::UNIX_EPOCH);
        Ok(())
    })
    .await
}

/// Automatic columns of other types.
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Entry {
    id: i64,
    #[created_at]
    created_on: NaiveDate,
    #[updated_at]
    updated_at: Option<NaiveDateTime>,
    #[soft_delete]
    deleted_on: Option<NaiveDate>,
}

#[tokio::test]
async fn automatic_columns_of_other_types() -> Result<()> {
    let db =
        Database::new(["entries (id ID, created_on DATE NOT NULL, updated_at DATETIME NOT NULL, deleted_on DATE)"]);
    with_connection(&db.await, async || {
        let before = Utc::now().date_naive();
        let mut entry = Entry::create(Entry::default()).await?;
        assert!(entry.created_on >= before && entry.created_on <= Utc::now().date_naive());
        assert!(entry.updated_at.is_some());
        let early = NaiveDate::from_ymd_opt(2013, 1, 1).unwrap_or_default();
        assert_eq!(Entry::create(Entry { created_on: early, ..Entry::default() }).await?.created_on, early);
        entry.destroy().await?;
        assert_eq!((entry.deleted_on, Entry::count().await?), (entry.updated_at.map(|time| time.date()), 1));
        let row = Entry::query().only_deleted().one().await?;
        assert_eq!(row, entry);
        Ok(())
    })
    .await
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Counter {
    id: i64,
    #[version]
    version: u8,
}

#[tokio::test]
async fn a_version_that_overflows_writes_nothing() -> Result<()> {
    let db = Database::new(["counters (id ID, version U8 NOT NULL)"]);
    with_connection(&db.await, async || {
        let mut counter = Counter::create(Counter { id: 0, version: u8::MAX - 1 }).await?;
        counter.save().await?;
        assert_eq!(counter.version, u8::MAX);
        for error in [counter.save().await.unwrap_err(), counter.update_columns(Counter::ID.set(1)).await.unwrap_err()]
        {
            assert!(error.is_conversion() && error.message().contains("#[version]"), "{error}");
        }
        assert_eq!((counter.version, Counter::find(1).await?), (u8::MAX, counter));
        Ok(())
    })
    .await
}
