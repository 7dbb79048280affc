//! Taking messages up and letting them go: short transactions, before and after the work.
//!
//! A message under a lease is one whose `available_at` is the end of the lease. So a message whose worker died is due again
//! by itself, and to take it up is the claim that every message gets: nobody has to look for dead workers.

use std::time::Duration;

use activerecord_core::Isolation::ReadCommitted;
use activerecord_core::{
    ActiveRecord, Alias as _, ConnectionHandle, Error, Predicate, Query, Result, Scalar, Transaction, exists, outer,
};
use activerecord_derive::Alias;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::message::{Message, MessageState};
use crate::clock::later;

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

/// Takes up as many messages of a topic as are due, `limit` at most, those that wait longest first; of those only that became
/// due at `from` or later, if that is given.
pub(crate) async fn claim(
    connection: &ConnectionHandle,
    topic: &str,
    from: Option<DateTime<Utc>>,
    limit: u64,
    lease: Duration,
) -> Result<Option<Claim>> {
    let name = connection.name();
    // A look costs no lock; where one writer at a time is all there is, a transaction for nothing would hold up the others.
    if !connection.capabilities().concurrent_writers && !is_due(connection, topic, from).await? {
        return Ok(None);
    }
    let skips = connection.capabilities().skip_locked;
    // Under a stricter isolation a claim would wait for rows that it does not want, and fail when they change.
    Transaction::begin(name)
        .isolation(ReadCommitted)
        .run(async || {
            let now = connection.now().await?;
            let due = since(in_order(name, topic, now, limit), from);
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
    let due = Message::using(name).filter(due(topic, now));
    due.order_by((Message::AVAILABLE_AT.asc(), Message::ID.asc())).limit(limit)
}

/// Those of them that became due at `from` or later.
fn since(due: Query<Message>, from: Option<DateTime<Utc>>) -> Query<Message> {
    match from {
        Some(from) => due.filter(Message::AVAILABLE_AT.ge(from)),
        None => due,
    }
}

/// Whether a claim would find something.
async fn is_due(connection: &ConnectionHandle, topic: &str, from: Option<DateTime<Utc>>) -> Result<bool> {
    let now = connection.now().await?;
    since(Message::using(connection.name()).filter(due(topic, now)), from).exists().await
}

/// The messages of a topic that can be taken up: those without a key, and of each key the first.
fn due(topic: &str, now: DateTime<Utc>) -> Predicate<Message> {
    let earlier = Earlier::column(Message::TOPIC).eq(outer(Message::TOPIC))
        & Earlier::column(Message::KEY).eq(outer(Message::KEY))
        & Earlier::column(Message::ID).lt(outer(Message::ID));
    Message::TOPIC.eq(topic)
        & Message::STATE.eq(MessageState::Ready)
        & Message::AVAILABLE_AT.le(now)
        & (Message::KEY.is_null() | !exists(Earlier::query().filter(earlier)))
}

impl Held {
    /// Those that are still under this lease.
    fn on(&self, connection: &ConnectionHandle) -> Query<Message> {
        let held = Message::ID.is_in(self.ids.clone()) & Message::LEASE_TOKEN.eq(self.token);
        Message::using(connection.name()).filter(held)
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
