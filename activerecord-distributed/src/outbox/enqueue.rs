//! Writing messages.

use std::collections::BTreeMap;
use std::future::IntoFuture;
use std::time::Duration;

use activerecord_core::backend::BoxFuture;
use activerecord_core::{ActiveRecord, ConnectionHandle, Result, connection, current_connection};
use serde::Serialize;
use uuid::Uuid;

use super::message::{Message, MessageState};
use super::wake;
use crate::clock::{about_now, later};
use crate::json;
use crate::queue::VERSION;
use crate::tables::{insert, install};

/// A message that is not written yet. Await it to write it; the result is its id.
///
/// ```no_run
/// # use activerecord::prelude::*;
/// # use std::time::Duration;
/// # async fn example(user_id: i64) -> Result<()> {
/// let id = Outbox::enqueue("user_events", &user_id)
///     .key(format!("user-{user_id}"))
///     .kind("user_created")
///     .header("source", "signup")
///     .delay(Duration::from_secs(60))
///     .max_attempts(3)
///     .await?;
/// # let _ = id;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a message is written when it is awaited"]
pub struct Enqueue {
    topic: String,
    payload: Result<String>,
    connection: Option<String>,
    key: Option<String>,
    kind: Option<String>,
    headers: BTreeMap<String, String>,
    delay: Duration,
    max_attempts: Option<u32>,
}

impl Enqueue {
    pub(super) fn new<P: Serialize + ?Sized>(topic: &str, payload: &P) -> Self {
        let payload = json::write(payload, || format!("the payload of a message (topic `{topic}`)"));
        Self { payload, ..Self::of_json(topic, String::new()) }
    }

    /// A message whose payload is already JSON.
    pub(crate) fn of_json(topic: &str, payload: String) -> Self {
        Self {
            topic: topic.to_owned(),
            payload: Ok(payload),
            connection: None,
            key: None,
            kind: None,
            headers: BTreeMap::new(),
            delay: Duration::ZERO,
            max_attempts: None,
        }
    }

    /// Writes it on this connection, independent of the current scope and transactions.
    pub fn on(mut self, connection: &str) -> Self {
        self.connection = Some(connection.to_owned());
        self
    }

    /// Sets the ordering key, of up to 255 characters. Messages of one topic and key are processed one after the other,
    /// in the order of their ids. A dead letter blocks the later messages of its key.
    ///
    /// The order of ids is the order of commits only if the transactions of one key wait for each other, for example
    /// because each updates the row that the key identifies.
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Sets the kind of event. Default: the topic.
    pub fn kind(mut self, kind: impl Into<String>) -> Self {
        self.kind = Some(kind.into());
        self
    }

    /// Adds a header.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.insert(name.into(), value.into());
        self
    }

    /// Sets the version of the payload's schema, for consumers of the events of a [`Relay`](crate::Relay). Default: 1.
    pub fn version(self, version: u32) -> Self {
        self.header(VERSION, version.to_string())
    }

    /// Delays it: it becomes due this long after now, by the database's clock. Default: zero.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Sets the number of attempts after which it becomes a dead letter. Default: the worker's setting.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = Some(attempts);
        self
    }

    async fn write(self) -> Result<i64> {
        let connection = self.target()?;
        install::<Message>(&connection).await?;
        let mut message = self.message(&connection).await?;
        insert(connection.name(), &mut message).await?;
        wake::after_commit(&connection, &message.topic);
        Ok(message.id)
    }

    /// Writes messages of one topic and one connection.
    pub(crate) async fn all(messages: Vec<Self>) -> Result<()> {
        let Some(first) = messages.first() else { return Ok(()) };
        let (connection, topic) = (first.target()?, first.topic.clone());
        install::<Message>(&connection).await?;
        let mut rows = Vec::with_capacity(messages.len());
        for message in messages {
            rows.push(message.message(&connection).await?);
        }
        Message::with_connection(connection.name(), async || Message::bulk_insert(&rows).await).await?;
        wake::after_commit(&connection, &topic);
        Ok(())
    }

    fn target(&self) -> Result<ConnectionHandle> {
        match &self.connection {
            Some(name) => connection(name),
            None => current_connection()?.map_or_else(|| connection("primary"), Ok),
        }
    }

    async fn message(self, connection: &ConnectionHandle) -> Result<Message> {
        let now = about_now(connection).await?;
        let headers = (!self.headers.is_empty()).then(|| json::write(&self.headers, || "headers".into()));
        Ok(Message {
            id: 0,
            kind: self.kind.unwrap_or_else(|| self.topic.clone()),
            topic: self.topic,
            key: self.key,
            payload: self.payload?,
            headers: headers.transpose()?,
            state: MessageState::Ready,
            attempts: 0,
            max_attempts: self.max_attempts.map(|attempts| i32::try_from(attempts).unwrap_or(i32::MAX)),
            available_at: later(now, self.delay),
            lease_token: None,
            last_error: None,
            created_at: now,
            uuid: Some(Uuid::now_v7()),
        })
    }
}

impl IntoFuture for Enqueue {
    type Output = Result<i64>;
    type IntoFuture = BoxFuture<'static, Result<i64>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.write())
    }
}
