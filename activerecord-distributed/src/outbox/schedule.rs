//! Periodic messages.

use std::time::Duration;

use activerecord_core::{ActiveRecord, ConnectionHandle, Result, Scalar, Transaction};
use activerecord_derive::ActiveRecord;
use chrono::{DateTime, TimeDelta, Utc};

use super::Outbox;
use crate::tables::{OwnTable, insert_if_absent};

/// When the next message of a topic is due. The first worker writes it, in the transaction that advances the time.
#[derive(ActiveRecord, Clone, Debug)]
#[activerecord(crate = activerecord_core)]
#[table = "ar_outbox_schedule"]
pub(crate) struct Schedule {
    #[primary_key]
    topic: String,
    next_at: DateTime<Utc>,
    /// The period in milliseconds that `next_at` was computed with. None: it was written by an earlier version.
    period_ms: Option<i64>,
}

impl OwnTable for Schedule {}

impl Schedule {
    /// Writes the message if it is due, and returns whether it did. Periods in which no worker ran are skipped.
    pub(crate) async fn tick(connection: &ConnectionHandle, topic: &str, period: Duration) -> Result<bool> {
        let name = connection.name();
        let now = connection.now().await?;
        let period = i64::try_from(period.as_millis()).unwrap_or(i64::MAX).max(1);
        let stored = Self::using(name).filter(Self::TOPIC.eq(topic)).first().await?;
        let Some(Self { next_at: stored_at, period_ms, .. }) = stored else {
            let row = Self { topic: topic.to_owned(), next_at: now, period_ms: Some(period) };
            insert_if_absent(name, row).await?;
            return Ok(false);
        };
        let due = with_period(stored_at, period_ms, period, now);
        if due > now {
            if due != stored_at {
                let mine = Self::using(name).filter(Self::TOPIC.eq(topic) & Self::NEXT_AT.eq(stored_at));
                mine.update((Self::NEXT_AT.set(due), Self::PERIOD_MS.set(Some(period)))).await?;
            }
            return Ok(false);
        }
        let periods = (now - due).num_milliseconds() / period + 1;
        let next_at = after(due, periods.saturating_mul(period));
        Transaction::begin(name)
            .independent()
            .run(async || {
                let mine = Self::using(name).filter(Self::TOPIC.eq(topic) & Self::NEXT_AT.eq(stored_at));
                let set = (Self::NEXT_AT.set(next_at), Self::PERIOD_MS.set(Some(period)));
                let moved = mine.update(set).await? == 1;
                if moved {
                    Outbox::enqueue(topic, &due).on(name).await?;
                }
                Ok(moved)
            })
            .await
    }
}

/// When the next message is due, if the time was computed with another period. A row of an earlier version does not say with
/// which: its message is due after at most one new period.
fn with_period(next_at: DateTime<Utc>, former: Option<i64>, period: i64, now: DateTime<Utc>) -> DateTime<Utc> {
    match former {
        Some(former) if former == period => next_at,
        Some(former) => after(after(next_at, -former), period),
        None => next_at.min(after(now, period)),
    }
}

fn after(time: DateTime<Utc>, milliseconds: i64) -> DateTime<Utc> {
    let later = TimeDelta::try_milliseconds(milliseconds).and_then(|by| time.checked_add_signed(by));
    later.unwrap_or(if milliseconds < 0 { DateTime::<Utc>::MIN_UTC } else { DateTime::<Utc>::MAX_UTC })
}
