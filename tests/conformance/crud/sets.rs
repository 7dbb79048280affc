//! Writes of many rows in one statement: update, delete and purge of a query.

use activerecord::prelude::*;

use super::{Airport, Plane, database};

async fn planes() -> Result<()> {
    for (tailnum, seats) in [("a", 10), ("b", 20), ("c", 30)] {
        Plane::create(Plane { seats, ..Plane::new(tailnum) }).await?;
    }
    Ok(())
}

#[tokio::test]
async fn update_sets_and_adds_and_returns_the_count() -> Result<()> {
    with_connection(&database().await, async || {
        planes().await?;
        let before = Plane::find(3).await?;
        let changed = Plane::filter(Plane::SEATS.ge(20))
            .update((Plane::SEATS.add(1), Plane::PRICE.add(dec!(0.25)), Plane::BUILT.set(2004)))
            .await?;
        assert_eq!(changed, 2);
        let after = Plane::find(3).await?;
        assert_eq!((after.seats, after.price, after.built, after.version), (31, dec!(1.75), Some(2004), 1));
        assert!(after.updated_at > before.updated_at && after.created_at == before.created_at);
        assert_eq!(Plane::find(1).await?.version, 0);
        assert_eq!(Plane::filter(Plane::SEATS.gt(1000)).update(Plane::SEATS.set(0)).await?, 0);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn update_lets_the_caller_set_version_and_time() -> Result<()> {
    with_connection(&database().await, async || {
        planes().await?;
        let time = Plane::find(1).await?.updated_at;
        let changed = Plane::query().update(vec![Plane::VERSION.set(9), Plane::UPDATED_AT.set(time)]).await?;
        assert_eq!(changed, 3);
        assert_eq!(Plane::filter(Plane::VERSION.eq(9) & Plane::UPDATED_AT.eq(time)).count().await?, 3);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn delete_marks_and_purge_deletes() -> Result<()> {
    with_connection(&database().await, async || {
        planes().await?;
        assert_eq!(Plane::filter(Plane::SEATS.lt(30)).delete().await?, 2);
        assert_eq!((Plane::count().await?, Plane::query().only_deleted().count().await?), (1, 2));
        let marked = Plane::query().only_deleted().first().await?.unwrap_or_default();
        assert_eq!((marked.version, marked.retired_at), (1, Some(marked.updated_at)));
        // The query does not find marked rows.
        assert_eq!(Plane::query().delete().await?, 1);
        assert_eq!(Plane::query().update(Plane::SEATS.set(0)).await?, 0);
        assert_eq!(Plane::query().only_deleted().purge().await?, 3);
        assert_eq!(Plane::query().with_deleted().count().await?, 0);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn delete_of_a_model_without_soft_delete() -> Result<()> {
    with_connection(&database().await, async || {
        for faa in ["LGA", "JFK", "EWR"] {
            Airport::create(Airport::new(faa, "some")).await?;
        }
        assert_eq!(Airport::filter(Airport::FAA.ne("LGA")).delete().await?, 2);
        assert_eq!(Airport::query().delete().await?, 1);
        assert_eq!(Airport::count().await?, 0);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_limit_is_refused_before_anything_is_written() -> Result<()> {
    with_connection(&database().await, async || {
        planes().await?;
        let errors = [
            Plane::query().limit(1).update(Plane::SEATS.set(0)).await.unwrap_err(),
            Plane::query().limit(1).delete().await.unwrap_err(),
            Plane::query().offset(1).purge().await.unwrap_err(),
            Airport::query().limit(1).delete().await.unwrap_err(),
        ];
        for (error, verb) in errors.iter().zip(["update", "delete", "purge", "delete"]) {
            assert!(error.is_unsupported() && error.message().contains(&format!("`{verb}`")), "{error:?}");
        }
        assert_eq!(Plane::filter(Plane::SEATS.gt(0)).count().await?, 3);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_violation_writes_no_row() -> Result<()> {
    with_connection(&database().await, async || {
        planes().await?;
        let error = Plane::query().update(Plane::SEATS.sub(15)).await.unwrap_err();
        assert!(error.is_check_violation() && error.model() == Some("Plane"), "{error:?}");
        assert_eq!(Plane::query().pluck(Plane::SEATS).await?, [10, 20, 30]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_update_of_nothing_is_refused() -> Result<()> {
    with_connection(&database().await, async || {
        let error = Airport::query().update(Vec::new()).await.unwrap_err();
        assert!(error.is_unsupported() && error.model() == Some("Airport"), "{error:?}");
        assert_eq!(Plane::query().update(Vec::new()).await?, 0, "the time and the version are columns to set");
        Ok(())
    })
    .await
}
