//! Times by a database's clock.

use std::time::{Duration, Instant};

use activerecord_core::{ConnectionHandle, Result};
use chrono::{DateTime, TimeDelta, Utc};

use crate::per_connection::PerConnection;

/// How long a reading is good for.
const GOOD_FOR: Duration = Duration::from_secs(10);

/// A time, and when it was read.
static READINGS: PerConnection<(DateTime<Utc>, Instant)> = PerConnection::new();

/// The time by the clock of this connection's database, so that processes with other clocks agree: read once in a while, and
/// carried on by this machine's monotonic clock. To ask each time would cost every message a round trip. Leases ask.
pub async fn about_now(connection: &ConnectionHandle) -> Result<DateTime<Utc>> {
    if let Some((time, read)) = READINGS.get(connection)
        && read.elapsed() < GOOD_FOR
    {
        return Ok(time + read.elapsed());
    }
    let read = Instant::now();
    let time = connection.now().await?;
    READINGS.set(connection, (time, read));
    Ok(time)
}

/// The time that is so much later; the last there is, when that is none.
pub(crate) fn later(time: DateTime<Utc>, by: Duration) -> DateTime<Utc> {
    time.checked_add_signed(TimeDelta::from_std(by).unwrap_or(TimeDelta::MAX)).unwrap_or(DateTime::<Utc>::MAX_UTC)
}
