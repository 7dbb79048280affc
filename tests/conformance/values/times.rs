//! Dates and times, in microseconds and UTC.

use activerecord::prelude::*;
use chrono::{DateTime, Datelike, NaiveDateTime, TimeDelta, Timelike, Utc};

use super::{Sample, database};

fn at(text: &str) -> NaiveDateTime {
    text.parse().unwrap_or_default()
}

#[tokio::test]
async fn finer_than_microseconds_is_rounded() -> Result<()> {
    with_connection(&database().await, async || {
        for (written, read) in [
            ("2013-01-01T05:15:00.123456499", "2013-01-01T05:15:00.123456"),
            ("2013-01-01T05:15:00.123456500", "2013-01-01T05:15:00.123457"),
            ("2013-01-01T05:15:00.999999999", "2013-01-01T05:15:01"),
            ("2013-12-31T23:59:59.999999600", "2014-01-01T00:00:00"),
            ("1969-12-31T23:59:59.999999400", "1969-12-31T23:59:59.999999"),
        ] {
            let (datetime, expected) = (at(written), at(read));
            let sample =
                Sample::create(Sample { datetime, timestamp: datetime.and_utc(), ..Default::default() }).await?;
            let row = Sample::find(sample.id).await?;
            assert_eq!((row.datetime, row.timestamp), (expected, expected.and_utc()), "{written}");
            // A value in a condition is rounded too, so that the row is found by the written value.
            assert_eq!(
                Sample::filter(Sample::ID.eq(sample.id) & Sample::TIMESTAMP.eq(datetime.and_utc())).count().await?,
                1
            );
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_time_of_day_does_not_round_into_the_next_day() -> Result<()> {
    with_connection(&database().await, async || {
        let last = at("2013-01-01T23:59:59.999999999").time();
        let sample = Sample::create(Sample { time: last, ..Default::default() }).await?;
        assert_eq!(Sample::find(sample.id).await?.time, at("2013-01-01T23:59:59.999999").time());
        let usual =
            Sample::create(Sample { time: at("2013-01-01T05:15:00.1234565").time(), ..Default::default() }).await?;
        assert_eq!(Sample::find(usual.id).await?.time, at("2013-01-01T05:15:00.123457").time());
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_leap_second_is_kept_or_refused() -> Result<()> {
    let db = database().await;
    with_connection(&db, async || {
        let leap = at("2016-12-31T23:59:60.5");
        assert_eq!(leap.nanosecond(), 1_500_000_000);
        let sample = Sample::create(Sample {
            datetime: leap,
            timestamp: leap.and_utc(),
            time: leap.time(),
            ..Default::default()
        });
        if !db.profile().leap_seconds {
            assert!(sample.await.unwrap_err().is_conversion());
            return Ok(());
        }
        let sample = sample.await?;
        let row = Sample::find(sample.id).await?;
        assert_eq!((row.datetime, row.timestamp, row.time), (leap, leap.and_utc(), leap.time()));
        Ok(())
    })
    .await
}

/// A date outside the years of the database is refused. It neither changes nor panics.
#[tokio::test]
async fn far_years_are_kept_or_refused() -> Result<()> {
    let db = database().await;
    with_connection(&db, async || {
        for datetime in [
            NaiveDateTime::MAX,
            NaiveDateTime::MIN,
            at("9999-12-31T23:59:59.999999999"),
            at("9999-12-31T23:59:59.999999"),
            at("+10000-01-01T00:00:00"),
            at("0001-01-01T00:00:00"),
            at("0000-12-31T00:00:00"),
            at("-0001-12-31T00:00:00"),
        ] {
            // Rounding to microseconds can lead into the next year.
            let rounded = datetime.checked_add_signed(TimeDelta::nanoseconds(500)).unwrap_or(datetime);
            let kept = db.profile().years.contains(&rounded.year());
            let written = [
                Sample::create(Sample { datetime, ..Default::default() }).await,
                Sample::create(Sample { timestamp: datetime.and_utc(), ..Default::default() }).await,
                Sample::create(Sample { date: rounded.date(), ..Default::default() }).await,
            ];
            for sample in written {
                match sample {
                    Ok(sample) => assert_eq!(Sample::find(sample.id).await?.date, sample.date),
                    Err(error) => assert!(!kept && error.is_conversion(), "{datetime}: {error:?}"),
                }
            }
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn now_is_written_and_read_as_the_same_instant() -> Result<()> {
    with_connection(&database().await, async || {
        let now = Utc::now();
        let sample = Sample::create(Sample { timestamp: now, ..Default::default() }).await?;
        let difference: TimeDelta = Sample::find(sample.id).await?.timestamp - now;
        assert!(difference.abs() <= TimeDelta::microseconds(1), "{difference}");
        let _: DateTime<Utc> = Sample::query().max(Sample::TIMESTAMP).await?.unwrap_or_default();
        Ok(())
    })
    .await
}
