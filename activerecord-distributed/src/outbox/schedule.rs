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
}

impl OwnTable for Schedule {}

impl Schedule {
    /// Writes the message if it is due, and returns whether it did. Periods in which no worker ran are skipped.
    pub(crate) async fn tick(connection: &ConnectionHandle, topic: &str, period: Duration) -> Result<bool> {
        let name = connection.name();
        let now = connection.now().await?;
        let next_at = Self::using(name).filter(Self::TOPIC.eq(topic)).pluck(Self::NEXT_AT).await?.pop();
        let Some(due) = next_at else {
            insert_if_absent(name, Self { topic: topic.to_owned(), next_at: now }).await?;
            return Ok(false);
        };
        if due > now {
            return Ok(false);
        }
        let period = TimeDelta::from_std(period).unwrap_or(TimeDelta::MAX).num_milliseconds().max(1);
        let periods = (now - due).num_milliseconds() / period + 1;
        let next_at = due.checked_add_signed(TimeDelta::milliseconds(periods.saturating_mul(period)));
        let next_at = next_at.unwrap_or(DateTime::<Utc>::MAX_UTC);
        Transaction::begin(name)
            .independent()
            .run(async || {
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
