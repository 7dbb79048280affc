//! Copies of whole tables, between every two databases.

use activerecord::prelude::*;
use activerecord::sync::SyncTable;

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

/// Copies a table whose keys are set, and inserts a row into the target.
#[tokio::test]
async fn a_target_generates_keys_after_the_copied_ones() -> Result<()> {
    for (from, to) in pairs(&[USERS], &[USERS]).await? {
        users(&from, &["a@x.org", "b@y.org", "c@x.org"]).await?;
        let job = || SyncJob::from::<User>().using(&*from).to::<User>().on(&*to).name("users");
        assert_eq!(job().advance_sequences().dry_run().await?.written, 3);
        job().run().await?;
        let insert = || async { User::with_connection(&to, async || User::create(User::default()).await).await };
        if !to.profile().keys_go_on {
            let error = insert().await.unwrap_err();
            assert!(error.is_unique_violation() && error.to_string().contains("activerecord sync"), "{error}");
        }
        assert_eq!(job().advance_sequences().run().await?.unchanged, 3);
        let new = insert().await?;
        assert_eq!(new.id, 4, "from {} to {}", &*from, &*to);
        User::using(&from).delete().await?;
        users(&from, &["z@x.org"]).await?;
        job().advance_sequences().repair().await?;
        assert!(users(&to, &["y@x.org"]).await?[0].id > 1);
    }
    Ok(())
}

/// The same for a table without a model.
#[tokio::test]
async fn a_target_without_a_model_generates_keys_after_the_copied_ones() -> Result<()> {
    for (from, to) in pairs(&[USERS], &[]).await? {
        users(&from, &["a@x.org", "b@y.org"]).await?;
        SyncTable::new("users", &*from, &*to).advance_sequences().run().await?;
        // Not by the model: a copy of SQLite's table has the times as texts.
        let insert = "INSERT INTO users (email, updated_at) SELECT 'c@x.org', updated_at FROM users WHERE id = 1";
        connection(&to)?.execute(insert, []).await?;
        let last = connection(&to)?.query("SELECT id FROM users WHERE email = 'c@x.org'", []).await?;
        assert_eq!(last[0].get::<i64>("id")?, 3, "from {} to {}", &*from, &*to);
    }
    Ok(())
}
