//! The time by a database's clock, where some milliseconds do not matter.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use activerecord_core::{ConnectionHandle, Result};
use chrono::{DateTime, Utc};

/// How long a reading is good for.
const GOOD_FOR: Duration = Duration::from_secs(10);

/// A time, and when it was read.
type Reading = (DateTime<Utc>, Instant);

static READINGS: LazyLock<Mutex<HashMap<u64, Reading>>> = LazyLock::new(Mutex::default);

/// The time by the clock of this connection's database, so that processes with other clocks agree: read once in a while, and
/// carried on by this machine's monotonic clock. To ask each time would cost every message a round trip. Leases ask.
pub(crate) async fn about_now(connection: &ConnectionHandle) -> Result<DateTime<Utc>> {
    let known = READINGS.lock().unwrap_or_else(PoisonError::into_inner).get(&connection.id()).copied();
    if let Some((time, read)) = known
        && read.elapsed() < GOOD_FOR
    {
        return Ok(time + read.elapsed());
    }
    let read = Instant::now();
    let time = connection.now().await?;
    READINGS.lock().unwrap_or_else(PoisonError::into_inner).insert(connection.id(), (time, read));
    Ok(time)
}
