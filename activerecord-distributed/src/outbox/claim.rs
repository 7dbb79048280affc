//! Claiming messages and releasing them, in short transactions before and after the work.
//!
//! While a message is leased, its `available_at` is the end of the lease. So the message of a dead worker becomes due
//! by itself and is claimed as any other. No process has to detect dead workers.

use std::time::Duration;

use activerecord_core::Isolation::ReadCommitted;
use activerecord_core::{
    ActiveRecord, Alias as _, ConnectionHandle, Error, Order, Predicate, Query, Result, Scalar, Transaction, outer,
    row, subquery,
};
use activerecord_derive::Alias;
use chrono::{DateTime, Utc};
use tokio::time::Instant;
use uuid::Uuid;

use super::message::{Message, MessageState};
use crate::clock::{about_now, later};
use crate::failpoint;
use crate::lease::Held;
use crate::storable::store;

/// Messages that were claimed together, and the token of their lease.
#[derive(Debug)]
pub(crate) struct Claim {
    pub(crate) token: Uuid,
    pub(crate) messages: Vec<Message>,
}

/// The ids of messages under one lease. Every write is conditional on the token, so it skips messages that another
/// worker has claimed since.
#[derive(Clone, Debug)]
pub(crate) struct Leased {
    pub(crate) token: Uuid,
    pub(crate) ids: Vec<i64>,
}

/// The alias of the outbox table for the earlier messages of a key.
#[derive(Alias)]
#[activerecord(crate = activerecord_core)]
#[alias(Message)]
struct Earlier;

/// A position in the claim order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Position {
    due: DateTime<Utc>,
    id: i64,
}

impl Position {
    /// The position of a message, as it was read before the claim.
    pub(crate) fn of(message: &Message) -> Self {
        Self { due: message.available_at, id: message.id }
    }
}

/// A segment of a topic's queue: the messages after one position, through another. None means the start or the end.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Segment {
    pub(crate) after: Option<Position>,
    pub(crate) through: Option<Position>,
}

impl Segment {
    /// The next `messages` messages after a position. Some of them may wait for an earlier message of their key.
    pub(crate) async fn new(
        connection: &ConnectionHandle,
        topic: &str,
        after: Option<Position>,
        messages: u64,
    ) -> Result<Self> {
        // This only bounds the scan of a claim, so the approximate time is enough. The claim reads the exact time.
        let ready = Message::using(connection.name()).filter(ready(topic, about_now(connection).await?));
        let last = Self { after, through: None }.restrict(ready).order_by(order()).offset(messages - 1).limit(1);
        let last = last.select((Message::AVAILABLE_AT, Message::ID)).all().await?.pop();
        Ok(Self { after, through: last.map(|(due, id)| Position { due, id }) })
    }

    fn restrict(self, mut query: Query<Message>) -> Query<Message> {
        let position = || row((Message::AVAILABLE_AT, Message::ID));
        if let Some(Position { due, id }) = self.after {
            query = query.filter(position().gt((due, id)));
        }
        if let Some(Position { due, id }) = self.through {
            query = query.filter(position().le((due, id)));
        }
        query
    }
}

/// Claims at most `limit` due messages of a segment, the longest waiting first. None: nothing was due.
pub(crate) async fn claim(
    connection: &ConnectionHandle,
    topic: &str,
    segment: Segment,
    limit: u64,
    lease: Duration,
) -> Result<Option<Claim>> {
    let name = connection.name();
    // With a single writer (SQLite), an empty claim would block the other writers. This read takes no write lock.
    if !connection.capabilities().concurrent_writers && !is_due(connection, topic, segment).await? {
        return Ok(None);
    }
    let skips = connection.capabilities().skip_locked;
    // A stricter isolation level would wait for rows that the claim skips, and fail when they change.
    Transaction::begin(name)
        .independent()
        .isolation(ReadCommitted)
        .run(async || {
            let now = connection.now().await?;
            let due = segment.restrict(in_order(name, topic, now, limit));
            let messages = if skips { due.skip_locked() } else { due }.all().await?;
            if messages.is_empty() {
                return Ok(None);
            }
            let (token, ids) = (Uuid::new_v4(), messages.iter().map(|message| message.id));
            Message::using(name)
                .filter(Message::ID.is_in(ids.collect::<Vec<_>>()))
                .update((
                    Message::LEASE_TOKEN.set(token),
                    Message::AVAILABLE_AT.set(later(now, lease)),
                    Message::ATTEMPTS.add(1),
                ))
                .await?;
            Ok(Some(Claim { token, messages }))
        })
        .await
}

/// The due messages of a topic, the longest waiting first.
pub(super) fn in_order(name: &str, topic: &str, now: DateTime<Utc>, limit: u64) -> Query<Message> {
    Message::using(name).filter(due(topic, now)).order_by(order()).limit(limit)
}

fn order() -> (Order<Message>, Order<Message>) {
    (Message::AVAILABLE_AT.asc(), Message::ID.asc())
}

/// Whether a claim would find a message.
async fn is_due(connection: &ConnectionHandle, topic: &str, segment: Segment) -> Result<bool> {
    let now = connection.now().await?;
    segment.restrict(Message::using(connection.name()).filter(due(topic, now))).exists().await
}

/// The messages of a topic that are ready and not leased.
fn ready(topic: &str, now: DateTime<Utc>) -> Predicate<Message> {
    Message::TOPIC.eq(topic) & Message::STATE.eq(MessageState::Ready) & Message::AVAILABLE_AT.le(now)
}

/// The due messages of a topic: ready, and without a key or the first of their key.
fn due(topic: &str, now: DateTime<Utc>) -> Predicate<Message> {
    let earlier = Earlier::column(Message::TOPIC).eq(outer(Message::TOPIC))
        & Earlier::column(Message::KEY).eq(outer(Message::KEY))
        & Earlier::column(Message::ID).lt(outer(Message::ID));
    // Search the earlier messages from the nearest one backwards: PostgreSQL keeps deleted rows in the index until
    // VACUUM, and they are at its start.
    let id = Earlier::column(Message::ID);
    let nearest = Earlier::query().filter(earlier).order_by(id.desc()).limit(1).select(id);
    ready(topic, now) & (Message::KEY.is_null() | subquery(nearest).is_null())
}

impl Leased {
    /// The rows that are still under this lease.
    fn rows(&self, connection: &ConnectionHandle) -> Query<Message> {
        let named = Message::using(connection.name()).filter(Message::ID.is_in(self.ids.clone()));
        if failpoint::is_broken("outbox.token") {
            return named;
        }
        named.filter(Message::LEASE_TOKEN.eq(self.token))
    }

    /// Deletes processed messages. Returns how many were still under this lease.
    pub(crate) async fn complete(&self, connection: &ConnectionHandle) -> Result<u64> {
        self.rows(connection).delete().await
    }

    /// As [`extend`](Self::extend), also by the clock of this process.
    pub(crate) async fn renew(&self, connection: &ConnectionHandle, held: &Held, lease: Duration) -> Result<Vec<i64>> {
        let asked = Instant::now();
        let kept = self.extend(connection, lease).await?;
        held.renewed(asked, lease);
        Ok(kept)
    }

    /// Renews the lease. Returns the ids that are still under it.
    pub(crate) async fn extend(&self, connection: &ConnectionHandle, lease: Duration) -> Result<Vec<i64>> {
        let end = later(connection.now().await?, lease);
        let extended = self.rows(connection).update((Message::AVAILABLE_AT.set(end),)).await?;
        if extended == self.ids.len() as u64 {
            Ok(self.ids.clone())
        } else {
            self.rows(connection).pluck(Message::ID).await
        }
    }

    /// Releases messages whose attempt does not count. They become due again after this pause.
    pub(crate) async fn release(&self, connection: &ConnectionHandle, pause: Duration) -> Result<u64> {
        let due = later(connection.now().await?, pause);
        let set = (Message::AVAILABLE_AT.set(due), Message::LEASE_TOKEN.set(None::<Uuid>), Message::ATTEMPTS.add(-1));
        self.rows(connection).update(set).await
    }

    /// Records a failed attempt. The messages become due again after this pause.
    pub(crate) async fn retry(&self, connection: &ConnectionHandle, pause: Duration, error: &Error) -> Result<u64> {
        let due = later(connection.now().await?, pause);
        store(&error.to_string(), async |error| {
            let set = (
                Message::AVAILABLE_AT.set(due),
                Message::LEASE_TOKEN.set(None::<Uuid>),
                Message::LAST_ERROR.set(error),
            );
            self.rows(connection).update(set).await
        })
        .await
    }

    /// Makes the messages dead letters.
    pub(crate) async fn mark_dead(&self, connection: &ConnectionHandle, error: &Error) -> Result<u64> {
        store(&error.to_string(), async |error| {
            let set = (
                Message::STATE.set(MessageState::Dead),
                Message::LEASE_TOKEN.set(None::<Uuid>),
                Message::LAST_ERROR.set(error),
            );
            self.rows(connection).update(set).await
        })
        .await
    }
}
