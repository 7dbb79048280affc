//! What a handler gets.

use std::collections::BTreeMap;

use activerecord_core::{AsyncBody, Result};
use serde::de::DeserializeOwned;

use crate::inbox::Inbox;
use crate::outbox::Message;

/// One delivery of a message to its handler.
#[derive(Clone, Debug)]
pub struct Task<P> {
    message: Message,
    payload: P,
    headers: BTreeMap<String, String>,
}

impl<P> Task<P> {
    /// The message's id. It is the same at every delivery.
    pub fn id(&self) -> i64 {
        self.message.id
    }

    /// The message's topic.
    pub fn topic(&self) -> &str {
        &self.message.topic
    }

    /// The key that the message is ordered by.
    pub fn key(&self) -> Option<&str> {
        self.message.key.as_deref()
    }

    /// What has happened.
    pub fn kind(&self) -> &str {
        &self.message.kind
    }

    /// Which attempt this is, from 1.
    pub fn attempt(&self) -> u32 {
        u32::try_from(self.message.attempts).unwrap_or(1)
    }

    /// What stands beside the payload.
    pub fn headers(&self) -> &BTreeMap<String, String> {
        &self.headers
    }

    /// The payload.
    pub fn payload(&self) -> &P {
        &self.payload
    }

    /// The payload, to keep.
    pub fn into_payload(self) -> P {
        self.payload
    }

    /// Runs `effect` in a transaction on the connection `name`, unless an earlier delivery of this message has done so: the
    /// [`Inbox`], with the topic as the consumer.
    ///
    /// # Errors
    /// As [`Inbox::once`].
    pub async fn once<T, F>(&self, name: &str, effect: F) -> Result<Option<T>>
    where
        F: AsyncBody<T>,
    {
        Inbox::once(name, self.topic(), self.id(), effect).await
    }
}

impl<P: DeserializeOwned> Task<P> {
    pub(super) fn of(message: Message) -> Result<Self> {
        let payload = message.payload()?;
        let headers = message.headers()?;
        Ok(Self { message, payload, headers })
    }
}
