//! Decimals are exact, also if the database stores them as text.

use activerecord::prelude::*;
use activerecord::query::Predicate;

use super::{Flight, flights, ids};

async fn finds(predicate: Predicate<Flight>, expected: &[i64]) -> Result<()> {
    let shown = format!("{predicate:?}");
    assert_eq!(ids(Flight::filter(predicate).order_by(Flight::ID.asc())).await?, expected, "{shown}");
    Ok(())
}

// The fares are 9.00, 10.00, 100.00, -1.5, 9.5 and 0.10; the refunds NULL, 2.5, 10, NULL, -3 and NULL.

#[tokio::test]
async fn compare_by_value() -> Result<()> {
    with_connection(&flights().await?, async || {
        finds(Flight::FARE.gt(dec!(9.5)), &[2, 3]).await?;
        finds(Flight::FARE.gt(9), &[2, 3, 5]).await?;
        finds(Flight::FARE.ge(dec!(9)), &[1, 2, 3, 5]).await?;
        finds(Flight::FARE.lt(dec!(9)), &[4, 6]).await?;
        finds(Flight::FARE.le(dec!(-1.50)), &[4]).await?;
        finds(Flight::FARE.eq(dec!(9)), &[1]).await?;
        finds(Flight::FARE.eq(dec!(9.000)), &[1]).await?;
        finds(Flight::FARE.ne(dec!(10)), &[1, 3, 4, 5, 6]).await?;
        finds(Flight::FARE.between(dec!(9), dec!(10)), &[1, 2, 5]).await?;
        finds(Flight::FARE.is_in([dec!(0.1), dec!(100)]), &[3, 6]).await?;
        finds(Flight::FARE.not_in([dec!(0.1), dec!(100)]), &[1, 2, 4, 5]).await?;
        finds(Flight::REFUND.gt(dec!(2.5)), &[3]).await?;
        finds(Flight::REFUND.eq(Some(dec!(10.0))), &[3]).await?;
        finds(Flight::REFUND.is_in(Flight::filter(Flight::ID.eq(2)).select(Flight::FARE)), &[3]).await
    })
    .await
}

#[tokio::test]
async fn order_by_value() -> Result<()> {
    with_connection(&flights().await?, async || {
        assert_eq!(ids(Flight::order_by(Flight::FARE.asc())).await?, [4, 6, 1, 5, 2, 3]);
        assert_eq!(ids(Flight::order_by(Flight::FARE.desc())).await?, [3, 2, 5, 1, 6, 4]);
        assert_eq!(ids(Flight::order_by((Flight::REFUND.asc(), Flight::ID.asc()))).await?, [1, 4, 6, 5, 2, 3]);
        assert_eq!(
            ids(Flight::order_by((Flight::REFUND.desc().nulls_first(), Flight::ID.asc()))).await?,
            [1, 4, 6, 3, 2, 5]
        );
        assert_eq!(ids(Flight::order_by(Flight::REFUND.asc().nulls_last()).limit(3)).await?, [5, 2, 3]);
        assert_eq!(Flight::order_by(Flight::FARE.asc()).last().await?.map(|flight| flight.id), Some(3));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn sum_up_exactly() -> Result<()> {
    with_connection(&flights().await?, async || {
        assert_eq!(Flight::query().sum(Flight::FARE).await?, dec!(127.10));
        assert_eq!(Flight::query().sum(Flight::REFUND).await?, dec!(9.5));
        assert_eq!(Flight::filter(Flight::ID.le(2)).avg(Flight::FARE).await?, Some(dec!(9.5)));
        assert_eq!(Flight::query().avg(Flight::REFUND).await?.map(|avg| avg.round_dp(6)), Some(dec!(3.166667)));
        assert_eq!(
            (Flight::query().min(Flight::FARE).await?, Flight::query().max(Flight::FARE).await?),
            (Some(dec!(-1.5)), Some(dec!(100)))
        );
        assert_eq!(
            (Flight::query().min(Flight::REFUND).await?, Flight::query().max(Flight::REFUND).await?),
            (Some(Some(dec!(-3))), Some(Some(dec!(10))))
        );
        Ok(())
    })
    .await
}

#[tokio::test]
async fn compute_exactly_in_the_database() -> Result<()> {
    let db = flights().await?;
    with_connection(&db, async || {
        let changed =
            Flight::filter(Flight::FARE.lt(1)).update((Flight::FARE.add(dec!(0.20)), Flight::REFUND.add(1))).await?;
        assert_eq!(changed, 2);
        assert_eq!(Flight::find(6).await?.fare, dec!(0.30));
        assert_eq!(Flight::find(6).await?.refund, None);
        // A value with more digits than a Decimal is refused by the write or by the read.
        let beyond = transaction(&db, async || {
            Flight::query().update(Flight::FARE.mul(Decimal::MAX)).await?;
            Flight::find(3).await
        });
        let error = beyond.await.unwrap_err();
        assert!(error.is_conversion() && error.model() == Some("Flight"), "{error:?}");
        assert_eq!(Flight::query().sum(Flight::FARE).await?, dec!(127.50));
        Ok(())
    })
    .await
}
