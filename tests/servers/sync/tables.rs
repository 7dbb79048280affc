//! Whole tables without models. They are described, created in another database, and copied.

use activerecord::ValueType;
use activerecord::prelude::*;
use activerecord::statement::CreateTable;
use activerecord::sync::SyncTable;

use super::{Database, pairs, profiles, random_samples};
use test_support::sample::Sample;

/// Creates the table of the samples by the library.
async fn make(database: &Database) -> Result<()> {
    connection(database)?.create_table(&CreateTable::from(Sample::TABLE)).await
}

#[tokio::test]
async fn a_table_is_described() -> Result<()> {
    for profile in profiles() {
        let database = Database::on(
            profile,
            &["seats (plane STRING NOT NULL, number I32 NOT NULL, holder TEXT, PRIMARY KEY (number, plane))"],
        )
        .await?;
        let handle = connection(&database)?;
        assert_eq!(handle.tables().await?, ["seats"]);
        assert_eq!(handle.describe("nothing").await?, None);
        let seats = handle.describe("seats").await?.ok_or_else(|| Error::invalid("no seats"))?;
        assert_eq!(seats.key, ["number", "plane"]);
        let nullable: Vec<_> = seats.columns.iter().map(|column| (column.name.as_str(), column.nullable)).collect();
        assert_eq!(nullable, [("plane", false), ("number", false), ("holder", true)]);
        assert_eq!(seats.columns[2].ty, Some(ValueType::Text));
    }
    Ok(())
}

/// The table is created in the target with the target's types, and every value is copied.
#[tokio::test]
async fn a_table_without_a_model_is_copied() -> Result<()> {
    let plain = |value: Sample| Sample { json: Json(serde_json::json!({ "n": value.int })), ..value };
    let samples = random_samples(50, plain)?;
    for (from, to) in pairs(&[], &[]).await? {
        make(&from).await?;
        Sample::with_connection(&from, async || Sample::bulk_insert(&samples).await).await?;
        let job = SyncTable::new("samples", &*from, &*to).batch(20);
        let report = job.run().await?;
        assert_eq!((report.read, report.written), (50, 50), "{report:?}");
        let differences = job.verify().await?;
        assert!(differences.is_empty(), "from {} to {}: {:?}", &*from, &*to, differences.rows);
        assert_eq!(job.run().await?.unchanged, 50);
        let copied = Sample::using(&to).order_by(Sample::ID.asc()).all().await?;
        assert!(copied == samples, "from {} to {}", &*from, &*to);
    }
    Ok(())
}

/// SQLite has no type for times, so programs store them as text.
#[tokio::test]
async fn a_watermark_can_be_text() -> Result<()> {
    const VISITS: &str = "visits (id ID, at STRING NOT NULL)";
    for (from, to) in pairs(&[VISITS], &[VISITS]).await? {
        for day in 1..=7 {
            let at = format!("2013-01-0{day} 05:00:00");
            connection(&from)?.execute("INSERT INTO visits (at) VALUES (?)", [at]).await?;
        }
        let job = SyncTable::new("visits", &*from, &*to).since("at").batch(2);
        assert_eq!(job.run().await?.written, 7);
        // The newest row is read again: another row can have the same watermark.
        let again = job.run().await?;
        assert_eq!((again.read, again.written), (1, 0), "{again:?}, from {} to {}", &*from, &*to);
    }
    Ok(())
}

#[tokio::test]
async fn a_table_that_cannot_be_copied_is_refused() -> Result<()> {
    for profile in profiles() {
        let from = Database::on(profile, &["things (id I64 NOT NULL)", "places (id ID, name STRING NOT NULL)"]).await?;
        let to = Database::on(profile, &["places (id ID)"]).await?;
        let error = async |table: &str| SyncTable::new(table, &*from, &*to).run().await.unwrap_err().to_string();
        assert!(error("nothing").await.contains("no table `nothing`"));
        assert_eq!(SyncTable::new("things", &*from, &*to).run().await?.written, 0);
        assert!(error("places").await.contains("no column `name`"));
    }
    Ok(())
}
