//! The ends of every type, and what lies beyond them.

use activerecord::prelude::*;

use super::{Maybe, Sample, database};

#[tokio::test]
async fn the_ends_of_every_type() -> Result<()> {
    with_connection(&database().await, async || {
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
            ubig: i64::MAX as u64,
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
        let infinite = Sample { single: f32::INFINITY, double: f64::NEG_INFINITY, ..Default::default() };
        for mut sample in [least, most, tiniest, infinite] {
            sample.insert().await?;
            assert_eq!(Sample::find(sample.id).await?, sample);
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_u64_beyond_sqlite_is_refused_wherever_it_is_bound() -> Result<()> {
    with_connection(&database().await, async || {
        for ubig in [i64::MAX as u64 + 1, u64::MAX] {
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

#[tokio::test]
async fn nan_is_refused_wherever_it_is_bound() -> Result<()> {
    with_connection(&database().await, async || {
        let errors = [
            Sample::create(Sample { double: f64::NAN, ..Default::default() }).await.map(|_| ()).unwrap_err(),
            Sample::create(Sample { single: f32::NAN, ..Default::default() }).await.map(|_| ()).unwrap_err(),
            Maybe::create(Maybe { single: Some(f32::NAN), ..Default::default() }).await.map(|_| ()).unwrap_err(),
            Sample::filter(Sample::DOUBLE.gt(f64::NAN)).all().await.map(|_| ()).unwrap_err(),
            // SQLite keeps a list as JSON, which has neither NaN nor the infinities.
            Sample::create(Sample { ratios: vec![1.0, f64::NAN], ..Default::default() }).await.map(|_| ()).unwrap_err(),
            Sample::create(Sample { ratios: vec![f64::INFINITY], ..Default::default() }).await.map(|_| ()).unwrap_err(),
        ];
        for error in errors {
            assert!(error.is_conversion() && error.model().is_some(), "{error:?}");
        }
        assert_eq!((Sample::count().await?, Maybe::count().await?), (0, 0));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_stored_number_beyond_the_field_is_an_error() -> Result<()> {
    let db = database().await;
    with_connection(&db, async || {
        for (column, beyond) in [
            ("truth", "2"),
            ("truth", "-1"),
            ("tiny", "128"),
            ("tiny", "-129"),
            ("small", "32768"),
            ("int", "2147483648"),
            ("int", "-2147483649"),
            ("utiny", "256"),
            ("utiny", "-1"),
            ("usmall", "65536"),
            ("uint", "4294967296"),
            ("ubig", "-1"),
            ("big", "9223372036854775808"),
            ("big", "1.5"),
            ("single", "1e300"),
            ("single", "-1e300"),
            ("price", "'1.12345678901234567890123456789'"),
            ("price", "'79228162514264337593543950336'"),
            ("price", "'1e-29'"),
            ("level", "0"),
            ("list", "'[9223372036854775808]'"),
            ("prices", "'[\"1.12345678901234567890123456789\"]'"),
        ] {
            let sample = Sample::create(Sample::default()).await?;
            connection(&db)?
                .execute(&format!("UPDATE samples SET {column} = {beyond} WHERE id = ?"), [sample.id])
                .await?;
            let read = Sample::find(sample.id).await;
            assert!(read.is_err_and(|error| error.is_conversion()), "{column} = {beyond}");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn arithmetic_beyond_the_type_is_not_read_as_something_else() -> Result<()> {
    with_connection(&database().await, async || {
        let mut sample = Sample::create(Sample { tiny: i8::MAX, price: Decimal::MAX, ..Default::default() }).await?;
        let before = sample.clone();
        assert!(sample.update_columns(Sample::TINY.add(1)).await.unwrap_err().is_conversion());
        assert!(sample.update_columns(Sample::PRICE.add(1)).await.unwrap_err().is_conversion());
        assert_eq!(sample, before);
        Ok(())
    })
    .await
}
