//! A cheap clock for the pool, with a precision of some milliseconds.

use std::time::Duration;

use coarsetime::Instant;

/// A point in time. A read costs a tenth of that of the exact clock, which would be a large part of a lookup in SQLite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment(Instant);

impl Moment {
    pub(super) fn now() -> Self {
        Self(Instant::now_without_cache_update())
    }

    /// The moment so much later.
    pub(super) fn after(self, time: Duration) -> Self {
        Self(self.0 + time.into())
    }

    /// The time since an earlier moment; zero if it is later.
    pub(super) fn since(self, earlier: Self) -> Duration {
        self.0.duration_since(earlier.0).into()
    }
}
