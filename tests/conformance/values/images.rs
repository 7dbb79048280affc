//! The image of a row in a captured change equals the row that a query reads.

use activerecord::prelude::*;
use chrono::NaiveDate;

use super::round_trip::{for_samples, same};
use super::{Maybe, Sample, database};
use crate::distributed::captures::changes;
use test_support::Database;

/// Returns the new images of the captured changes.
async fn captured<M: Model + Clone>(database: &Database, topic: &str) -> Result<Vec<M>> {
    let changes = changes::<M>(database, topic).await?;
    Ok(changes.into_iter().filter_map(|(_, _, change)| change.after).collect())
}

/// SQLite's text of a double is not exact: it lacks the last of 17 digits.
fn rounded(mut image: Sample, row: &Sample) -> Sample {
    if (image.double - row.double).abs() <= row.double.abs() * 1e-15 {
        image.double = row.double;
    }
    image
}

#[test]
fn an_image_keeps_every_type() -> Result<()> {
    for_samples(async |samples| {
        let database = database().await;
        Capture::install::<Sample>().on(&*database).await?;
        with_connection(&database, async || {
            for sample in samples {
                Sample::create(sample).await?;
            }
            let mut images = captured::<Sample>(&database, "samples_changes").await?;
            images.sort_by_key(|image| image.id);
            let rows = Sample::query().order_by(Sample::ID.asc()).all().await?;
            assert_eq!(images.len(), rows.len());
            images.into_iter().zip(&rows).try_for_each(|(image, row)| same(&rounded(image, row), row))
        })
        .await
    })
}

/// Years at the limits of the database. PostgreSQL writes the year 0 as 1 BC.
#[tokio::test]
async fn an_image_keeps_far_years() -> Result<()> {
    let database = database().await;
    Capture::install::<Sample>().on(&*database).await?;
    let years = &database.profile().years;
    let kept = [*years.start(), -1, 0, 1, 9_999, 10_000, *years.end()].into_iter().filter(|year| years.contains(year));
    with_connection(&database, async || {
        let mut rows = Vec::new();
        for datetime in kept.filter_map(|year| NaiveDate::from_ymd_opt(year, 2, 28)?.and_hms_micro_opt(1, 2, 3, 4)) {
            let timestamp = datetime.and_utc();
            rows.push(
                Sample::create(Sample { date: datetime.date(), datetime, timestamp, ..Sample::default() }).await?,
            );
        }
        let mut images = captured::<Sample>(&database, "samples_changes").await?;
        images.sort_by_key(|image| image.id);
        assert!(images.len() > 2 && images.len() == rows.len());
        images.iter().zip(&rows).try_for_each(|(image, row)| same(image, row))
    })
    .await
}

#[tokio::test]
async fn an_image_keeps_null() -> Result<()> {
    let database = database().await;
    Capture::install::<Maybe>().on(&*database).await?;
    with_connection(&database, async || {
        let nothing = Maybe::create(Maybe::default()).await?;
        assert_eq!(captured::<Maybe>(&database, "maybes_changes").await?, [nothing]);
        Ok(())
    })
    .await
}
