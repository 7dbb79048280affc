//! Reports while a copy runs.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

/// How far a running copy is. The closure of [`SyncJob::progress`](crate::SyncJob::progress) receives it.
///
/// The numbers are those of this run: a run that resumes from a checkpoint starts at 0 and counts only the remaining rows.
/// `Display` writes one line, such as `legacy.airports: 20000 of 336776 rows, 10000 rows/s, 32s left`.
#[derive(Clone, Debug)]
pub struct Progress {
    job: Arc<str>,
    rows: u64,
    total: Option<u64>,
    elapsed: Duration,
    watermark: Option<DateTime<Utc>>,
    done: bool,
}

impl Progress {
    /// The name of the job.
    pub fn job(&self) -> &str {
        &self.job
    }

    /// The rows of the source that are done: written, unchanged or refused. It never decreases within a run.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The rows of the source that this run reads in all. None until every range has begun and is counted; without
    /// [`ranges`](crate::SyncJob::ranges) the first report has it.
    pub fn total(&self) -> Option<u64> {
        self.total
    }

    /// The time since the copy began.
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// Rows per second, on average since the copy began.
    #[allow(clippy::cast_precision_loss, reason = "a rate is approximate")]
    pub fn rate(&self) -> f64 {
        let seconds = self.elapsed.as_secs_f64();
        if seconds > 0.0 { self.rows as f64 / seconds } else { 0.0 }
    }

    /// An estimate of the remaining time, from the [`rate`](Self::rate) so far. None while the total is unknown or no row is
    /// done.
    #[allow(clippy::cast_precision_loss, reason = "an estimate is approximate")]
    pub fn time_left(&self) -> Option<Duration> {
        if self.done {
            return Some(Duration::ZERO);
        }
        let left = self.total?.saturating_sub(self.rows);
        let seconds = left as f64 / self.rate();
        Duration::try_from_secs_f64(seconds).ok()
    }

    /// The watermark of the last row that is done, when the job has [`since`](crate::SyncJob::since) with a column of times.
    pub fn watermark(&self) -> Option<DateTime<Utc>> {
        self.watermark
    }

    /// Whether this is the last report: all rows are copied. Deletes by
    /// [`delete_missing`](crate::SyncJob::delete_missing) may follow. A run that fails sends no last report.
    pub fn is_done(&self) -> bool {
        self.done
    }

    fn trace(&self) {
        tracing::info!(
            target: "activerecord",
            job = &*self.job,
            rows = self.rows,
            total = self.total,
            rows_per_second = self.rate(),
            seconds_left = self.time_left().map(|left| left.as_secs()),
            done = self.done,
            "copy progress"
        );
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.job, self.rows)?;
        if let Some(total) = self.total {
            write!(f, " of {total}")?;
        }
        write!(f, " rows, {:.0} rows/s", self.rate())?;
        match self.time_left() {
            Some(_) if self.done => f.write_str(", done"),
            Some(left) => write!(f, ", {} left", humantime::format_duration(Duration::from_secs(left.as_secs()))),
            None => Ok(()),
        }
    }
}

/// What [`SyncJob::progress`](crate::SyncJob::progress) takes: a closure over [`Progress`], `true` or `false`.
///
/// A closure that calls a method of its argument needs the argument's type: `|p: Progress| bar.set_position(p.rows())`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot receive the progress of a copy",
    note = "pass `true`, `false` or a closure such as `|p| println!(\"{{p}}\")`; a closure that calls methods needs `|p: Progress|`",
    note = "the closure must be `Fn(Progress) + Send + Sync + 'static`"
)]
pub trait IntoProgress {
    #[doc(hidden)]
    fn into_reporter(self) -> Reporter;
}

impl IntoProgress for bool {
    fn into_reporter(self) -> Reporter {
        Reporter(if self { Receiver::Events } else { Receiver::Nobody })
    }
}

impl<F: Fn(Progress) + Send + Sync + 'static> IntoProgress for F {
    fn into_reporter(self) -> Reporter {
        Reporter(Receiver::Closure(Arc::new(self)))
    }
}

/// Who receives the reports of a job.
#[derive(Clone, Default)]
pub struct Reporter(Receiver);

#[derive(Clone, Default)]
enum Receiver {
    #[default]
    Nobody,
    Events,
    Closure(Arc<dyn Fn(Progress) + Send + Sync>),
}

impl fmt::Debug for Reporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Receiver::Nobody => "nobody",
            Receiver::Events => "events",
            Receiver::Closure(_) => "closure",
        })
    }
}

/// Counts the rows of one run, over all of its ranges. Does nothing when nobody receives the reports.
#[derive(Clone)]
pub(crate) struct Meter(Option<Arc<Counter>>);

struct Counter {
    job: Arc<str>,
    reporter: Reporter,
    started: Instant,
    state: Mutex<State>,
}

struct State {
    rows: u64,
    total: u64,
    /// The ranges whose rows are not counted yet.
    uncounted: usize,
    watermark: Option<DateTime<Utc>>,
    /// When the last event was written, since the start.
    last_event: Duration,
}

impl Meter {
    pub(crate) fn new(reporter: &Reporter, job: &str, ranges: usize) -> Self {
        if matches!(reporter.0, Receiver::Nobody) {
            return Self(None);
        }
        let state = State { rows: 0, total: 0, uncounted: ranges, watermark: None, last_event: Duration::ZERO };
        Self(Some(Arc::new(Counter {
            job: job.into(),
            reporter: reporter.clone(),
            started: Instant::now(),
            state: Mutex::new(state),
        })))
    }

    /// Adds the number of rows of one range to the total.
    pub(crate) fn expect(&self, rows: u64) {
        self.change(|state| {
            state.total += rows;
            state.uncounted = state.uncounted.saturating_sub(1);
            None
        });
    }

    /// Reports that some more rows are done.
    pub(crate) fn add(&self, rows: u64, watermark: Option<DateTime<Utc>>) {
        self.change(|state| {
            state.rows += rows;
            state.watermark = watermark.or(state.watermark);
            (rows > 0).then_some(false)
        });
    }

    /// Sends the last report.
    pub(crate) fn finish(&self) {
        self.change(|_| Some(true));
    }

    /// Reports while the state is locked, so that the reports of ranges arrive in the order of their counts.
    fn change(&self, change: impl FnOnce(&mut State) -> Option<bool>) {
        let Some(counter) = &self.0 else { return };
        let mut state = counter.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(done) = change(&mut state) {
            counter.report(&mut state, done);
        }
    }
}

impl Counter {
    fn report(&self, state: &mut State, done: bool) {
        let progress = Progress {
            job: Arc::clone(&self.job),
            rows: state.rows,
            total: (state.uncounted == 0).then_some(state.total),
            elapsed: self.started.elapsed(),
            watermark: state.watermark,
            done,
        };
        match &self.reporter.0 {
            Receiver::Closure(call) => call(progress),
            Receiver::Events if done || is_due(state.last_event, progress.elapsed) => {
                state.last_event = progress.elapsed;
                progress.trace();
            }
            Receiver::Events | Receiver::Nobody => {}
        }
    }
}

/// Whether another event may be written, when the last one was at `last`.
fn is_due(last: Duration, now: Duration) -> bool {
    const INTERVAL: Duration = Duration::from_secs(10);
    now.saturating_sub(last) >= INTERVAL
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(rows: u64, total: Option<u64>, seconds: u64) -> Progress {
        let elapsed = Duration::from_secs(seconds);
        Progress { job: "a.flights".into(), rows, total, elapsed, watermark: None, done: total == Some(rows) }
    }

    #[test]
    fn a_report_is_one_line() {
        assert_eq!(progress(200, Some(1_000), 2).to_string(), "a.flights: 200 of 1000 rows, 100 rows/s, 8s left");
        assert_eq!(progress(200, None, 2).to_string(), "a.flights: 200 rows, 100 rows/s");
        assert_eq!(progress(200, Some(200), 2).to_string(), "a.flights: 200 of 200 rows, 100 rows/s, done");
        assert_eq!(progress(0, Some(200), 0).to_string(), "a.flights: 0 of 200 rows, 0 rows/s");
    }

    #[test]
    fn the_time_left_follows_from_the_rate() {
        assert_eq!(progress(100, Some(400), 5).time_left(), Some(Duration::from_secs(15)));
        assert_eq!(progress(400, Some(400), 5).time_left(), Some(Duration::ZERO));
        assert_eq!(progress(0, Some(400), 5).time_left(), None);
        assert_eq!(progress(100, None, 5).time_left(), None);
    }

    #[test]
    fn the_total_is_known_when_every_range_is_counted() {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let meter = {
            let seen = Arc::clone(&seen);
            let push = move |p: Progress| seen.lock().unwrap().push((p.rows(), p.total(), p.is_done()));
            Meter::new(&push.into_reporter(), "job", 2)
        };
        meter.expect(3);
        meter.add(2, None);
        meter.expect(5);
        meter.add(0, None);
        meter.add(6, None);
        meter.finish();
        assert_eq!(*seen.lock().unwrap(), [(2, None, false), (8, Some(8), false), (8, Some(8), true)]);
    }

    #[test]
    fn events_are_ten_seconds_apart() {
        let at = Duration::from_secs;
        assert!(!is_due(at(0), at(9)) && is_due(at(0), at(10)));
        assert!(!is_due(at(10), at(19)) && is_due(at(10), at(21)));
    }
}
