//! Operating on the outbox: dead letters, statistics, the plan of a claim.

use std::time::Duration;

use activerecord_core::{ActiveRecord, ConnectionHandle, Plan, Query, Result, Scalar};
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::Outbox;
use super::claim::in_order;
use super::message::{Message, MessageState};
use crate::meters::number;
use crate::tables::{existing, with_table};

/// The numbers of messages of a topic, by state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TopicStats {
    /// The topic.
    pub topic: String,
    /// Messages that can be claimed now.
    pub due: u64,
    /// Messages that become due later: delayed, or between two attempts.
    pub later: u64,
    /// Messages under the lease of a worker, including those of a worker that died.
    pub leased: u64,
    /// Dead letters.
    pub dead: u64,
    /// The age of the oldest message that is not a dead letter, since it was written.
    pub oldest: Option<Duration>,
}

impl Outbox {
    /// Returns at most `limit` dead letters of a topic, the oldest first. `None` means all topics.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # async fn example() -> Result<()> {
    /// for message in Outbox::dead("primary", Some("create_user_analytics"), 100).await? {
    ///     println!("{}: {}", message.id, message.last_error.unwrap_or_default());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Configuration` when the connection is not configured; otherwise the database's own.
    pub async fn dead(name: &str, topic: Option<&str>, limit: u64) -> Result<Vec<Message>> {
        let Some(connection) = existing::<Message>(name).await? else { return Ok(Vec::new()) };
        dead(&connection, topic).order_by(Message::ID.asc()).limit(limit).all().await
    }

    /// Makes the dead letters with these ids due again, with their attempts reset to zero. With a topic, only those of the
    /// topic. Returns their number: without ids it is 0. See [`requeue_all`](Self::requeue_all).
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # async fn example() -> Result<()> {
    /// assert_eq!(Outbox::requeue("primary", None, &[17, 18]).await?, 2);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Configuration` when the connection is not configured; otherwise the database's own.
    pub async fn requeue(name: &str, topic: Option<&str>, ids: &[i64]) -> Result<u64> {
        requeue(name, topic, Some(ids)).await
    }

    /// Makes all dead letters of a topic due again, with their attempts reset to zero. `None` means all topics. Returns
    /// their number.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # async fn example() -> Result<()> {
    /// Outbox::requeue_all("primary", Some("create_user_analytics")).await.map(drop)
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`requeue`](Self::requeue).
    pub async fn requeue_all(name: &str, topic: Option<&str>) -> Result<u64> {
        requeue(name, topic, None).await
    }

    /// Deletes the dead letters with these ids, selected as by [`requeue`](Self::requeue). Returns their number.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # async fn example() -> Result<()> {
    /// assert_eq!(Outbox::purge("primary", None, &[17, 18]).await?, 2);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`requeue`](Self::requeue).
    pub async fn purge(name: &str, topic: Option<&str>, ids: &[i64]) -> Result<u64> {
        purge(name, topic, Some(ids)).await
    }

    /// Deletes all dead letters of a topic. `None` means all topics. Returns their number.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # async fn example() -> Result<()> {
    /// let deleted = Outbox::purge_all("primary", Some("create_user_analytics")).await?;
    /// println!("{deleted} dead letters deleted");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`requeue`](Self::requeue).
    pub async fn purge_all(name: &str, topic: Option<&str>) -> Result<u64> {
        purge(name, topic, None).await
    }

    /// Returns the database's plan for the query by which a worker claims at most `limit` messages of a topic. It
    /// should read the index `ar_outbox_due` in order. A plan with a sort means that the index is missing or the
    /// table's statistics are stale.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # async fn example() -> Result<()> {
    /// println!("{}", Outbox::explain_claim("primary", "create_user_analytics", 100).await?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Configuration` when the connection is not configured; otherwise the database's own.
    pub async fn explain_claim(name: &str, topic: &str, limit: u64) -> Result<Plan> {
        let connection = with_table::<Message>(name).await?;
        in_order(name, topic, connection.now().await?, limit).explain().await
    }

    /// Counts the messages of each topic by state, and sets the gauges `activerecord_outbox_*`.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # async fn example() -> Result<()> {
    /// for stats in Outbox::stats("primary").await? {
    ///     println!("{}: {} due, {} dead", stats.topic, stats.due, stats.dead);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Configuration` when the connection is not configured; otherwise the database's own.
    pub async fn stats(name: &str) -> Result<Vec<TopicStats>> {
        let Some(connection) = existing::<Message>(name).await? else { return Ok(Vec::new()) };
        let now = connection.now().await?;
        let topics = Message::using(name).select(Message::TOPIC).distinct().order_by(Message::TOPIC.asc());
        let mut stats = Vec::new();
        for topic in topics.all().await? {
            let topic = of_topic(&connection, topic, now).await?;
            topic.set_gauges(name);
            stats.push(topic);
        }
        Ok(stats)
    }
}

impl TopicStats {
    fn set_gauges(&self, connection: &str) {
        let labels = [("connection", connection.to_owned()), ("topic", self.topic.clone())];
        metrics::gauge!("activerecord_outbox_due", &labels).set(number(self.due));
        metrics::gauge!("activerecord_outbox_leased", &labels).set(number(self.leased));
        metrics::gauge!("activerecord_outbox_dead", &labels).set(number(self.dead));
        let oldest = self.oldest.unwrap_or_default().as_secs_f64();
        metrics::gauge!("activerecord_outbox_oldest_seconds", &labels).set(oldest);
    }
}

fn dead(connection: &ConnectionHandle, topic: Option<&str>) -> Query<Message> {
    let dead = Message::using(connection.name()).filter(Message::STATE.eq(MessageState::Dead));
    match topic {
        Some(topic) => dead.filter(Message::TOPIC.eq(topic)),
        None => dead,
    }
}

/// The dead letters of a topic; with ids, only those.
fn selected(connection: &ConnectionHandle, topic: Option<&str>, ids: Option<&[i64]>) -> Query<Message> {
    let dead = dead(connection, topic);
    match ids {
        Some(ids) => dead.filter(Message::ID.is_in(ids.to_vec())),
        None => dead,
    }
}

async fn requeue(name: &str, topic: Option<&str>, ids: Option<&[i64]>) -> Result<u64> {
    let Some(connection) = existing::<Message>(name).await? else { return Ok(0) };
    let now = connection.now().await?;
    let set = (Message::STATE.set(MessageState::Ready), Message::ATTEMPTS.set(0), Message::AVAILABLE_AT.set(now));
    selected(&connection, topic, ids).update(set).await
}

async fn purge(name: &str, topic: Option<&str>, ids: Option<&[i64]>) -> Result<u64> {
    match existing::<Message>(name).await? {
        Some(connection) => selected(&connection, topic, ids).delete().await,
        None => Ok(0),
    }
}

async fn of_topic(connection: &ConnectionHandle, topic: String, now: DateTime<Utc>) -> Result<TopicStats> {
    let here = || Message::using(connection.name()).filter(Message::TOPIC.eq(&topic));
    let ready = || here().filter(Message::STATE.eq(MessageState::Ready));
    let free = || ready().filter(Message::LEASE_TOKEN.is_null());
    let oldest = ready().min(Message::CREATED_AT).await?;
    Ok(TopicStats {
        due: free().filter(Message::AVAILABLE_AT.le(now)).count().await?,
        later: free().filter(Message::AVAILABLE_AT.gt(now)).count().await?,
        leased: ready().filter(Message::LEASE_TOKEN.is_not_null()).count().await?,
        dead: here().filter(Message::STATE.eq(MessageState::Dead)).count().await?,
        oldest: oldest.map(|oldest| (now - oldest).to_std().unwrap_or_default()),
        topic,
    })
}
