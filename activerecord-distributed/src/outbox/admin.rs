//! Looking after the outbox.

use std::time::Duration;

use activerecord_core::{ActiveRecord, ConnectionHandle, Plan, Query, Result, Scalar};
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::Outbox;
use super::claim::in_order;
use super::message::{Message, MessageState};
use crate::meters::number;
use crate::store::with_table;

/// How many messages of a topic there are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TopicStats {
    /// The topic.
    pub topic: String,
    /// Those that can be taken up now.
    pub due: u64,
    /// Those that wait for their time: delayed, or between two attempts.
    pub later: u64,
    /// Those that a worker has, or had when it died.
    pub leased: u64,
    /// The dead letters.
    pub dead: u64,
    /// How long the oldest of those that are due or later has waited since it was written.
    pub oldest: Option<Duration>,
}

impl Outbox {
    /// The dead letters of a topic, or of all; the oldest first, `limit` at most.
    ///
    /// # Errors
    /// Whatever the database reports.
    pub async fn dead(name: &str, topic: Option<&str>, limit: u64) -> Result<Vec<Message>> {
        let connection = with_table::<Message>(name).await?;
        dead(&connection, topic).order_by(Message::ID.asc()).limit(limit).all().await
    }

    /// Hands the dead letters of a topic, or of all, or these ids of them, to the workers again, with all their attempts.
    /// Returns how many.
    ///
    /// # Errors
    /// Whatever the database reports.
    pub async fn requeue(name: &str, topic: Option<&str>, ids: &[i64]) -> Result<u64> {
        let connection = with_table::<Message>(name).await?;
        let now = connection.now().await?;
        let set = (Message::STATE.set(MessageState::Ready), Message::ATTEMPTS.set(0), Message::AVAILABLE_AT.set(now));
        chosen(&connection, topic, ids).update(set).await
    }

    /// Deletes the dead letters of a topic, or of all, or these ids of them. Returns how many.
    ///
    /// # Errors
    /// Whatever the database reports.
    pub async fn purge(name: &str, topic: Option<&str>, ids: &[i64]) -> Result<u64> {
        let connection = with_table::<Message>(name).await?;
        chosen(&connection, topic, ids).delete().await
    }

    /// How the database finds the messages of a topic for a worker, `limit` at most. Its order comes from an index; a plan
    /// that sorts says that the index is gone, or that the database does not know how many rows there are.
    ///
    /// # Errors
    /// Whatever the database reports.
    pub async fn explain_claim(name: &str, topic: &str, limit: u64) -> Result<Plan> {
        let connection = with_table::<Message>(name).await?;
        in_order(name, topic, connection.now().await?, limit).explain().await
    }

    /// How many messages there are, by topic.
    ///
    /// # Errors
    /// Whatever the database reports.
    pub async fn stats(name: &str) -> Result<Vec<TopicStats>> {
        let connection = with_table::<Message>(name).await?;
        let now = connection.now().await?;
        let topics = Message::using(name).select(Message::TOPIC).distinct().order_by(Message::TOPIC.asc());
        let mut stats = Vec::new();
        for topic in topics.all().await? {
            let topic = of_topic(&connection, topic, now).await?;
            topic.measure(name);
            stats.push(topic);
        }
        Ok(stats)
    }
}

impl TopicStats {
    fn measure(&self, connection: &str) {
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

/// All of them, unless ids are named.
fn chosen(connection: &ConnectionHandle, topic: Option<&str>, ids: &[i64]) -> Query<Message> {
    let dead = dead(connection, topic);
    if ids.is_empty() { dead } else { dead.filter(Message::ID.is_in(ids.to_vec())) }
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
