//! Upserts on keys of every kind, and on columns without a unique index.

use activerecord::ErrorKind;
use activerecord::prelude::*;

use test_support::Database;

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Bag {
    id: Uuid,
    tag: String,
    weight: i32,
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Seat {
    #[primary_key]
    flight: i64,
    #[primary_key]
    place: String,
    #[primary_key]
    day: chrono::NaiveDate,
    fare: Option<Decimal>,
}

async fn database() -> Database {
    Database::new([
        "bags (id UUID PRIMARY KEY, tag STRING NOT NULL, weight I32 NOT NULL, CONSTRAINT one_tag UNIQUE (tag))",
        "seats (flight I64, place STRING, day DATE, fare DECIMAL, PRIMARY KEY (flight, place, day))",
    ])
    .await
}

fn bag(n: u128, weight: i32) -> Bag {
    Bag { id: Uuid::from_u128(n + 1), tag: format!("EWR{n}"), weight }
}

#[tokio::test]
async fn a_uuid_key() -> Result<()> {
    with_connection(&database().await, async || {
        let bags: Vec<_> = (0..3_000).map(|n| bag(n, 1)).collect();
        assert_eq!(Bag::bulk_insert_or_update(&bags, [Bag::ID]).await?, 3_000);
        let heavier: Vec<_> = (1_000..4_000).map(|n| bag(n, 2)).collect();
        assert_eq!(Bag::bulk_insert_or_update(&heavier, [Bag::ID]).await?, 3_000);
        assert_eq!((Bag::count().await?, Bag::query().sum(Bag::WEIGHT).await?), (4_000, 7_000));
        assert_eq!(Bag::find(bag(1_500, 0).id).await?, bag(1_500, 2));
        // The library generates a new key for each nil key.
        Bag::insert_or_update(&Bag { tag: "new".into(), ..Default::default() }, [Bag::ID]).await?;
        let new = Bag::filter(Bag::TAG.eq("new")).one().await?;
        assert_eq!(new.id.get_version_num(), 7);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_composite_key() -> Result<()> {
    with_connection(&database().await, async || {
        let day = |n: u32| chrono::NaiveDate::from_ymd_opt(2013, 1, n).unwrap_or_default();
        let seat = |flight, n, fare| Seat { flight, place: format!("{n}A"), day: day(n), fare };
        let seats: Vec<_> = (1..=100).flat_map(|flight| (1..=20).map(move |n| seat(flight, n, None))).collect();
        let keys = (Seat::FLIGHT, Seat::PLACE, Seat::DAY);
        assert_eq!(Seat::bulk_insert_or_update(&seats, keys).await?, 2_000);
        let sold: Vec<_> = (90..=110).map(|flight| seat(flight, 5, Some(dec!(99.95)))).collect();
        assert_eq!(Seat::bulk_insert_or_update(&sold, keys).await?, 21);
        assert_eq!((Seat::count().await?, Seat::query().sum(Seat::FARE).await?), (2_010, dec!(2098.95)));
        assert_eq!(Seat::find((95, "5A".to_owned(), day(5))).await?, sold[5]);
        Ok(())
    })
    .await
}

/// One call has the same key twice: the last row wins, as with one call for each row.
#[tokio::test]
async fn a_repeated_key() -> Result<()> {
    with_connection(&database().await, async || {
        let twice = Bag::bulk_insert_or_update(&[bag(1, 1), bag(2, 2), bag(1, 3)], [Bag::ID]).await;
        assert_eq!(twice?, 3);
        assert_eq!(Bag::find(bag(1, 0).id).await?.weight, 3);
        Ok(())
    })
    .await
}

/// A row that conflicts with another unique key is a violation. It does not silently change another row.
#[tokio::test]
async fn a_conflict_with_another_unique_key() -> Result<()> {
    let db = database().await;
    with_connection(&db, async || {
        Bag::insert_or_update(&bag(1, 1), [Bag::ID]).await?;
        let other = Bag { id: Uuid::from_u128(77), ..bag(1, 9) };
        let error = Bag::insert_or_update(&other, [Bag::ID]).await.unwrap_err();
        assert!(error.is_unique_violation(), "{error:?}");
        let expected = Some(db.constraint("one_tag", "bags.tag")).filter(|_| db.profile().names_other_conflicts);
        assert_eq!(error.constraint(), expected);
        assert_eq!(Bag::all().await?, [bag(1, 1)]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn keys_without_a_unique_index() -> Result<()> {
    let db = database().await;
    with_connection(&db, async || {
        let errors = [
            Bag::insert_or_update(&bag(1, 1), [Bag::WEIGHT]).await.unwrap_err(),
            Bag::bulk_insert_or_update(&[bag(1, 1)], (Bag::ID, Bag::TAG)).await.map(drop).unwrap_err(),
            Seat::insert_or_update(&Seat { flight: 1, ..Default::default() }, [Seat::FLIGHT]).await.unwrap_err(),
        ];
        for error in errors {
            assert_eq!((error.kind(), error.connection()), (ErrorKind::InvalidStatement, Some(&*db)), "{error:?}");
        }
        assert_eq!((Bag::count().await?, Seat::count().await?), (0, 0));
        Ok(())
    })
    .await
}
