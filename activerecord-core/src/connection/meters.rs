//! What is counted of one connection, by the `metrics` facade.
//!
//! | metric | kind | meaning |
//! |---|---|---|
//! | `activerecord_statements_total` | counter | statements that were sent |
//! | `activerecord_statement_errors_total` | counter | statements that failed |
//! | `activerecord_statement_seconds` | histogram | from taking the statement up to its last row |
//! | `activerecord_rows_total` | counter | rows that were read or written |
//! | `activerecord_pool_wait_seconds` | histogram | waiting for a connection of the pool |
//! | `activerecord_pool_in_use` | gauge | connections that are out of the pool |
//!
//! Each has the label `connection`. The recorder has to be installed before a connection's first use.

use std::cell::Cell;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use metrics::{Counter, Gauge, Histogram, IntoF64};

/// The meters of one connection; registered at first use.
#[derive(Debug)]
pub(crate) struct Meters {
    name: Arc<str>,
    /// None inside when no recorder is installed: then nothing is measured.
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

    /// Whether anything is measured.
    pub(super) fn are_on(&self) -> bool {
        self.handles().is_some()
    }

    /// A statement ended.
    pub(super) fn statement(&self, took: Duration, rows: u64, failed: bool) {
        let Some(handles) = self.handles() else { return };
        handles.statements.increment(1);
        handles.seconds.record(took);
        handles.rows.increment(rows);
        if failed {
            handles.errors.increment(1);
        }
    }

    /// A connection was handed out.
    pub(super) fn acquired(&self, waited: Duration) {
        if let Some(handles) = self.handles() {
            handles.wait.record(waited);
        }
    }

    /// Counts a connection as in use until the guard is dropped.
    pub(super) fn in_use(&self) -> InUse {
        let gauge = self.handles().map(|handles| handles.in_use.clone());
        if let Some(gauge) = &gauge {
            gauge.increment(1.0);
        }
        InUse(gauge)
    }
}

/// Whether somebody records what goes into this histogram. One that is nobody's does not ask for the value.
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

/// A connection that is out of the pool.
pub(super) struct InUse(Option<Gauge>);

impl Drop for InUse {
    fn drop(&mut self) {
        if let Some(gauge) = &self.0 {
            gauge.decrement(1.0);
        }
    }
}
