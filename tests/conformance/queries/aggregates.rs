//! Aggregates, and queries of some columns.

use activerecord::prelude::*;

use super::{Flight, database, day, flights};

#[tokio::test]
async fn of_some_rows() -> Result<()> {
    with_connection(&flights().await?, async || {
        let united = || Flight::filter(Flight::CARRIER.eq("UA"));
        assert_eq!((united().count().await?, united().exists().await?), (3, true));
        assert_eq!(united().sum(Flight::NUMBER).await?, 1545 + 1714 + 1696);
        assert_eq!(Flight::query().sum(Flight::DELAY).await?, -5);
        assert_eq!(Flight::query().avg(Flight::DELAY).await?, Some(-1.0));
        assert_eq!(united().sum(Flight::DISTANCE).await?, 3535.0);
        assert_eq!(united().avg(Flight::NUMBER).await?, Some(4955.0 / 3.0));
        assert_eq!(
            (united().min(Flight::NUMBER).await?, united().max(Flight::NUMBER).await?),
            (Some(1545), Some(1714))
        );
        assert_eq!(
            (Flight::query().min(Flight::CARRIER).await?, Flight::query().max(Flight::DAY).await?),
            (Some("AA".into()), Some(day(6)))
        );
        assert_eq!(Flight::query().min(Flight::DELAY).await?, Some(Some(-6)));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn of_no_rows() -> Result<()> {
    with_connection(&database().await, async || {
        assert_eq!((Flight::count().await?, Flight::query().exists().await?), (0, false));
        assert_eq!(
            (Flight::query().sum(Flight::NUMBER).await?, Flight::query().sum(Flight::FARE).await?),
            (0, dec!(0))
        );
        assert_eq!(
            (Flight::query().avg(Flight::NUMBER).await?, Flight::query().avg(Flight::FARE).await?),
            (None, None)
        );
        assert_eq!(
            (Flight::query().min(Flight::NUMBER).await?, Flight::query().max(Flight::CARRIER).await?),
            (None, None)
        );
        Ok(())
    })
    .await
}

#[tokio::test]
async fn of_rows_with_only_null() -> Result<()> {
    with_connection(&flights().await?, async || {
        let cancelled = || Flight::filter(Flight::CANCELLED.eq(true));
        assert_eq!((cancelled().count().await?, cancelled().sum(Flight::DELAY).await?), (1, 0));
        assert_eq!(
            (cancelled().avg(Flight::DELAY).await?, cancelled().min(Flight::DELAY).await?.flatten()),
            (None, None)
        );
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_limit_applies() -> Result<()> {
    with_connection(&flights().await?, async || {
        let last_two = || Flight::order_by(Flight::ID.desc()).limit(2);
        assert_eq!(last_two().count().await?, 2);
        assert_eq!(last_two().sum(Flight::NUMBER).await?, 1696 + 461);
        assert_eq!(last_two().max(Flight::FARE).await?, Some(dec!(9.5)));
        assert_eq!(last_two().sum(Flight::FARE).await?, dec!(9.60));
        assert_eq!(last_two().offset(1).avg(Flight::FARE).await?, Some(dec!(4)));
        assert_eq!(Flight::query().offset(4).count().await?, 2);
        assert_eq!(Flight::query().limit(0).count().await?, 0);
        assert!(!Flight::query().limit(0).exists().await?);
        assert!(!Flight::query().offset(6).exists().await?);
        assert!(Flight::query().offset(5).exists().await?);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_sum_that_overflows_is_an_error() -> Result<()> {
    with_connection(&flights().await?, async || {
        for id in [i64::MAX, i64::MAX - 1] {
            Flight::create(Flight { id, ..Default::default() }).await?;
        }
        let error = Flight::query().sum(Flight::ID).await.unwrap_err();
        assert_eq!((error.is_conversion(), error.model()), (true, Some("Flight")), "{error:?}");
        Ok(())
    })
    .await
}

#[derive(Projection, Debug, PartialEq)]
#[model(Flight)]
struct Summary {
    number: i32,
    carrier: String,
}

#[tokio::test]
async fn some_columns() -> Result<()> {
    with_connection(&flights().await?, async || {
        let two = || Flight::order_by(Flight::ID.asc()).limit(2);
        assert_eq!(two().pluck(Flight::NUMBER).await?, [1545, 1714]);
        assert_eq!(two().select(Flight::DELAY).all().await?, [Some(2), Some(4)]);
        assert_eq!(
            two().select((Flight::CARRIER, Flight::ID)).all().await?,
            [("UA".to_owned(), 1), ("UA".to_owned(), 2)]
        );
        let expected = [1545, 1714].map(|number| Summary { number, carrier: "UA".into() });
        assert_eq!(two().select_as::<Summary>().all().await?, expected);
        assert_eq!(Flight::select((Flight::ID,)).first().await?, Some((1,)));
        assert_eq!(Flight::select(Flight::NUMBER).filter(Flight::ID.eq(4)).one().await?, 725);
        assert_eq!(Flight::select(Flight::ID).count().await?, 6);
        Ok(())
    })
    .await
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Amount {
    id: i64,
    decimal: Decimal,
    single: f32,
    double: f64,
    integer: i64,
    unsigned: u64,
    small: i32,
}

/// Averages of decimals have 16 digits after the point, or fewer, so that they have at most 28 digits.
#[tokio::test]
async fn sums_and_averages_are_exact() -> Result<()> {
    let db = test_support::Database::new([
        "amounts (id ID, \"decimal\" DECIMAL NOT NULL, single F32 NOT NULL, \"double\" F64 NOT NULL, \"integer\" I64 NOT NULL,
             \"unsigned\" U64 NOT NULL, small I32 NOT NULL)",
    ])
    .await;
    with_connection(&db, async || {
        for (decimals, sum, average) in [
            (vec![dec!(1), dec!(2), dec!(2)], dec!(5), dec!(1.6666666666666667)),
            (vec![dec!(100000.1), dec!(100000.1), dec!(100000.2)], dec!(300000.4), dec!(100000.1333333333333333)),
            (vec![dec!(0.01), dec!(0), dec!(0)], dec!(0.01), dec!(0.0033333333333333)),
            (vec![dec!(0.0000000000000001), dec!(0)], dec!(0.0000000000000001), dec!(0.0000000000000001)),
            (vec![dec!(-0.0000000000000003), dec!(0)], dec!(-0.0000000000000003), dec!(-0.0000000000000002)),
            (vec![dec!(10000000000000), dec!(0), dec!(0)], dec!(10000000000000), dec!(3333333333333.333333333333333)),
            (
                vec![dec!(-200000000000000000000), dec!(0), dec!(0)],
                dec!(-200000000000000000000),
                dec!(-66666666666666666666.66666667),
            ),
            (vec![Decimal::MAX], Decimal::MAX, Decimal::MAX),
            (vec![dec!(0.0000000000000000000000000001)], dec!(0.0000000000000000000000000001), dec!(0)),
        ] {
            Amount::query().delete().await?;
            let amounts: Vec<_> = decimals.iter().map(|&decimal| Amount { decimal, ..Default::default() }).collect();
            Amount::bulk_insert(&amounts).await?;
            let all = Amount::query();
            assert_eq!(all.clone().sum(Amount::DECIMAL).await?, sum, "{decimals:?}");
            assert_eq!(all.clone().avg(Amount::DECIMAL).await?, Some(average), "{decimals:?}");
            let over = Amount::DECIMAL.avg().over(activerecord::query::window());
            assert_eq!(all.limit(1).pluck(over).await?, [Some(average)], "{decimals:?}");
        }
        Amount::query().delete().await?;
        let amount = |single, double, integer: i64, unsigned, small| Amount {
            single,
            double,
            integer,
            unsigned,
            small,
            ..Default::default()
        };
        // Sums of the first three are exact only with more digits than a single, and the average of the last ones only with
        // more digits than a double.
        let amounts = [
            amount(16_777_216.0, 1e15, (1 << 53) + 1, 1 << 53, i32::MAX),
            amount(1.0, 0.25, 1, 1, i32::MAX),
            amount(1.0, 0.25, 1, 1, i32::MAX),
            amount(0.0, 0.0, -(1 << 53), 0, i32::MAX),
        ];
        Amount::bulk_insert(&amounts).await?;
        let all = Amount::query();
        assert_eq!(all.clone().sum(Amount::SINGLE).await?, 16_777_218.0);
        assert_eq!(all.clone().avg(Amount::SINGLE).await?, Some(4_194_304.5));
        assert_eq!(all.clone().sum(Amount::DOUBLE).await?, 1e15 + 0.5);
        assert_eq!(all.clone().sum(Amount::INTEGER).await?, 3);
        assert_eq!(all.clone().avg(Amount::INTEGER).await?, Some(0.75));
        assert_eq!(all.clone().sum(Amount::UNSIGNED).await?, (1 << 53) + 2);
        assert_eq!(all.clone().sum(Amount::SMALL).await?, 4 * i64::from(i32::MAX));
        assert_eq!(all.clone().avg(Amount::SMALL).await?, Some(f64::from(i32::MAX)));
        let sums = (Amount::SINGLE.sum(), Amount::INTEGER.avg(), Amount::UNSIGNED.avg());
        let average = ((1_u64 << 53) as f64 + 2.0) / 4.0;
        assert_eq!(all.select(sums).one().await?, (Some(16_777_218.0), Some(0.75), Some(average)));
        Ok(())
    })
    .await
}
