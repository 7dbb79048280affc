//! Copies of whole tables, between every two databases.

use activerecord::prelude::*;

use super::{ANALYTICS_USERS, AnalyticsUser, USERS, User, analytics, job, pairs, random_samples, users};
use test_support::sample::{Sample, TABLES};

/// Random values of every type. The JSON contains no floats: JSON numbers have no type, and databases write floats
/// differently.
fn samples() -> Result<Vec<Sample>> {
    random_samples(100, |value| Sample {
        json: Json(serde_json::json!({ "text": value.text, "n": value.int })),
        ..value
    })
}

/// Every type of column is copied. The second run writes nothing, and `verify` finds no difference.
#[tokio::test]
async fn a_table_is_copied_unchanged() -> Result<()> {
    let samples = samples()?;
    for (from, to) in pairs(&TABLES, &TABLES).await? {
        Sample::with_connection(&from, async || Sample::bulk_insert(&samples).await).await?;
        let job = SyncJob::from::<Sample>().using(&*from).to::<Sample>().on(&*to).batch(32);
        let first = job.run().await?;
        assert_eq!((first.read, first.written, first.unchanged), (100, 100, 0), "{first}");
        let copied = Sample::using(&to).order_by(Sample::ID.asc()).all().await?;
        assert!(copied == samples, "from {} to {}", &*from, &*to);
        let second = job.run().await?;
        assert_eq!((second.read, second.written, second.unchanged), (100, 0, 100), "{second}");
        let differences = job.verify().await?;
        assert!(differences.is_empty() && differences.target_rows == 100, "{differences:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_closure_maps_the_rows() -> Result<()> {
    for (from, to) in pairs(&[USERS], &[ANALYTICS_USERS]).await? {
        users(&from, &["a@x.org", "b@y.org", "c@x.org", "d@z.org"]).await?;
        let job = job(&from, &to);
        assert_eq!(job.run().await?.written, 4);
        // The target generates its own keys, and a second run keeps them.
        let ids = AnalyticsUser::using(&to).order_by(AnalyticsUser::ID.asc()).pluck(AnalyticsUser::ID).await?;
        User::using(&from).filter(User::ID.eq(2)).update((User::EMAIL.set("b@w.org"),)).await?;
        let again = job.run().await?;
        assert_eq!((again.written, again.unchanged), (1, 3));
        let expected = [(1, "x.org"), (2, "w.org"), (3, "x.org"), (4, "z.org")];
        assert_eq!(analytics(&to).await?, expected.map(|(id, domain)| (id, domain.to_owned())));
        let kept = AnalyticsUser::using(&to).order_by(AnalyticsUser::ID.asc()).pluck(AnalyticsUser::ID).await?;
        assert_eq!(kept, ids);
    }
    Ok(())
}

/// A dry run only counts.
#[tokio::test]
async fn a_dry_run_writes_nothing() -> Result<()> {
    for (from, to) in pairs(&[USERS], &[ANALYTICS_USERS]).await? {
        users(&from, &["a@x.org", "b@y.org", "c@x.org", "d@z.org"]).await?;
        let job = job(&from, &to).since(User::UPDATED_AT).delete_missing(1.0);
        let dry = job.dry_run().await?;
        assert_eq!((dry.read, dry.written), (4, 4));
        assert_eq!(analytics(&to).await?.len(), 0);
        assert_eq!(job.run().await?.written, 4);
    }
    Ok(())
}
