//! `batch`: in the order of the key, in bounded memory, while other sessions write.

use activerecord::prelude::*;
use activerecord::query::Batches;

use test_support::Database;

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Bag {
    id: i64,
    weight: i32,
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Seat {
    #[primary_key]
    flight: i64,
    #[primary_key]
    place: String,
    #[primary_key]
    class: i32,
}

async fn bags(count: i64) -> Result<Database> {
    let db = Database::new([
        "bags (id ID, weight I64 NOT NULL)",
        "seats (flight I64, place STRING, class I32, PRIMARY KEY (flight, place, class))",
    ])
    .await;
    let bags: Vec<_> = (1..=count).map(|id| Bag { id, weight: (id % 10) as i32 }).collect();
    with_connection(&db, async || Bag::bulk_insert(&bags).await).await?;
    Ok(db)
}

/// Returns the ids of every batch.
async fn all(mut batches: Batches<Bag>) -> Result<Vec<Vec<i64>>> {
    let mut all = Vec::new();
    while let Some(batch) = batches.next().await? {
        all.push(batch.iter().map(|bag| bag.id).collect());
    }
    assert_eq!(batches.next().await?, None, "after the end there is no further batch");
    Ok(all)
}

#[tokio::test]
async fn every_row_once() -> Result<()> {
    with_connection(&bags(10).await?, async || {
        assert_eq!(all(Bag::query().batch(4)).await?, [vec![1, 2, 3, 4], vec![5, 6, 7, 8], vec![9, 10]]);
        assert_eq!(all(Bag::query().batch(5)).await?, [vec![1, 2, 3, 4, 5], vec![6, 7, 8, 9, 10]]);
        assert_eq!(all(Bag::query().batch(100)).await?.concat().len(), 10);
        assert_eq!(all(Bag::query().batch(0)).await?.len(), 10, "a batch has at least one row");
        assert_eq!(all(Bag::filter(Bag::ID.lt(0)).batch(4)).await?, Vec::<Vec<i64>>::new());
        Ok(())
    })
    .await
}

#[tokio::test]
async fn conditions_hold_in_every_batch() -> Result<()> {
    with_connection(&bags(20).await?, async || {
        let light_or_first = Bag::filter(Bag::WEIGHT.lt(2) | Bag::ID.eq(3));
        assert_eq!(all(light_or_first.batch(2)).await?, [vec![1, 3], vec![10, 11], vec![20]]);
        assert_eq!(all(Bag::filter_raw("weight < 2 OR id = 3", []).batch(3)).await?, [vec![1, 3, 10], vec![11, 20]]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_limit_applies_to_all_batches_together() -> Result<()> {
    with_connection(&bags(10).await?, async || {
        assert_eq!(all(Bag::query().limit(5).batch(3)).await?, [vec![1, 2, 3], vec![4, 5]]);
        assert_eq!(all(Bag::query().limit(3).batch(3)).await?, [vec![1, 2, 3]]);
        assert_eq!(all(Bag::query().limit(0).batch(3)).await?.len(), 0);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn batches_can_resume_after_a_key() -> Result<()> {
    with_connection(&bags(10).await?, async || {
        assert_eq!(all(Bag::query().batch(4).after(7)).await?, [vec![8, 9, 10]]);
        assert_eq!(all(Bag::query().batch(4).after(10)).await?.len(), 0);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn rows_are_written_meanwhile() -> Result<()> {
    with_connection(&bags(10).await?, async || {
        let mut batches = Bag::query().batch(4);
        assert_eq!(batches.next().await?.map(|bags| bags.len()), Some(4));
        // Changes before the last key; a deletion and a new row after it.
        Bag::filter(Bag::ID.is_in([1, 6])).delete().await?;
        Bag::filter(Bag::ID.eq(2)).update(Bag::WEIGHT.set(99)).await?;
        Bag { id: 11, weight: 0 }.insert().await?;
        let mut rest = Vec::new();
        while let Some(bags) = batches.next().await? {
            for mut bag in bags {
                bag.weight += 1;
                bag.save().await?;
                rest.push(bag.id);
            }
        }
        assert_eq!(rest, [5, 7, 8, 9, 10, 11]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_composite_key_is_the_order() -> Result<()> {
    with_connection(&bags(0).await?, async || {
        let mut seats = Vec::new();
        for flight in 1..=3 {
            for place in ["1A", "1B"] {
                for class in 1..=3 {
                    seats.push(Seat { flight, place: place.into(), class });
                }
            }
        }
        Seat::bulk_insert(&seats).await?;
        for size in 1..=7 {
            let (mut batches, mut read) = (Seat::query().batch(size), Vec::new());
            while let Some(batch) = batches.next().await? {
                assert!(batch.len() as u64 <= size);
                read.extend(batch);
            }
            assert_eq!(read, seats, "batches of {size}");
        }
        let rest = Seat::query().batch(100).after((2, "1B".to_owned(), 2)).next().await?;
        assert_eq!(rest.unwrap_or_default(), seats[11..]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_order_or_an_offset_is_refused() -> Result<()> {
    with_connection(&bags(1).await?, async || {
        assert!(Bag::order_by(Bag::WEIGHT.asc()).batch(4).next().await.unwrap_err().is_unsupported());
        assert!(Bag::query().offset(1).batch(4).next().await.unwrap_err().is_unsupported());
        Ok(())
    })
    .await
}

#[tokio::test]
async fn batches_stay_on_their_connection() -> Result<()> {
    let (one, other) = (bags(10).await?, bags(0).await?);
    let mut batches = with_connection(&one, async || Ok(Bag::query().batch(4))).await?;
    with_connection(&other, async || {
        assert_eq!(batches.next().await?.map(|bags| bags.len()), Some(4));
        assert_eq!(Bag::count().await?, 0);
        assert_eq!(batches.next().await?.map(|bags| bags.len()), Some(4));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn after_an_error_the_same_batch_is_read_again() -> Result<()> {
    let db = bags(10).await?;
    with_connection(&db, async || {
        let mut batches = Bag::query().batch(4);
        batches.next().await?;
        connection(&db)?.execute("UPDATE bags SET weight = 5000000000 WHERE id = 6", []).await?;
        assert!(batches.next().await.unwrap_err().is_conversion());
        connection(&db)?.execute("UPDATE bags SET weight = 1 WHERE id = 6", []).await?;
        assert_eq!(batches.next().await?.unwrap_or_default()[0].id, 5);
        Ok(())
    })
    .await
}
