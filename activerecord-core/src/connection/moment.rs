//! A cheap clock for the pool, with a precision of some milliseconds.

use std::time::Duration;

use coarsetime::Instant;

/// A time between two moments. The pool converts its settings once, because the conversion costs a division.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span(coarsetime::Duration);

impl Span {
    pub(super) const fn of_seconds(seconds: u64) -> Self {
        Self(coarsetime::Duration::new(seconds, 0))
    }
}

impl From<Duration> for Span {
    /// A longer time counts as 68 years.
    fn from(time: Duration) -> Self {
        Self(time.min(Duration::from_secs(1 << 31)).into())
    }
}

/// A point in time. A read costs a tenth of that of the exact clock, which would be a large part of a lookup in SQLite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment(Instant);

impl Moment {
    pub(super) fn now() -> Self {
        Self(Instant::now_without_cache_update())
    }

    /// The moment so much later.
    pub(super) fn after(self, time: Span) -> Self {
        Self(self.0 + time.0)
    }

    /// The time since an earlier moment; zero if it is later.
    pub(super) fn since(self, earlier: Self) -> Duration {
        self.0.duration_since(earlier.0).into()
    }
}
