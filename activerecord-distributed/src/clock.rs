//! Time by a database's clock.

use std::time::{Duration, Instant};

use activerecord_core::{ConnectionHandle, Result};
use chrono::{DateTime, TimeDelta, Utc};

use crate::per_connection::PerConnection;

/// How long a reading of the database's clock is reused.
const REUSED_FOR: Duration = Duration::from_secs(10);

/// The database's time, and when it was read.
static READINGS: PerConnection<(DateTime<Utc>, Instant)> = PerConnection::new();

/// The approximate time by the clock of this connection's database. It is read every 10 seconds and extrapolated with
/// this machine's monotonic clock in between: a read per message would cost a round trip each. Leases need the exact
/// time and read the database's clock themselves.
pub async fn about_now(connection: &ConnectionHandle) -> Result<DateTime<Utc>> {
    if let Some((time, read)) = READINGS.get(connection)
        && read.elapsed() < REUSED_FOR
    {
        return Ok(time + read.elapsed());
    }
    let time = connection.now().await?;
    // Taken after the answer, so that the result is never ahead of the database's clock: a message that is stamped ahead is
    // not due when its hint wakes a worker, and would wait for the next poll.
    let read = Instant::now();
    READINGS.set(connection, (time, read));
    Ok(time)
}

/// `time + by`, or the latest representable time on overflow.
pub(crate) fn later(time: DateTime<Utc>, by: Duration) -> DateTime<Utc> {
    time.checked_add_signed(TimeDelta::from_std(by).unwrap_or(TimeDelta::MAX)).unwrap_or(DateTime::<Utc>::MAX_UTC)
}
