//! An event on its way through a queue.

use std::collections::BTreeMap;

use activerecord_core::{Error, Result};
use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::json;
use crate::outbox::Message;

/// The header of an outbox message that has its [version](Event::version).
pub(crate) const VERSION: &str = "version";

/// Something that has happened, as a queue carries it: JSON of the fields `id`, `topic`, `key`, `sequence`, `kind`,
/// `version`, `time`, `headers` and `payload`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Event<P> {
    id: String,
    topic: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sequence: Option<i64>,
    kind: String,
    #[serde(default = "first")]
    version: u32,
    time: DateTime<Utc>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<String, String>,
    payload: P,
}

/// An event whose payload nobody has read: JSON, as it was written.
pub type RawEvent = Event<Box<RawValue>>;

fn first() -> u32 {
    1
}

impl<P> Event<P> {
    /// Its id, the same at every publication and delivery: at most 200 characters, unique among the events of all databases.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The topic that it is published on.
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// The key that it is ordered by.
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// Its place among the events of its key and outbox: what happened later has a greater one.
    pub fn sequence(&self) -> Option<i64> {
        self.sequence
    }

    /// What has happened; the topic, unless it was set.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The version of the payload's form: 1, unless it was [set](crate::Enqueue::version).
    pub fn version(&self) -> u32 {
        self.version
    }

    /// When it was written, by its database's clock.
    pub fn time(&self) -> DateTime<Utc> {
        self.time
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

    fn map<Q>(self, payload: impl FnOnce(P) -> Result<Q>) -> Result<Event<Q>> {
        let Self { id, topic, key, sequence, kind, version, time, headers, payload: old } = self;
        Ok(Event { id, topic, key, sequence, kind, version, time, headers, payload: payload(old)? })
    }
}

impl RawEvent {
    /// An event of no outbox, of the kind `topic` and without a key.
    ///
    /// # Errors
    /// `Conversion` when the payload is no JSON.
    pub fn new<P: Serialize + ?Sized>(id: impl Into<String>, topic: impl Into<String>, payload: &P) -> Result<Self> {
        let (id, topic) = (id.into(), topic.into());
        let payload = raw(json::write(payload, || format!("the payload of event {id} (topic `{topic}`)"))?)?;
        let (kind, headers) = (topic.clone(), BTreeMap::new());
        Ok(Self { id, topic, key: None, sequence: None, kind, version: 1, time: Utc::now(), headers, payload })
    }

    /// With a key to be ordered by.
    pub fn with_key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// With one more header.
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.insert(name.into(), value.into());
        self
    }

    /// The same event, on another topic.
    pub fn with_topic(mut self, topic: impl Into<String>) -> Self {
        self.topic = topic.into();
        self
    }

    pub(crate) fn with_id(mut self, id: String) -> Self {
        self.id = id;
        self
    }

    /// The event of a message of the outbox on this connection. The message's number alone would do for one outbox; with the
    /// time it was written it does also for one that was made anew, and with the connection's name for several.
    pub(crate) fn of(connection: &str, message: &Message) -> Result<Self> {
        let mut headers = message.headers()?;
        let version = headers.remove(VERSION).and_then(|version| version.parse().ok()).unwrap_or(1);
        Ok(Self {
            id: format!("{connection}-{}-{:x}", message.id, message.created_at.timestamp_micros()),
            topic: message.topic.clone(),
            key: message.key.clone(),
            sequence: Some(message.id),
            kind: message.kind.clone(),
            version,
            time: message.created_at,
            headers,
            payload: raw(message.payload.clone())?,
        })
    }

    /// The event as JSON: what goes over the wire.
    ///
    /// # Errors
    /// None that is known of.
    pub fn to_json(&self) -> Result<String> {
        json::write(self, || format!("event {}", self.id))
    }

    /// The event of what was received.
    ///
    /// # Errors
    /// `Conversion` when it is no event.
    pub fn from_json(body: &[u8]) -> Result<Self> {
        let text =
            std::str::from_utf8(body).map_err(|error| Error::conversion("an event is no text").with_source(error))?;
        json::read(text, || "what was received".to_owned())
    }

    /// The event with its payload read.
    ///
    /// # Errors
    /// `Conversion` when the payload is none of `P`.
    pub fn typed<P: DeserializeOwned>(self) -> Result<Event<P>> {
        let what = format!("the payload of event {} (topic `{}`, version {})", self.id, self.topic, self.version);
        self.map(|payload| json::read(payload.get(), || what))
    }
}

fn raw(payload: String) -> Result<Box<RawValue>> {
    RawValue::from_string(payload)
        .map_err(|error| Error::conversion(format!("the payload of an event is no JSON: {error}")).with_source(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_travels_as_json() {
        let event =
            RawEvent::new("primary-1-0", "airports", &[1.5, 2.0]).unwrap().with_key("EWR").with_header("by", "hand");
        let back = RawEvent::from_json(event.to_json().unwrap().as_bytes()).unwrap();
        assert_eq!(
            (back.id(), back.topic(), back.key(), back.kind()),
            ("primary-1-0", "airports", Some("EWR"), "airports")
        );
        assert_eq!((back.version(), back.headers()["by"].as_str(), back.time()), (1, "hand", event.time()));
        assert_eq!(back.typed::<Vec<f64>>().unwrap().into_payload(), [1.5, 2.0]);
    }

    #[test]
    fn what_is_no_event_says_so() {
        for body in [&b"{}"[..], b"nothing", b"\xff"] {
            assert_eq!(RawEvent::from_json(body).unwrap_err().kind(), activerecord_core::ErrorKind::Conversion);
        }
        let event = RawEvent::new("primary-1-0", "airports", "EWR").unwrap();
        let message = event.typed::<i64>().unwrap_err().to_string();
        assert!(message.contains("event primary-1-0 (topic `airports`, version 1)"), "{message}");
    }
}
