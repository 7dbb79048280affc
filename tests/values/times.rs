//! Dates and times: microseconds, UTC, one form to write and the usual forms to read.

use activerecord::prelude::*;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Utc};

use super::{Maybe, Sample, database};

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
            // What is compared with is rounded too, or the row would not be found by what it was given.
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
async fn a_leap_second_is_kept() -> Result<()> {
    with_connection(&database().await, async || {
        let leap = at("2016-12-31T23:59:60.5");
        assert_eq!(leap.nanosecond(), 1_500_000_000);
        let sample = Sample::create(Sample {
            datetime: leap,
            timestamp: leap.and_utc(),
            time: leap.time(),
            ..Default::default()
        })
        .await?;
        let row = Sample::find(sample.id).await?;
        assert_eq!((row.datetime, row.timestamp, row.time), (leap, leap.and_utc(), leap.time()));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn what_would_not_sort_as_text_is_refused_without_a_panic() -> Result<()> {
    with_connection(&database().await, async || {
        for datetime in [
            NaiveDateTime::MAX,
            NaiveDateTime::MIN,
            at("9999-12-31T23:59:59.999999999"),
            at("+10000-01-01T00:00:00"),
            at("-0001-12-31T00:00:00"),
        ] {
            let date = datetime.date();
            let samples = [
                Sample { datetime, ..Default::default() },
                Sample { timestamp: datetime.and_utc(), ..Default::default() },
            ];
            for sample in samples {
                assert!(Sample::create(sample).await.unwrap_err().is_conversion(), "{datetime}");
            }
            let stored = Maybe::create(Maybe { date: Some(date), ..Default::default() }).await;
            assert_eq!(stored.is_err(), !(0..=9999).contains(&chrono::Datelike::year(&date)), "{date}");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_usual_forms_are_read() -> Result<()> {
    let db = database().await;
    with_connection(&db, async || {
        let sample = Sample::create(Sample::default()).await?;
        for text in [
            "2013-01-01 05:15:00",
            "2013-01-01T05:15:00",
            "2013-01-01T05:15:00Z",
            "2013-01-01 05:15:00.000000+00:00",
            "2013-01-01T07:15:00+02:00",
        ] {
            connection(&db)?.execute("UPDATE samples SET datetime = ?, timestamp = ?", [text, text]).await?;
            let row = Sample::find(sample.id).await?;
            let expected = at("2013-01-01T05:15:00");
            assert_eq!((row.datetime, row.timestamp), (expected, expected.and_utc()), "{text}");
        }
        connection(&db)?.execute("UPDATE samples SET date = '2013-02-03', time = '05:15'", []).await?;
        let row = Sample::find(sample.id).await?;
        assert_eq!(
            (Some(row.date), Some(row.time)),
            (NaiveDate::from_ymd_opt(2013, 2, 3), NaiveTime::from_hms_opt(5, 15, 0))
        );
        Ok(())
    })
    .await
}

#[tokio::test]
async fn one_canonical_form_is_written() -> Result<()> {
    let db = database().await;
    with_connection(&db, async || {
        let datetime = at("2013-01-01T05:15:00.5");
        Sample::create(Sample {
            datetime,
            timestamp: datetime.and_utc(),
            date: datetime.date(),
            time: datetime.time(),
            ..Default::default()
        })
        .await?;
        let row = &connection(&db)?.query("SELECT datetime, timestamp, date, time FROM samples", []).await?[0];
        assert_eq!(row.get::<String>("datetime")?, "2013-01-01 05:15:00.500000");
        assert_eq!(row.get::<String>("timestamp")?, "2013-01-01 05:15:00.500000");
        assert_eq!(
            (row.get::<String>("date")?, row.get::<String>("time")?),
            ("2013-01-01".into(), "05:15:00.500000".into())
        );
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
