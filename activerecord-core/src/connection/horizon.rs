//! The time before which no transaction can still write rows.

use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::{Instant, sleep};

use super::protocol::{check, last_of_first};
use super::session::Session;
use crate::dialect::Horizon;
use crate::error::{Error, ErrorKind, Result};
use crate::value::Row;

/// Returns the start of the oldest transaction that can still write to a table; the current time when there is none.
///
/// # Errors
/// `Configuration` on a replica; `PermissionDenied` when the login may not see the transactions of others; whatever else the
/// database reports.
pub(super) async fn of(session: &Session, table: &str) -> Result<DateTime<Utc>> {
    let Some(horizon) = session.dialect().horizon else { return session.now().await };
    refuse_replica(session, &horizon).await?;
    let rows = ask(session, &horizon).await?;
    let oldest: Option<DateTime<Utc>> = rows.first().map(|row| row.get(0)).transpose()?.flatten();
    let oldest = oldest.ok_or_else(|| {
        let message =
            "the login has no permission to see other transactions; on PostgreSQL, run GRANT pg_read_all_stats";
        Error::new(ErrorKind::PermissionDenied, message)
    })?;
    if !is_in_doubt(session, &horizon, table).await? {
        return Ok(oldest);
    }
    tracing::warn!(
        target: "activerecord",
        connection = &**session.endpoint().name(),
        table,
        "a prepared transaction can have written rows at any time before it was prepared: commit it or roll it back; until then, \
         a copy of changed rows reads again what it has read"
    );
    Ok(DateTime::UNIX_EPOCH)
}

async fn refuse_replica(session: &Session, horizon: &Horizon) -> Result<()> {
    for precondition in horizon.own_writers {
        match check(session, precondition).await {
            Ok(None) => {}
            Ok(Some(unmet)) => {
                return Err(Error::configuration(format!(
                    "the transactions that write to this database are invisible, because it is a replica, so rows of long \
                     transactions would be missed; expected: {}, found `{}`; to copy the changed rows, {}",
                    unmet.what, unmet.found, unmet.mend
                )));
            }
            // The other conditions are readable for every login.
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

async fn is_in_doubt(session: &Session, horizon: &Horizon, table: &str) -> Result<bool> {
    let name = session.dialect().quoted(table);
    let rows = match horizon.in_doubt.contains('?') {
        true => session.query(horizon.in_doubt, [name]).await?,
        false => session.query(horizon.in_doubt, []).await?,
    };
    let found = last_of_first(&rows)?.unwrap_or_default();
    Ok(horizon.signs.iter().any(|sign| found.contains(sign)))
}

async fn ask(session: &Session, horizon: &Horizon) -> Result<Vec<Row>> {
    // InnoDB renews the list only when nobody has read it for 100 ms.
    const PAUSE: Duration = Duration::from_millis(150);
    let end = Instant::now() + session.endpoint().acquire_timeout();
    loop {
        match session.query(horizon.oldest, []).await {
            Err(error) if is_busy(horizon, &error) && Instant::now() < end => sleep(PAUSE).await,
            Err(error) if is_busy(horizon, &error) => {
                return Err(error.context(
                    "the server cannot list its transactions while one of them runs a statement with a character outside \
                     utf8mb3, such as an emoji",
                ));
            }
            answer => return answer,
        }
    }
}

fn is_busy(horizon: &Horizon, error: &Error) -> bool {
    horizon.is_busy.is_some_and(|code| error.code() == Some(code))
}
