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

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use metrics::{Counter, Gauge, Histogram};

/// The meters of one connection; registered at first use.
#[derive(Debug)]
pub(crate) struct Meters {
    name: Arc<str>,
    handles: OnceLock<Handles>,
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

    fn handles(&self) -> &Handles {
        self.handles.get_or_init(|| {
            let name = || self.name.to_string();
            Handles {
                statements: metrics::counter!("activerecord_statements_total", "connection" => name()),
                errors: metrics::counter!("activerecord_statement_errors_total", "connection" => name()),
                seconds: metrics::histogram!("activerecord_statement_seconds", "connection" => name()),
                rows: metrics::counter!("activerecord_rows_total", "connection" => name()),
                wait: metrics::histogram!("activerecord_pool_wait_seconds", "connection" => name()),
                in_use: metrics::gauge!("activerecord_pool_in_use", "connection" => name()),
            }
        })
    }

    /// A statement ended.
    pub(super) fn statement(&self, took: Duration, rows: u64, failed: bool) {
        let handles = self.handles();
        handles.statements.increment(1);
        handles.seconds.record(took);
        handles.rows.increment(rows);
        if failed {
            handles.errors.increment(1);
        }
    }

    /// A connection was handed out.
    pub(super) fn acquired(&self, waited: Duration) {
        self.handles().wait.record(waited);
    }

    /// Counts a connection as in use until the guard is dropped.
    pub(super) fn in_use(&self) -> InUse {
        let gauge = self.handles().in_use.clone();
        gauge.increment(1.0);
        InUse(gauge)
    }
}

/// A connection that is out of the pool.
pub(super) struct InUse(Gauge);

impl Drop for InUse {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}
