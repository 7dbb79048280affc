//! Dates and times as text: one form to write and the usual forms to read.

use activerecord::prelude::*;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

use super::{Sample, database};

fn at(text: &str) -> NaiveDateTime {
    text.parse().unwrap_or_default()
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
