//! Messages that are written again and again.

use std::time::Duration;

use activerecord_core::{ActiveRecord, ConnectionHandle, Result, Scalar, transaction};
use activerecord_derive::ActiveRecord;
use chrono::{DateTime, TimeDelta, Utc};

use super::Outbox;
use crate::store::{Kept, insert_unless_there};

/// When a message of a topic is written next. Whichever worker is first writes it, in the transaction that moves the time.
#[derive(ActiveRecord, Clone, Debug)]
#[activerecord(crate = activerecord_core)]
#[table = "ar_outbox_schedule"]
pub(crate) struct Schedule {
    #[primary_key]
    topic: String,
    next_at: DateTime<Utc>,
}

impl Kept for Schedule {}

impl Schedule {
    /// Writes a message if its time has come, and says whether it did. Periods in which no worker ran are passed over.
    pub(crate) async fn tick(connection: &ConnectionHandle, topic: &str, period: Duration) -> Result<bool> {
        let name = connection.name();
        let now = connection.now().await?;
        let next_at = Self::using(name).filter(Self::TOPIC.eq(topic)).pluck(Self::NEXT_AT).await?.pop();
        let Some(due) = next_at else {
            insert_unless_there(name, Self { topic: topic.to_owned(), next_at: now }).await?;
            return Ok(false);
        };
        if due > now {
            return Ok(false);
        }
        let period = TimeDelta::from_std(period).unwrap_or(TimeDelta::MAX).num_milliseconds().max(1);
        let periods = (now - due).num_milliseconds() / period + 1;
        let next_at = due.checked_add_signed(TimeDelta::milliseconds(periods.saturating_mul(period)));
        let next_at = next_at.unwrap_or(DateTime::<Utc>::MAX_UTC);
        transaction(name, async || {
            let mine = Self::using(name).filter(Self::TOPIC.eq(topic) & Self::NEXT_AT.eq(due));
            let moved = mine.update((Self::NEXT_AT.set(next_at),)).await? == 1;
            if moved {
                Outbox::enqueue(topic, &due).on(name).await?;
            }
            Ok(moved)
        })
        .await
    }
}
