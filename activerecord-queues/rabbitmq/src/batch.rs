//! Events that are sent together.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use activerecord_core::{Error, ErrorKind, Result};
use activerecord_distributed::{PublishError, RawEvent};
use lapin::options::BasicPublishOptions;
use lapin::protocol::{AMQPErrorKind, AMQPSoftError};
use lapin::{BasicProperties, Channel, Confirmation, PublisherConfirm};
use tokio::task::JoinHandle;

use crate::{declare, exchange, failed};

/// AMQP's delivery mode of a message that is stored on disk.
const PERSISTENT: u8 = 2;

/// The outcome of an event.
pub(crate) type Published = Result<(), PublishError>;

/// The topics whose exchanges exist.
#[derive(Clone, Default)]
pub(crate) struct Exchanges(Arc<Mutex<HashSet<String>>>);

/// A batch that is sent by a task of its own: it continues when nobody waits for it.
pub(crate) struct Batch {
    pub(crate) ids: Vec<String>,
    task: JoinHandle<Vec<Published>>,
}

impl Batch {
    pub(crate) fn send(channel: Channel, exchanges: Exchanges, events: Vec<RawEvent>) -> Self {
        let ids = events.iter().map(|event| event.id().to_owned()).collect();
        Self { ids, task: tokio::spawn(async move { confirmed(&channel, &exchanges, &events).await }) }
    }

    /// Waits for the results of the events.
    pub(crate) async fn results(&mut self) -> Vec<Published> {
        let unknown = |_| PublishError::OutcomeUnknown(no_answer()).for_all(self.ids.len());
        (&mut self.task).await.unwrap_or_else(unknown)
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Sends all events, then waits for the confirms.
async fn confirmed(channel: &Channel, exchanges: &Exchanges, events: &[RawEvent]) -> Vec<Published> {
    let mut sent = Vec::with_capacity(events.len());
    for event in events {
        sent.push(send(channel, exchanges, event).await);
    }
    let mut results = Vec::with_capacity(events.len());
    for (sent, event) in sent.into_iter().zip(events) {
        results.push(match sent {
            Ok(confirm) => outcome(confirm.await, event.topic()),
            Err(error) => Err(error),
        });
    }
    results
}

async fn send(channel: &Channel, exchanges: &Exchanges, event: &RawEvent) -> Result<PublisherConfirm, PublishError> {
    if !exchanges.contains(event.topic()) {
        declare(channel, event.topic()).await.map_err(PublishError::Transient)?;
        exchanges.add(event.topic());
    }
    let body = event.to_json().map_err(PublishError::Rejected)?;
    let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
    let properties = BasicProperties::default()
        .with_delivery_mode(PERSISTENT)
        .with_content_type("application/json".into())
        .with_message_id(event.id().into());
    let exchange = exchange(event.topic()).into();
    let sent = channel.basic_publish(exchange, "".into(), options, body.as_bytes(), properties).await;
    sent.map_err(|error| not_confirmed(&error, PublishError::Transient))
}

impl Exchanges {
    fn contains(&self, topic: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(topic)
    }

    fn add(&self, topic: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(topic.to_owned());
    }
}

fn outcome(confirmation: lapin::Result<Confirmation>, topic: &str) -> Published {
    match confirmation {
        Ok(Confirmation::Ack(None)) => Ok(()),
        Ok(Confirmation::Ack(Some(_))) => Err(PublishError::Transient(no_group(topic))),
        Ok(Confirmation::Nack(_) | Confirmation::NotRequested) => {
            let why = format!("RabbitMQ: the server refused an event of the topic `{topic}`");
            Err(PublishError::Transient(Error::new(ErrorKind::Database, why)))
        }
        Err(error) => Err(not_confirmed(&error, PublishError::OutcomeUnknown)),
    }
}

/// The server closes the channel when a message is larger than its `max_message_size`: then an event that was sent alone is
/// rejected.
fn not_confirmed(error: &lapin::Error, otherwise: fn(Error) -> PublishError) -> PublishError {
    let what = failed("an event is not confirmed", error);
    match error.kind() {
        lapin::ErrorKind::ProtocolError(error)
            if matches!(
                error.kind(),
                AMQPErrorKind::Soft(AMQPSoftError::PRECONDITIONFAILED | AMQPSoftError::CONTENTTOOLARGE)
            ) =>
        {
            PublishError::Rejected(what)
        }
        _ => otherwise(what),
    }
}

fn no_group(topic: &str) -> Error {
    Error::invalid(format!("RabbitMQ: the topic `{topic}` has no group: start a consumer, which creates one"))
}

#[cold]
pub(crate) fn no_answer() -> Error {
    Error::new(ErrorKind::ConnectionLost, "RabbitMQ: the server does not answer")
}
