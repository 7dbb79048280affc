//! A clock for what is counted in seconds: how long a connection was idle, how old it is, how long somebody has it.

use std::time::Duration;

use coarsetime::Instant;

/// A point in time, to some milliseconds. The system keeps it in memory, so to ask for it costs a tenth of what the exact
/// clock costs, which is a good part of what a lookup in SQLite takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment(Instant);

impl Moment {
    pub(super) fn now() -> Self {
        Self(Instant::now_without_cache_update())
    }

    /// The time since an earlier moment; none since a later one.
    pub(super) fn since(self, earlier: Self) -> Duration {
        self.0.duration_since(earlier.0).into()
    }
}
