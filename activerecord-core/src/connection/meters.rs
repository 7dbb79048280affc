//! The metrics of a connection, by the `metrics` facade.
//!
//! | metric | kind | meaning |
//! |---|---|---|
//! | `activerecord_statements_total` | counter | statements, including failed ones |
//! | `activerecord_statement_errors_total` | counter | failed statements |
//! | `activerecord_statement_seconds` | histogram | the time from the call to the last row |
//! | `activerecord_rows_total` | counter | rows that were read or written |
//! | `activerecord_pool_wait_seconds` | histogram | the time that a statement waited for a connection of the pool |
//! | `activerecord_pool_in_use` | gauge | connections in use |
//!
//! Each has the label `connection`. Install the recorder before the first use of a connection.

use std::cell::Cell;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use metrics::{Counter, Gauge, Histogram, IntoF64};

/// The metrics of one connection. They are registered at the first use.
#[derive(Debug)]
pub(crate) struct Meters {
    name: Arc<str>,
    /// Contains None when no recorder is installed. Then nothing is measured.
    handles: OnceLock<Option<Handles>>,
}

#[derive(Debug)]
struct Handles {
    statements: Counter,
    errors: Counter,
    seconds: Histogram,
    rows: Counter,
    wait: Histogram,
    in_use: Gauge,
}

impl Meters {
    pub(super) fn new(name: &Arc<str>) -> Self {
        Self { name: Arc::clone(name), handles: OnceLock::new() }
    }

    fn handles(&self) -> Option<&Handles> {
        let register = || {
            let name = || self.name.to_string();
            let wait = metrics::histogram!("activerecord_pool_wait_seconds", "connection" => name());
            records(&wait).then(|| Handles {
                statements: metrics::counter!("activerecord_statements_total", "connection" => name()),
                errors: metrics::counter!("activerecord_statement_errors_total", "connection" => name()),
                seconds: metrics::histogram!("activerecord_statement_seconds", "connection" => name()),
                rows: metrics::counter!("activerecord_rows_total", "connection" => name()),
                wait,
                in_use: metrics::gauge!("activerecord_pool_in_use", "connection" => name()),
            })
        };
        self.handles.get_or_init(register).as_ref()
    }

    /// Whether a recorder is installed.
    pub(super) fn are_on(&self) -> bool {
        self.handles().is_some()
    }

    /// Records the end of a statement.
    pub(super) fn statement(&self, took: Duration, rows: u64, failed: bool) {
        let Some(handles) = self.handles() else { return };
        handles.statements.increment(1);
        handles.seconds.record(took);
        handles.rows.increment(rows);
        if failed {
            handles.errors.increment(1);
        }
    }

    /// Records the wait for a connection, and counts it as in use until the guard is dropped. None: nothing is measured.
    #[inline]
    pub(super) fn acquired(&self, waited: Duration) -> Option<InUse> {
        let handles = self.handles()?;
        handles.wait.record(waited);
        handles.in_use.increment(1.0);
        Some(InUse(handles.in_use.clone()))
    }
}

/// Whether a recorder is behind this histogram. A histogram without a recorder does not read the value.
fn records(histogram: &Histogram) -> bool {
    struct Asked<'c>(&'c Cell<bool>);
    impl IntoF64 for Asked<'_> {
        fn into_f64(self) -> f64 {
            self.0.set(true);
            0.0
        }
    }
    let asked = Cell::new(false);
    histogram.record_many(Asked(&asked), 0);
    asked.get()
}

/// Counts a connection as in use until it is dropped.
pub(super) struct InUse(Gauge);

impl Drop for InUse {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}
