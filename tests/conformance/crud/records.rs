//! Writes and reads of one record: `save`, `insert`, `update`, `update_columns`, `destroy`, `reload`, `create`, `find`.

use activerecord::prelude::*;

use super::{Airport, Plane, database};

#[tokio::test]
async fn save_inserts_and_then_updates() -> Result<()> {
    with_connection(&database().await, async || {
        let mut plane = Plane::new("N10156");
        plane.save().await?;
        assert_eq!((plane.id, plane.version), (1, 0));
        assert_eq!(Plane::find(1).await?, plane);

        plane.seats = 55;
        plane.built = Some(2004);
        plane.save().await?;
        assert_eq!((plane.id, plane.version), (1, 1));
        assert_eq!(Plane::find(1).await?, plane);
        assert_eq!(Plane::count().await?, 1);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn save_inserts_when_no_row_has_the_key() -> Result<()> {
    with_connection(&database().await, async || {
        let mut plane = Plane { id: 77, ..Plane::new("N10156") };
        plane.save().await?;
        assert_eq!(Plane::find(77).await?, plane);

        let mut airport = Airport::new("LGA", "La Guardia");
        airport.save().await?;
        airport.altitude = Some(22);
        airport.save().await?;
        assert_eq!(Airport::all().await?, [airport]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn insert_does_not_overwrite() -> Result<()> {
    with_connection(&database().await, async || {
        let first = Airport::create(Airport::new("LGA", "La Guardia")).await?;
        let mut second = Airport::new("LGA", "another");
        let error = second.insert().await.unwrap_err();
        assert!(error.is_unique_violation());
        assert_eq!(error.model(), Some("Airport"));
        assert_eq!(Airport::all().await?, [first]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_record_without_a_row_is_not_found() -> Result<()> {
    with_connection(&database().await, async || {
        let mut plane = Plane { id: 5, ..Plane::new("N10156") };
        let before = plane.clone();
        let errors = [
            plane.update().await.unwrap_err(),
            plane.update_columns(Plane::SEATS.set(1)).await.unwrap_err(),
            plane.destroy().await.unwrap_err(),
            plane.purge().await.unwrap_err(),
            plane.reload().await.unwrap_err(),
            Plane::find(5).await.unwrap_err(),
        ];
        for error in errors {
            assert!(error.is_not_found() && error.model() == Some("Plane"), "{error:?}");
        }
        assert_eq!(plane, before);
        assert_eq!(Plane::count().await?, 0);
        assert_eq!(Plane::find_by(Plane::TAILNUM.eq("N10156")).await?, None);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_record_without_a_key_is_refused() -> Result<()> {
    with_connection(&database().await, async || {
        let mut plane = Plane::new("N10156");
        let errors = [
            plane.update().await.unwrap_err(),
            plane.update_columns(Plane::SEATS.set(1)).await.unwrap_err(),
            plane.destroy().await.unwrap_err(),
            plane.purge().await.unwrap_err(),
            plane.reload().await.unwrap_err(),
        ];
        for error in errors {
            assert!(error.is_not_found() && error.to_string().contains("without a key"), "{error}");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn reload_reads_changes_of_others() -> Result<()> {
    with_connection(&database().await, async || {
        let mut plane = Plane::create(Plane::new("N10156")).await?;
        plane.score = 0.5;
        plane.seats = 1;
        Plane::filter(Plane::ID.eq(plane.id)).update(Plane::BUILT.set(2004)).await?;
        plane.reload().await?;
        assert_eq!((plane.seats, plane.built, plane.version, plane.score), (100, Some(2004), 1, 0.0));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn destroy_deletes_only_the_row_of_the_key() -> Result<()> {
    with_connection(&database().await, async || {
        let mut airport = Airport::create(Airport::new("LGA", "La Guardia")).await?;
        let other = Airport::create(Airport::new("JFK", "John F Kennedy Intl")).await?;
        airport.destroy().await?;
        assert_eq!(Airport::all().await?, [other]);
        assert!(airport.destroy().await.unwrap_err().is_not_found());
        Ok(())
    })
    .await
}

#[tokio::test]
async fn update_columns_writes_only_these_columns() -> Result<()> {
    let db = database().await;
    with_connection(&db, async || {
        let mut plane = Plane::create(Plane::new("N10156")).await?;
        connection(&db)?.execute("UPDATE planes SET tailnum = ?", ["changed meanwhile"]).await?;
        plane.update_columns((Plane::SEATS.set(7), Plane::BUILT.set(None))).await?;
        let row = Plane::find(plane.id).await?;
        assert_eq!((row.seats, row.built, row.version), (7, None, 1));
        assert_eq!((plane.tailnum.as_str(), row.tailnum.as_str()), ("N10156", "changed meanwhile"));
        assert_eq!((plane.seats, plane.version, plane.updated_at), (7, 1, row.updated_at));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn update_columns_computes_in_the_database() -> Result<()> {
    with_connection(&database().await, async || {
        let mut plane = Plane::create(Plane { price: dec!(0.10), ..Plane::new("N10156") }).await?;
        let mut copy = plane.clone();
        plane.update_columns((Plane::PRICE.add(dec!(0.20)), Plane::SEATS.add(5))).await?;
        assert_eq!((plane.price, plane.seats), (dec!(0.30), 105));
        copy.version = plane.version;
        copy.update_columns((Plane::PRICE.sub(dec!(0.05)), Plane::SEATS.sub(1), Plane::BUILT.set(1))).await?;
        assert_eq!((copy.price, copy.seats), (dec!(0.25), 104));
        copy.update_columns((Plane::PRICE.mul(3), Plane::SEATS.mul(2), Plane::BUILT.add(1999))).await?;
        assert_eq!((copy.price, copy.seats, copy.built), (dec!(0.75), 208, Some(2000)));
        assert_eq!(Plane::find(copy.id).await?, copy);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_lost_race_is_stale_and_changes_nothing() -> Result<()> {
    with_connection(&database().await, async || {
        let mut winner = Plane::create(Plane::new("N10156")).await?;
        let mut loser = winner.clone();
        winner.seats = 10;
        winner.save().await?;

        loser.seats = 20;
        let before = loser.clone();
        let errors = [
            loser.save().await.unwrap_err(),
            loser.update().await.unwrap_err(),
            loser.update_columns(Plane::SEATS.set(30)).await.unwrap_err(),
            loser.destroy().await.unwrap_err(),
            loser.purge().await.unwrap_err(),
        ];
        for error in errors {
            assert!(error.is_stale() && error.model() == Some("Plane"), "{error:?}");
        }
        assert_eq!(loser, before);
        assert_eq!(Plane::all().await?, [winner]);

        loser.reload().await?;
        loser.seats = 20;
        loser.save().await?;
        assert_eq!((loser.version, Plane::find(loser.id).await?.seats), (2, 20));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_failed_write_leaves_the_record_unchanged() -> Result<()> {
    with_connection(&database().await, async || {
        Plane::create(Plane::new("N10156")).await?;
        let mut second = Plane::new("N10156");
        let before = second.clone();
        assert!(second.save().await.unwrap_err().is_unique_violation());
        assert_eq!(second, before);

        second.tailnum = "N102UW".into();
        second.insert().await?;
        second.tailnum = "N10156".into();
        let before = second.clone();
        assert!(second.update().await.unwrap_err().is_unique_violation());
        assert!(second.save().await.unwrap_err().is_unique_violation());
        assert!(second.update_columns(Plane::SEATS.sub(1000)).await.unwrap_err().is_check_violation());
        assert_eq!(second, before);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn json_has_the_fields_by_name() -> Result<()> {
    let plane = Plane { id: 3, built: None, score: 0.5, ..Plane::new("N10156") };
    let json = serde_json::json!({
        "id": 3, "tailnum": "N10156", "built": null, "seats": 100, "price": "1.50",
        "created_at": "1970-01-01T00:00:00.000000Z", "updated_at": "1970-01-01T00:00:00.000000Z",
        "version": 0, "retired_at": null,
    });
    assert_eq!((plane.to_json(), plane.columns_to_json()), (json.clone(), json));
    Ok(())
}
