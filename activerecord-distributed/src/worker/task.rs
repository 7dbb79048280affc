//! The argument of a handler.

use std::collections::BTreeMap;

use activerecord_core::{AsyncBody, Result};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::inbox::Inbox;
use crate::outbox::Message;

/// One delivery of a message to its handler.
///
/// ```no_run
/// # use activerecord::prelude::*;
/// use activerecord::outbox::Task;
///
/// # #[derive(ActiveRecord)] #[connection = "analytics"] struct Analytics { id: i64, user_id: i64 }
/// async fn create_analytics(task: Task<i64>) -> Result<()> {
///     if task.attempt() > 1 {
///         println!("attempt {} at message {}", task.attempt(), task.id());
///     }
///     let user_id = *task.payload();
///     task.once("analytics", async || Analytics { id: 0, user_id }.insert().await).await?;
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Task<P> {
    message: Message,
    payload: P,
    headers: BTreeMap<String, String>,
}

impl<P> Task<P> {
    /// The message's number in its outbox. It is the same in every delivery. Another outbox can have the same number: see
    /// [`uuid`](Self::uuid).
    pub fn id(&self) -> i64 {
        self.message.id
    }

    /// The identity of the message among those of all outboxes: an idempotency key for other services. None when the
    /// message was written by a version of this library, or by a trigger, that assigned no identity.
    pub fn uuid(&self) -> Option<Uuid> {
        self.message.uuid
    }

    /// The message's topic.
    pub fn topic(&self) -> &str {
        &self.message.topic
    }

    /// The message's ordering key.
    pub fn key(&self) -> Option<&str> {
        self.message.key.as_deref()
    }

    /// The kind of event: the topic, unless it was [set](crate::Enqueue::kind).
    pub fn kind(&self) -> &str {
        &self.message.kind
    }

    /// The number of this attempt, from 1.
    pub fn attempt(&self) -> u32 {
        u32::try_from(self.message.attempts).unwrap_or(1)
    }

    /// The message's headers.
    pub fn headers(&self) -> &BTreeMap<String, String> {
        &self.headers
    }

    /// The payload.
    pub fn payload(&self) -> &P {
        &self.payload
    }

    /// The payload, by value.
    pub fn into_payload(self) -> P {
        self.payload
    }

    /// Runs `effect` in a transaction on the connection `name`, unless an earlier delivery of this message did:
    /// [`Inbox::once`] with the topic as the consumer and the [`uuid`](Self::uuid), or the number if there is none, as the
    /// message. Returns None when it did.
    ///
    /// # Errors
    /// As [`Inbox::once`].
    pub async fn once<T, F>(&self, name: &str, effect: F) -> Result<Option<T>>
    where
        F: AsyncBody<T>,
    {
        Inbox::once(name, self.topic(), self.message.identity(), effect).await
    }
}

impl<P: DeserializeOwned> Task<P> {
    pub(super) fn of(message: Message) -> Result<Self> {
        let payload = message.payload()?;
        let headers = message.headers()?;
        Ok(Self { message, payload, headers })
    }
}
