//! Dead letters.

use activerecord_core::{Error, Result};

use super::run::Ready;
use crate::queue::{PublishError, RawEvent, answered, start};
use crate::storable::storable;

/// The topic for the dead letters of a topic.
pub(super) fn dead_letter_topic(topic: &str) -> String {
    format!("{topic}.dead")
}

/// How many bytes of the payload a dead letter has that the queue has rejected as a whole.
const SHORTENED: [usize; 3] = [64 * 1024, 4 * 1024, 256];

/// The dead letter of an event.
pub(super) struct Letter {
    event: Result<RawEvent>,
    error: String,
}

impl Letter {
    /// A body that is not an event becomes the payload of a new one.
    pub(super) fn new(event: Option<&RawEvent>, body: Option<&str>, ready: &Ready, error: &Error) -> Self {
        let topic = dead_letter_topic(&ready.topic);
        let event = match event {
            // With the same id, a deduplicating queue would drop it.
            Some(event) => Ok(event.clone().with_topic(&topic).with_id(format!("{}>{}", event.id(), ready.group))),
            None => RawEvent::new(format!("unread-{}", uuid::Uuid::new_v4()), topic, body.unwrap_or_default()),
        };
        Self { event, error: storable(&error.to_string()) }
    }

    pub(super) fn id(&self) -> String {
        self.event.as_ref().map_or_else(|_| String::new(), |event| event.id().to_owned())
    }

    /// Publishes the letter. If the queue rejects it, for example because it is too large, publishes a shorter one.
    pub(super) async fn publish(self, ready: &Ready) -> Result<()> {
        let event = self.event?;
        let mut published = publish(ready, event.clone(), &self.error).await;
        for bytes in SHORTENED {
            let Err(PublishError::Rejected(_)) = published else { break };
            published = publish(ready, event.clone().shortened(bytes)?, start(&self.error, bytes)).await;
        }
        published.map_err(PublishError::into_error)
    }
}

async fn publish(ready: &Ready, event: RawEvent, error: &str) -> Result<(), PublishError> {
    let letter = event.with_header("error", error).with_header("consumer", &ready.group);
    let publishing = async { Ok(ready.queue.publish(std::slice::from_ref(&letter)).await) };
    let published = answered(publishing).await.map_err(PublishError::OutcomeUnknown)?;
    published.into_iter().collect()
}
