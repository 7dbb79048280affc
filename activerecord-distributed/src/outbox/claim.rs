//! Taking messages up and letting them go: short transactions, before and after the work.
//!
//! A message under a lease is one whose `available_at` is the end of the lease. So a message whose worker died is due again
//! by itself, and to take it up is the claim that every message gets: nobody has to look for dead workers.

use std::time::Duration;

use activerecord_core::Isolation::ReadCommitted;
use activerecord_core::{
    ActiveRecord, Alias as _, ConnectionHandle, Error, Order, Predicate, Query, Result, Scalar, Transaction, outer,
    row, subquery,
};
use activerecord_derive::Alias;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::message::{Message, MessageState};
use crate::clock::{about_now, later};
use crate::failpoint;

/// Messages that were taken up together, and the token of their lease.
#[derive(Debug)]
pub(crate) struct Claim {
    pub(crate) token: Uuid,
    pub(crate) messages: Vec<Message>,
}

/// Messages under one lease, by their ids: every write about them names the token, and passes over those that somebody else
/// has taken up since.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) token: Uuid,
    pub(crate) ids: Vec<i64>,
}

/// The same table, for the earlier messages of a key.
#[derive(Alias)]
#[activerecord(crate = activerecord_core)]
#[alias(Message)]
struct Earlier;

/// A place in the order in which messages are taken up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    due: DateTime<Utc>,
    id: i64,
}

impl Place {
    /// That of a message which was not taken up yet when it was read.
    pub(crate) fn of(message: &Message) -> Self {
        Self { due: message.available_at, id: message.id }
    }
}

/// A part of a queue: what is behind one place, up to another. None is its beginning, and its end.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Stretch {
    pub(crate) after: Option<Place>,
    pub(crate) through: Option<Place>,
}

impl Stretch {
    /// So many messages behind a place, whether they can be taken up or wait for another one of their key.
    pub(crate) async fn new(
        connection: &ConnectionHandle,
        topic: &str,
        after: Option<Place>,
        messages: u64,
    ) -> Result<Self> {
        // Only a bound of what a claim looks at, which asks for the time itself.
        let ready = Message::using(connection.name()).filter(ready(topic, about_now(connection).await?));
        let last = Self { after, through: None }.of(ready).order_by(order()).offset(messages - 1).limit(1);
        let last = last.select((Message::AVAILABLE_AT, Message::ID)).all().await?.pop();
        Ok(Self { after, through: last.map(|(due, id)| Place { due, id }) })
    }

    fn of(self, mut query: Query<Message>) -> Query<Message> {
        let place = || row((Message::AVAILABLE_AT, Message::ID));
        if let Some(Place { due, id }) = self.after {
            query = query.filter(place().gt((due, id)));
        }
        if let Some(Place { due, id }) = self.through {
            query = query.filter(place().le((due, id)));
        }
        query
    }
}

/// Takes up as many messages of a stretch of a topic as are due, `limit` at most, those that wait longest first.
pub(crate) async fn claim(
    connection: &ConnectionHandle,
    topic: &str,
    stretch: Stretch,
    limit: u64,
    lease: Duration,
) -> Result<Option<Claim>> {
    let name = connection.name();
    // A look costs no lock; where one writer at a time is all there is, a transaction for nothing would hold up the others.
    if !connection.capabilities().concurrent_writers && !is_due(connection, topic, stretch).await? {
        return Ok(None);
    }
    let skips = connection.capabilities().skip_locked;
    // Under a stricter isolation a claim would wait for rows that it does not want, and fail when they change.
    Transaction::begin(name)
        .isolation(ReadCommitted)
        .run(async || {
            let now = connection.now().await?;
            let due = stretch.of(in_order(name, topic, now, limit));
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

/// The messages of a topic that can be taken up, those that wait longest first.
pub(super) fn in_order(name: &str, topic: &str, now: DateTime<Utc>, limit: u64) -> Query<Message> {
    Message::using(name).filter(due(topic, now)).order_by(order()).limit(limit)
}

fn order() -> (Order<Message>, Order<Message>) {
    (Message::AVAILABLE_AT.asc(), Message::ID.asc())
}

/// Whether a claim would find something.
async fn is_due(connection: &ConnectionHandle, topic: &str, stretch: Stretch) -> Result<bool> {
    let now = connection.now().await?;
    stretch.of(Message::using(connection.name()).filter(due(topic, now))).exists().await
}

/// The messages of a topic that are ready, and not under a lease.
fn ready(topic: &str, now: DateTime<Utc>) -> Predicate<Message> {
    Message::TOPIC.eq(topic) & Message::STATE.eq(MessageState::Ready) & Message::AVAILABLE_AT.le(now)
}

/// The messages of a topic that can be taken up: of those that are ready the ones without a key, and of each key the first.
fn due(topic: &str, now: DateTime<Utc>) -> Predicate<Message> {
    let earlier = Earlier::column(Message::TOPIC).eq(outer(Message::TOPIC))
        & Earlier::column(Message::KEY).eq(outer(Message::KEY))
        & Earlier::column(Message::ID).lt(outer(Message::ID));
    // From the nearest one down: those that are gone, which PostgreSQL keeps in the index until it is vacuumed, stand at the beginning.
    let id = Earlier::column(Message::ID);
    let nearest = Earlier::query().filter(earlier).order_by(id.desc()).limit(1).select(id);
    ready(topic, now) & (Message::KEY.is_null() | subquery(nearest).is_null())
}

impl Held {
    /// Those that are still under this lease.
    fn on(&self, connection: &ConnectionHandle) -> Query<Message> {
        let named = Message::using(connection.name()).filter(Message::ID.is_in(self.ids.clone()));
        if failpoint::is_broken("outbox.token") {
            return named;
        }
        named.filter(Message::LEASE_TOKEN.eq(self.token))
    }

    /// They are done, and go. Returns how many still were under this lease.
    pub(crate) async fn complete(&self, connection: &ConnectionHandle) -> Result<u64> {
        self.on(connection).delete().await
    }

    /// Renews the lease, and tells which of them it still covers.
    pub(crate) async fn extend(&self, connection: &ConnectionHandle, lease: Duration) -> Result<Vec<i64>> {
        let end = later(connection.now().await?, lease);
        let extended = self.on(connection).update((Message::AVAILABLE_AT.set(end),)).await?;
        if extended == self.ids.len() as u64 {
            Ok(self.ids.clone())
        } else {
            self.on(connection).pluck(Message::ID).await
        }
    }

    /// Gives back messages that no handler has seen, as if they had not been taken up.
    pub(crate) async fn release(&self, connection: &ConnectionHandle) -> Result<u64> {
        let now = connection.now().await?;
        let set = (Message::AVAILABLE_AT.set(now), Message::LEASE_TOKEN.set(None::<Uuid>), Message::ATTEMPTS.add(-1));
        self.on(connection).update(set).await
    }

    /// An attempt has failed: there is another one after this pause.
    pub(crate) async fn retry(&self, connection: &ConnectionHandle, pause: Duration, error: &Error) -> Result<u64> {
        let due = later(connection.now().await?, pause);
        let set = (
            Message::AVAILABLE_AT.set(due),
            Message::LEASE_TOKEN.set(None::<Uuid>),
            Message::LAST_ERROR.set(error.to_string()),
        );
        self.on(connection).update(set).await
    }

    /// There is no other attempt.
    pub(crate) async fn bury(&self, connection: &ConnectionHandle, error: &str) -> Result<u64> {
        let set = (
            Message::STATE.set(MessageState::Dead),
            Message::LEASE_TOKEN.set(None::<Uuid>),
            Message::LAST_ERROR.set(error),
        );
        self.on(connection).update(set).await
    }
}
