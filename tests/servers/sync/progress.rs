//! Progress reports of a running job.

use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};

use activerecord::prelude::*;
use activerecord::sync::Progress;
use tracing::Subscriber;
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use super::{ANALYTICS_USERS, AnalyticsUser, Database, USERS, User, job, pairs, users};

/// Runs the job, and returns its reports.
async fn reports(job: SyncJob<User, AnalyticsUser>) -> Result<Vec<Progress>> {
    let reports = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&reports);
    job.progress(move |p| sink.lock().unwrap_or_else(PoisonError::into_inner).push(p)).run().await?;
    let seen = reports.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Ok(seen)
}

fn rows(reports: &[Progress]) -> Vec<(u64, Option<u64>)> {
    reports.iter().map(|report| (report.rows(), report.total())).collect()
}

async fn seven_users(database: &Database) -> Result<()> {
    users(database, &["a@x.org"; 7]).await.map(drop)
}

#[tokio::test]
async fn each_batch_and_the_end_are_reported() -> Result<()> {
    for (from, to) in pairs(&[USERS], &[ANALYTICS_USERS]).await? {
        seven_users(&from).await?;
        let reports = reports(job(&from, &to)).await?;
        let all = Some(7);
        assert_eq!(rows(&reports), [(3, all), (6, all), (7, all), (7, all)]);
        let done: Vec<_> = reports.iter().map(Progress::is_done).collect();
        assert_eq!(done, [false, false, false, true]);
        let last = &reports[3];
        assert_eq!((last.job(), last.watermark()), (&*format!("{}.users>analytics_users", &*from), None));
        assert!(last.to_string().contains(": 7 of 7 rows, ") && last.to_string().ends_with("done"), "{last}");
    }
    Ok(())
}

/// The total is that of all ranges, and the counts only grow.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ranges_are_counted_together() -> Result<()> {
    for (from, to) in pairs(&[USERS], &[ANALYTICS_USERS]).await? {
        seven_users(&from).await?;
        let reports = reports(job(&from, &to).ranges(2)).await?;
        let rows = rows(&reports);
        assert!(rows.is_sorted() && rows.iter().all(|(_, total)| total.is_none_or(|total| total == 7)), "{rows:?}");
        assert_eq!(rows.last(), Some(&(7, Some(7))));
        assert!(reports.iter().rev().skip(1).all(|report| !report.is_done()) && reports[reports.len() - 1].is_done());
    }
    Ok(())
}

/// Rows that are equal on both sides count as done, although they are not read.
#[tokio::test]
async fn equal_rows_are_counted() -> Result<()> {
    for (from, to) in pairs(&[USERS], &[USERS]).await? {
        seven_users(&from).await?;
        let seen = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&seen);
        let job = SyncJob::from::<User>().using(&*from).to::<User>().on(&*to).batch(3);
        let job = job.progress(move |p: Progress| sink.lock().unwrap().push((p.rows(), p.total(), p.is_done())));
        job.run().await?;
        seen.lock().unwrap().clear();
        assert_eq!(job.run().await?.unchanged, 7);
        assert_eq!(seen.lock().unwrap().last(), Some(&(7, Some(7), true)));
    }
    Ok(())
}

/// A run from a watermark counts only the rows that it reads, and reports its watermark.
#[tokio::test]
async fn a_run_by_watermark_reports_its_own_rows() -> Result<()> {
    for (from, to) in pairs(&[USERS], &[ANALYTICS_USERS]).await? {
        seven_users(&from).await?;
        let reports = reports(job(&from, &to).since(User::UPDATED_AT)).await?;
        assert_eq!(rows(&reports).last(), Some(&(7, Some(7))));
        let newest = User::using(&from).max(User::UPDATED_AT).await?;
        assert_eq!(reports.last().and_then(Progress::watermark), newest);
    }
    Ok(())
}

/// The events of a copy: rows, total, and whether it is done.
#[derive(Clone, Default)]
struct Events(Arc<Mutex<Vec<[Option<String>; 3]>>>);

#[derive(Default)]
struct Fields([Option<String>; 3], bool);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let value = format!("{value:?}");
        match field.name() {
            "rows" => self.0[0] = Some(value),
            "total" => self.0[1] = Some(value),
            "done" => self.0[2] = Some(value),
            "message" => self.1 = value == "copy progress",
            _ => {}
        }
    }
}

impl<S: Subscriber> Layer<S> for Events {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        if fields.1 {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(fields.0);
        }
    }
}

/// A copy writes an event at its end, and every ten seconds before. The subscriber is that of this thread, which runs
/// all of it.
#[tokio::test]
async fn progress_true_writes_tracing_events() -> Result<()> {
    for (from, to) in pairs(&[USERS], &[ANALYTICS_USERS]).await? {
        seven_users(&from).await?;
        let events = Events::default();
        let guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(events.clone()));
        job(&from, &to).progress(true).run().await?;
        job(&from, &to).progress(false).run().await?;
        drop(guard);
        let events = events.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let last = ["7", "7", "true"].map(|value| Some(value.to_owned()));
        assert_eq!(events.last(), Some(&last));
        assert_eq!(events.iter().filter(|fields| fields[2] == last[2]).count(), 1, "{events:?}");
    }
    Ok(())
}
