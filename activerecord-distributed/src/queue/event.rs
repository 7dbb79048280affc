//! The events of a queue.

use std::collections::BTreeMap;
use std::fmt;

use activerecord_core::{Error, Result};
use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::json;
use crate::outbox::Message;
use crate::redacted::Redacted;

/// The header of an outbox message that contains its [version](Event::version).
pub(crate) const VERSION: &str = "version";

/// An event of a queue. On the wire it is JSON with the fields `id`, `topic`, `key`, `sequence`, `kind`, `version`,
/// `time`, `headers` and `payload`.
///
/// ```
/// # use activerecord::prelude::*;
/// use activerecord::queue::{Event, RawEvent};
///
/// # fn main() -> Result<()> {
/// let raw = RawEvent::new("import-1", "user_events", &42)?.with_key("user-42").with_header("source", "import");
/// let received = RawEvent::from_json(raw.to_json()?.as_bytes())?;
/// let event: Event<i64> = received.typed()?;
/// assert_eq!((event.key(), *event.payload()), (Some("user-42"), 42));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Serialize, Deserialize)]
pub struct Event<P> {
    id: String,
    topic: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sequence: Option<i64>,
    kind: String,
    #[serde(default = "first_version")]
    version: u32,
    time: DateTime<Utc>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<String, String>,
    payload: P,
}

/// An event whose payload is still JSON text, exactly as it was published.
pub type RawEvent = Event<Box<RawValue>>;

fn first_version() -> u32 {
    1
}

impl<P> Event<P> {
    /// The id: the same in every publication and delivery, and unique among the events of all databases. At most 200
    /// characters.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The topic.
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// The ordering key.
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// The sequence number: of two events with the same key and outbox, the later one has the greater number.
    pub fn sequence(&self) -> Option<i64> {
        self.sequence
    }

    /// The kind of event: the topic, unless it was [set](crate::Enqueue::kind).
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The version of the payload's schema: 1, unless it was [set](crate::Enqueue::version).
    pub fn version(&self) -> u32 {
        self.version
    }

    /// When it was written, by the clock of its outbox's database.
    pub fn time(&self) -> DateTime<Utc> {
        self.time
    }

    /// The headers.
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

    fn map<Q>(self, payload: impl FnOnce(P) -> Result<Q>) -> Result<Event<Q>> {
        let Self { id, topic, key, sequence, kind, version, time, headers, payload: old } = self;
        Ok(Event { id, topic, key, sequence, kind, version, time, headers, payload: payload(old)? })
    }
}

/// Shows neither payload, headers nor key.
impl<P> fmt::Debug for Event<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, topic, key, sequence, kind, version, time, .. } = self;
        let mut debug = f.debug_struct("Event");
        debug.field("id", id).field("topic", topic).field("key", &key.as_deref().map(Redacted::of));
        debug.field("sequence", sequence).field("kind", kind).field("version", version).field("time", time);
        debug.finish_non_exhaustive()
    }
}

impl RawEvent {
    /// Builds an event that is not from an outbox: kind `topic`, version 1, no key, the time of this machine. See the
    /// example of [`Event`].
    ///
    /// # Errors
    /// `Conversion` when the payload cannot be written as JSON.
    pub fn new<P: Serialize + ?Sized>(id: impl Into<String>, topic: impl Into<String>, payload: &P) -> Result<Self> {
        let (id, topic) = (id.into(), topic.into());
        let payload = raw(json::write(payload, || format!("the payload of event {id} (topic `{topic}`)"))?)?;
        let (kind, headers) = (topic.clone(), BTreeMap::new());
        Ok(Self { id, topic, key: None, sequence: None, kind, version: 1, time: Utc::now(), headers, payload })
    }

    /// Sets the ordering key.
    pub fn with_key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Adds a header.
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.insert(name.into(), value.into());
        self
    }

    /// Sets the topic.
    pub fn with_topic(mut self, topic: impl Into<String>) -> Self {
        self.topic = topic.into();
        self
    }

    pub(crate) fn with_id(mut self, id: String) -> Self {
        self.id = id;
        self
    }

    /// The event with the first bytes of its payload, as a JSON string, and with the first bytes of its headers. The header
    /// `shortened` says so. A key that is longer than this is removed.
    pub(crate) fn shortened(mut self, bytes: usize) -> Result<Self> {
        let (length, kept) = (self.payload.get().len(), start(self.payload.get(), bytes).to_owned());
        self.payload = raw(json::write(&kept, || format!("the payload of event {}", self.id))?)?;
        self.key = self.key.filter(|key| key.len() <= bytes);
        let mut room = bytes;
        self.headers.retain(|name, value| {
            let size = name.len() + value.len();
            let fits = size <= room;
            room -= if fits { size } else { 0 };
            fits
        });
        Ok(self.with_header("shortened", format!("the first {} of {length} bytes of the payload", kept.len())))
    }

    /// The event of a message of the outbox on this connection. The event id is the message's UUID. If it has none, the id
    /// consists of the connection's name, which separates several outboxes, the message's number, and its time, which
    /// separates the numbers of a recreated table.
    pub(crate) fn of(connection: &str, message: &Message) -> Result<Self> {
        let mut headers = message.headers()?;
        let without_uuid = || format!("{connection}-{}-{:x}", message.id, message.created_at.timestamp_micros());
        let version = headers.remove(VERSION).and_then(|version| version.parse().ok()).unwrap_or(1);
        Ok(Self {
            id: message.uuid.map_or_else(without_uuid, |uuid| uuid.to_string()),
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

    /// Writes the event as JSON, the wire format.
    ///
    /// # Errors
    /// `Conversion` when it cannot be written; currently never.
    pub fn to_json(&self) -> Result<String> {
        json::write(self, || format!("event {}", self.id))
    }

    /// Reads an event from its wire format.
    ///
    /// # Errors
    /// `Conversion` when `body` is not the JSON of an event.
    pub fn from_json(body: &[u8]) -> Result<Self> {
        let text = std::str::from_utf8(body)
            .map_err(|error| Error::conversion("the received event is not UTF-8 text").with_source(error))?;
        json::read(text, || "the received event".to_owned())
    }

    /// Reads the payload as a `P`.
    ///
    /// # Errors
    /// `Conversion` when the payload cannot be read as a `P`.
    pub fn typed<P: DeserializeOwned>(self) -> Result<Event<P>> {
        let what = format!("the payload of event {} (topic `{}`, version {})", self.id, self.topic, self.version);
        self.map(|payload| json::read(payload.get(), || what))
    }
}

/// The first bytes of a text, without a part of a character.
pub(crate) fn start(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

fn raw(payload: String) -> Result<Box<RawValue>> {
    RawValue::from_string(payload).map_err(|error| {
        Error::conversion(format!("the payload of an event is not valid JSON: {error}")).with_source(error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_json_on_the_wire() {
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
    fn a_shortened_event_says_so_and_is_short() {
        let long = "ä".repeat(1000);
        let event = RawEvent::new("1", "airports", &long).unwrap().with_key(&long).with_header("long", &long);
        let short = event.with_header("by", "hand").shortened(100).unwrap();
        assert_eq!((short.key(), short.headers().len(), short.headers()["by"].as_str()), (None, 2, "hand"));
        assert_eq!(short.headers()["shortened"], "the first 99 of 2002 bytes of the payload");
        assert!(short.to_json().unwrap().len() < 500);
        assert_eq!(short.typed::<String>().unwrap().into_payload(), format!("\"{}", "ä".repeat(49)));
    }

    #[test]
    fn an_invalid_event_is_a_conversion_error() {
        for body in [&b"{}"[..], b"nothing", b"\xff"] {
            assert_eq!(RawEvent::from_json(body).unwrap_err().kind(), activerecord_core::ErrorKind::Conversion);
        }
        let event = RawEvent::new("primary-1-0", "airports", "EWR").unwrap();
        let message = event.typed::<i64>().unwrap_err().to_string();
        assert!(message.contains("event primary-1-0 (topic `airports`, version 1)"), "{message}");
    }
}
