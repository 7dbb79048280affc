//! Rows that are written in one call, and read in batches and as a stream.

use activerecord::prelude::*;

use super::{ROWS, Reading, database, readings};

#[tokio::test]
async fn rows_are_written_in_order() -> Result<()> {
    with_connection(&database().await, async || {
        let readings = readings();
        assert_eq!(Reading::bulk_insert(&readings).await?, ROWS as u64);
        assert_eq!(Reading::count().await?, ROWS as u64);

        let (mut batches, mut hour) = (Reading::query().batch(999), 0);
        while let Some(batch) = batches.next().await? {
            for row in batch {
                let expected = Reading { id: row.id, ..readings[hour].clone() };
                assert_eq!(row, expected);
                hour += 1;
            }
        }
        assert_eq!(hour, readings.len());

        let (mut rows, mut hour) = (Reading::order_by(Reading::HOUR.desc()).stream(), ROWS);
        while let Some(row) = rows.next().await? {
            hour -= 1;
            assert_eq!(row.hour, hour);
        }
        assert_eq!(hour, 0);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_upsert_updates_existing_rows() -> Result<()> {
    with_connection(&database().await, async || {
        let keys = (Reading::STATION, Reading::HOUR);
        let readings = readings();
        Reading::bulk_insert(&readings[..6_000]).await?;
        let warmer: Vec<_> =
            readings.iter().map(|reading| Reading { temperature: Some(99.5), ..reading.clone() }).collect();
        assert_eq!(Reading::bulk_insert_or_update(&warmer[4_000..], keys).await?, 6_000);
        assert_eq!(Reading::count().await?, ROWS as u64);
        assert_eq!(Reading::filter(Reading::TEMPERATURE.eq(99.5)).count().await?, 6_000);
        // The same rows again change nothing.
        assert_eq!(Reading::bulk_insert_or_update(&warmer[4_000..], keys).await?, 6_000);
        assert_eq!(Reading::count().await?, ROWS as u64);
        Ok(())
    })
    .await
}

/// Sums and counts have the same types on every database.
#[tokio::test]
async fn aggregates_have_the_same_types() -> Result<()> {
    with_connection(&database().await, async || {
        let readings = readings();
        Reading::bulk_insert(&readings).await?;
        let query = Reading::query;
        let count: u64 = query().count().await?;
        let humidity: i64 = query().sum(Reading::HUMIDITY).await?;
        let pressure: f64 = query().sum(Reading::PRESSURE).await?;
        let rain: Decimal = query().sum(Reading::RAIN).await?;
        let mean_humidity: Option<f64> = query().avg(Reading::HUMIDITY).await?;
        let mean_rain: Option<Decimal> = query().avg(Reading::RAIN).await?;
        assert_eq!((count, pressure), (10_000, 10_125_000.0));
        assert_eq!(humidity, readings.iter().map(|reading| i64::from(reading.humidity)).sum::<i64>());
        assert_eq!(rain, readings.iter().map(|reading| reading.rain).sum::<Decimal>());
        assert_eq!(mean_humidity, Some(49.5));
        assert_eq!(mean_rain.map(|mean| mean.round_dp(4)), Some((rain / dec!(10000)).round_dp(4)));
        assert_eq!(query().max(Reading::HOUR).await?, Some(ROWS - 1));
        assert_eq!(query().min(Reading::RAIN).await?, Some(dec!(0)));
        Ok(())
    })
    .await
}
