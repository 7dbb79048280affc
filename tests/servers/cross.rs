//! Values and tables that are copied between every two databases.

use activerecord::TableInfo;
use activerecord::prelude::*;
use chrono::{NaiveDate, TimeZone, Utc};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use test_support::sample::{Sample, TABLES};
use test_support::{Database, Profile, strategies};

/// Random values of every type. The JSON contains no floats: JSON numbers have no type, and databases write floats
/// differently.
fn samples() -> Result<Vec<Sample>> {
    let (strategy, mut runner) = (strategies::sample(Profile::least()), TestRunner::deterministic());
    (1..=200)
        .map(|id| {
            let value = strategy.new_tree(&mut runner).map_err(|reason| Error::custom(reason.to_string()))?.current();
            Ok(Sample { id, json: Json(serde_json::json!({ "text": value.text, "n": value.int })), ..value })
        })
        .collect()
}

/// Copies all rows in batches by upsert, twice. The second time, every row exists.
async fn copy(from: &Database, to: &Database) -> Result<()> {
    for _ in 0..2 {
        let mut batches = Sample::using(from).batch(64);
        while let Some(batch) = batches.next().await? {
            with_connection(to, async || Sample::bulk_insert_or_update(&batch, [Sample::ID]).await).await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn values_are_copied_from_each_to_each() -> Result<()> {
    let samples = samples()?;
    for source in Profile::all() {
        let from = Database::on(source, &TABLES).await?;
        with_connection(&from, async || Sample::bulk_insert(&samples).await).await?;
        for target in Profile::all() {
            let to = Database::on(target, &TABLES).await?;
            copy(&from, &to).await?;
            let copied = Sample::using(&to).order_by(Sample::ID.asc()).all().await?;
            for (copied, sample) in copied.iter().zip(&samples) {
                assert_eq!(copied, sample, "from {} to {}", source.name(), target.name());
            }
            assert_eq!(copied.len(), samples.len());
        }
    }
    Ok(())
}

/// Copies through all databases twice. A value that one of them rounds or pads differs at the end.
#[tokio::test]
async fn values_survive_a_copy_through_all() -> Result<()> {
    let samples = samples()?;
    let mut here = Database::on(Profile::all()[0], &TABLES).await?;
    with_connection(&here, async || Sample::bulk_insert(&samples).await).await?;
    for profile in Profile::all().into_iter().cycle().skip(1).take(8) {
        let next = Database::on(profile, &TABLES).await?;
        copy(&here, &next).await?;
        here = next;
    }
    assert!(Sample::using(&here).order_by(Sample::ID.asc()).all().await? == samples);
    Ok(())
}

/// Describes a table on one database, creates it on another, and describes it again.
#[tokio::test]
async fn a_described_table_is_created_on_another_database() -> Result<()> {
    let fares = "fares (id ID, code VARCHAR(3) NOT NULL, tax NUMERIC(10, 2) NOT NULL, note TEXT, paid BOOL NOT NULL, \
                 sold DATETIME, picture BYTES, CONSTRAINT by_code UNIQUE (code, tax))";
    let seats = "seats (flight VARCHAR(20) NOT NULL, line I32 NOT NULL, PRIMARY KEY (flight, line))";
    for source in Profile::all() {
        let from = Database::on(source, &[fares, seats]).await?;
        for target in Profile::all() {
            let to = Database::on(target, &[]).await?;
            for name in connection(&from)?.tables().await? {
                let original = connection(&from)?
                    .describe(&name)
                    .await?
                    .ok_or_else(|| Error::invalid("a listed table is not described"))?;
                connection(&to)?.create_table(&original.definition()?).await?;
                let made = connection(&to)?
                    .describe(&name)
                    .await?
                    .ok_or_else(|| Error::invalid("the created table is not described"))?;
                let pair = format!("{name} from {} to {}", source.name(), target.name());
                assert_eq!(made.key, original.key, "{pair}");
                let unique = |table: &TableInfo| table.unique.iter().map(|key| key.columns.clone()).collect::<Vec<_>>();
                assert_eq!(unique(&made), unique(&original), "{pair}");
                for (made, original) in made.columns.iter().zip(&original.columns) {
                    assert_eq!((&made.name, made.nullable), (&original.name, original.nullable), "{pair}");
                    assert_eq!(made.numbered, original.numbered, "{pair}: {}", made.name);
                    assert!(made.name != "tax" || made.sizes.is_empty() || made.sizes == [10, 2], "{pair}: {made:?}");
                }
                assert_eq!(made.columns.len(), original.columns.len(), "{pair}");
            }
        }
    }
    Ok(())
}

/// A filter and an order give the same rows on every database.
#[tokio::test]
async fn filters_and_orders_agree_everywhere() -> Result<()> {
    let samples = samples()?;
    let watermark = Utc.timestamp_opt(1_000_000_000, 0).single().unwrap_or_default();
    let day = NaiveDate::from_ymd_opt(2013, 1, 1).unwrap_or_default();
    let mut found = Vec::new();
    for profile in Profile::all() {
        let db = Database::on(profile, &TABLES).await?;
        with_connection(&db, async || Sample::bulk_insert(&samples).await).await?;
        let query = || Sample::using(&db);
        found.push((
            query().filter(Sample::TIMESTAMP.gt(watermark)).order_by(Sample::ID.asc()).pluck(Sample::ID).await?,
            query()
                .filter(Sample::DATE.le(day))
                .order_by((Sample::DATE.asc(), Sample::ID.asc()))
                .pluck(Sample::ID)
                .await?,
            query().order_by((Sample::TEXT.asc(), Sample::ID.asc())).pluck(Sample::ID).await?,
            query().order_by((Sample::PRICE.desc(), Sample::ID.asc())).pluck(Sample::ID).await?,
            query().order_by((Sample::UUID.asc(), Sample::ID.asc())).pluck(Sample::ID).await?,
            query().filter(Sample::PRICE.gt(dec!(0.5))).count().await?,
        ));
    }
    for (other, profile) in found.iter().zip(Profile::all()) {
        assert!(other == &found[0], "{} differs", profile.name());
    }
    Ok(())
}
