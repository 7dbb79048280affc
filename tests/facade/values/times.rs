//! Dates and times as text: one form to write and the usual forms to read.

use activerecord::prelude::*;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};

use super::{Sample, database};

fn at(text: &str) -> NaiveDateTime {
    text.parse().unwrap_or_default()
}

/// A raw row belongs to no column, so it is read in every usual form. A field is not: see `stored.rs`.
#[tokio::test]
async fn raw_rows_have_the_usual_forms() -> Result<()> {
    let db = database().await;
    let here = connection(&db)?;
    for text in [
        "2013-01-01 05:15:00",
        "2013-01-01T05:15:00",
        "2013-01-01T05:15:00Z",
        "2013-01-01 05:15:00.000000+00:00",
        "2013-01-01T07:15:00+02:00",
    ] {
        let row = &here.query("SELECT ? AS time", [text]).await?[0];
        let expected = at("2013-01-01T05:15:00");
        assert_eq!(
            (row.get::<NaiveDateTime>(0)?, row.get::<DateTime<Utc>>(0)?),
            (expected, expected.and_utc()),
            "{text}"
        );
    }
    let row = &here
        .query("SELECT '2013-02-03', '05:15', CURRENT_TIMESTAMP, x'00112233445566778899aabbccddeeff'", [])
        .await?[0];
    assert_eq!(
        (Some(row.get::<NaiveDate>(0)?), Some(row.get::<NaiveTime>(1)?)),
        (NaiveDate::from_ymd_opt(2013, 2, 3), NaiveTime::from_hms_opt(5, 15, 0))
    );
    assert!(row.get::<DateTime<Utc>>(2)?.timestamp() > 0);
    assert_eq!(row.get::<Uuid>(3)?, Uuid::from_u128(0x0011_2233_4455_6677_8899_aabb_ccdd_eeff));
    Ok(())
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
