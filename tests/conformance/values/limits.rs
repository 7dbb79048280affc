//! The limits of every type, and values beyond them.

use activerecord::prelude::*;

use super::{Maybe, Sample, database};

#[tokio::test]
async fn the_limits_of_every_type() -> Result<()> {
    let db = database().await;
    with_connection(&db, async || {
        let least = Sample {
            tiny: i8::MIN,
            small: i16::MIN,
            int: i32::MIN,
            big: i64::MIN,
            single: f32::MIN,
            double: f64::MIN,
            price: Decimal::MIN,
            list: vec![i64::MIN, i64::MAX],
            ratios: vec![f64::MIN, f64::MIN_POSITIVE],
            ..Default::default()
        };
        let most = Sample {
            truth: true,
            tiny: i8::MAX,
            small: i16::MAX,
            int: i32::MAX,
            big: i64::MAX,
            utiny: u8::MAX,
            usmall: u16::MAX,
            uint: u32::MAX,
            ubig: db.profile().greatest_u64,
            single: f32::MAX,
            double: f64::MAX,
            price: Decimal::MAX,
            uuid: Uuid::max(),
            bytes: (0..=255).collect(),
            ..Default::default()
        };
        let tiniest = Sample {
            single: f32::from_bits(1),
            double: f64::from_bits(1),
            price: Decimal::new(1, 28),
            ..Default::default()
        };
        for mut sample in [least, most, tiniest] {
            sample.insert().await?;
            assert_eq!(Sample::find(sample.id).await?, sample);
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_u64_that_the_database_cannot_store_is_refused() -> Result<()> {
    let db = database().await;
    with_connection(&db, async || {
        for ubig in [i64::MAX as u64 + 1, u64::MAX].into_iter().filter(|ubig| *ubig > db.profile().greatest_u64) {
            let mut sample = Sample { ubig, ..Default::default() };
            let errors = [
                sample.insert().await.unwrap_err(),
                Sample::bulk_insert(std::slice::from_ref(&sample)).await.unwrap_err(),
                Sample::filter(Sample::UBIG.eq(ubig)).all().await.unwrap_err(),
                Sample::query().update(Sample::UBIG.set(ubig)).await.unwrap_err(),
                Maybe::create(Maybe { ubig: Some(ubig), ..Default::default() }).await.map(|_| ()).unwrap_err(),
            ];
            for error in errors {
                assert!(error.is_conversion() && error.message().contains("9223372036854775807"), "{error:?}");
                assert!(error.model().is_some() && !error.to_string().contains(&ubig.to_string()), "{error}");
            }
            assert_eq!((sample.id, Sample::count().await?), (0, 0));
        }
        Ok(())
    })
    .await
}

/// Infinities and NaN are stored unchanged, or refused before anything is written.
#[tokio::test]
async fn infinities_and_nan_are_kept_or_refused() -> Result<()> {
    let db = database().await;
    with_connection(&db, async || {
        let infinities = [f64::INFINITY, f64::NEG_INFINITY].map(|x| (x, db.profile().infinities));
        for (x, kept) in infinities.into_iter().chain([(f64::NAN, db.profile().nan)]) {
            let single = x as f32;
            let written = [
                Sample::create(Sample { double: x, ..Default::default() }).await.map(|sample| sample.id),
                Sample::create(Sample { single, ..Default::default() }).await.map(|sample| sample.id),
                Sample::create(Sample { ratios: vec![1.0, x], ..Default::default() }).await.map(|sample| sample.id),
            ];
            let [double, single, list] = written;
            match (double, single) {
                (Ok(double), Ok(single)) if kept => {
                    assert_eq!(Sample::find(double).await?.double.to_bits(), x.to_bits());
                    assert_eq!(Sample::find(single).await?.single.to_bits(), (x as f32).to_bits());
                    assert_eq!(Sample::filter(Sample::DOUBLE.eq(x)).count().await?, 1);
                }
                (Err(double), Err(single)) if !kept => {
                    assert!(double.is_conversion() && single.is_conversion(), "{double:?} {single:?}");
                    let compared = Sample::filter(Sample::DOUBLE.gt(x)).all().await.unwrap_err();
                    assert!(compared.is_conversion() && compared.model() == Some("Sample"), "{compared:?}");
                    let maybe = Maybe { single: Some(x as f32), ..Default::default() };
                    assert!(Maybe::create(maybe).await.unwrap_err().is_conversion());
                }
                other => panic!("{x}: {other:?}"),
            }
            // A list that is stored as JSON cannot contain them.
            match list {
                Ok(id) => {
                    assert!(kept && db.profile().capabilities.arrays, "{x}");
                    assert_eq!(Sample::find(id).await?.ratios[1].to_bits(), x.to_bits());
                }
                Err(error) => assert!(error.is_conversion() && !db.profile().capabilities.arrays, "{error:?}"),
            }
            Sample::query().delete().await?;
        }
        assert_eq!((Sample::count().await?, Maybe::count().await?), (0, 0));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn arithmetic_that_overflows_is_an_error() -> Result<()> {
    with_connection(&database().await, async || {
        let mut sample = Sample::create(Sample { tiny: i8::MAX, price: Decimal::MAX, ..Default::default() }).await?;
        let before = sample.clone();
        for update in [Sample::TINY.add(1), Sample::PRICE.add(1)] {
            let error = sample.update_columns(update).await.unwrap_err();
            assert!(error.is_conversion(), "{error:?}");
        }
        assert_eq!(sample, before);
        Ok(())
    })
    .await
}
