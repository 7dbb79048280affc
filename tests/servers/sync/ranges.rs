//! Several ranges of the key, copied concurrently.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use activerecord::prelude::*;
use tokio::task::block_in_place;

use super::{ANALYTICS_USERS, AnalyticsUser, Database, USERS, analytics, job, pairs, profiles, random_samples, users};
use test_support::sample::{Sample, TABLES};

/// Only a hang reaches this time.
const LONG: Duration = Duration::from_secs(60);

/// Each row is copied once. The second run writes only the differences.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_row_is_in_one_range() -> Result<()> {
    let samples = random_samples(200, |value| Sample { json: Json(serde_json::json!(value.int)), ..value })?;
    for (from, to) in pairs(&TABLES, &TABLES).await? {
        Sample::with_connection(&from, async || Sample::bulk_insert(&samples).await).await?;
        let job = SyncJob::from::<Sample>().using(&*from).to::<Sample>().on(&*to).batch(10).ranges(4);
        let first = job.run().await?;
        assert_eq!((first.read, first.written), (200, 200), "{first}");
        Sample::using(&from).filter(Sample::ID.is_in([50, 51, 200])).update((Sample::TEXT.set("other"),)).await?;
        Sample::using(&to).filter(Sample::ID.eq(100)).delete().await?;
        let second = job.run().await?;
        assert_eq!((second.read, second.written, second.unchanged), (200, 4, 196), "{second}");
        let [source, target] = [&from, &to].map(|place| Sample::using(place).order_by(Sample::ID.asc()));
        assert!(source.all().await? == target.all().await?, "from {} to {}", &*from, &*to);
    }
    Ok(())
}

/// The closure waits until all ranges have called it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ranges_run_concurrently() -> Result<()> {
    for profile in profiles() {
        let (from, to) = (Database::on(profile, &[USERS]).await?, Database::on(profile, &[ANALYTICS_USERS]).await?);
        users(&from, &["a@x.org"; 9]).await?;
        let (called, all) = (Arc::new(Mutex::new(HashSet::new())), Arc::new(Condvar::new()));
        let all_met = Arc::new(AtomicBool::new(true));
        let met = Arc::clone(&all_met);
        let job = job(&from, &to).ranges(3).map(move |user| {
            let mut ranges = called.lock().unwrap_or_else(PoisonError::into_inner);
            ranges.insert((user.id - 1) / 3);
            all.notify_all();
            // Another thread continues the tasks of this one.
            let waited = block_in_place(|| all.wait_timeout_while(ranges, LONG, |ranges| ranges.len() < 3));
            met.fetch_and(waited.is_ok_and(|(_, waited)| !waited.timed_out()), Ordering::Relaxed);
            AnalyticsUser { id: 0, user_id: user.id, domain: user.email }
        });
        assert_eq!(job.run().await?.written, 9);
        assert!(all_met.load(Ordering::Relaxed), "on {}", profile.name());
    }
    Ok(())
}

/// More ranges than connections. Both ends use one pool.
#[tokio::test]
async fn ranges_wait_for_connections() -> Result<()> {
    for profile in profiles() {
        let here = Database::on(profile, &[USERS, ANALYTICS_USERS]).await?;
        users(&here, &["a@x.org"; 24]).await?;
        assert_eq!(job(&here, &here).ranges(8).run().await?.written, 24);
        assert_eq!(analytics(&here).await?.len(), 24);
    }
    Ok(())
}

#[tokio::test]
async fn bad_rows_are_counted_over_all_ranges() -> Result<()> {
    for (from, to) in pairs(&[USERS], &[ANALYTICS_USERS]).await? {
        users(&from, &["a@x.org", "b@bad", "c@x.org", "d@x.org", "e@bad", "f@x.org"]).await?;
        let given_up = job(&from, &to).ranges(2).max_bad_rows(1).run().await.unwrap_err();
        assert!(given_up.is_invalid() && given_up.to_string().contains("2 rows were refused"), "{given_up}");
        let job = job(&from, &to).ranges(2).max_bad_rows(2);
        job.reset().await?;
        let report = job.run().await?;
        assert_eq!((report.refused, report.bad_rows.len()), (2, 2), "{report:?}");
        assert_eq!(analytics(&to).await?.len(), 4);
    }
    Ok(())
}
