//! Publishing with confirms.

use std::collections::HashSet;

use activerecord_core::{Error, ErrorKind, Result};
use activerecord_distributed::{PublishError, RawEvent};
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::{BasicProperties, Channel, Confirmation, Connection, PublisherConfirm};
use tokio::time::timeout;

use crate::{Server, declare, exchange, failed};

/// AMQP's delivery mode of a message that is stored on disk.
const PERSISTENT: u8 = 2;

/// A channel with publisher confirms.
pub(crate) struct PublishChannel {
    /// The channel closes when its connection is dropped.
    _connection: Connection,
    channel: Channel,
    /// The topics whose exchanges exist.
    exchanges: HashSet<String>,
}

impl PublishChannel {
    pub(crate) async fn open(server: &Server) -> Result<Self> {
        let connection = server.connection().await?;
        let channel = connection.create_channel().await.map_err(|error| failed("cannot open a channel", &error))?;
        channel
            .confirm_select(ConfirmSelectOptions::default())
            .await
            .map_err(|error| failed("cannot open a channel", &error))?;
        Ok(Self { _connection: connection, channel, exchanges: HashSet::new() })
    }

    async fn send(&mut self, event: &RawEvent) -> Result<PublisherConfirm, PublishError> {
        if !self.exchanges.contains(event.topic()) {
            declare(&self.channel, event.topic()).await.map_err(PublishError::Transient)?;
            self.exchanges.insert(event.topic().to_owned());
        }
        let body = event.to_json().map_err(PublishError::Rejected)?;
        let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        let properties = BasicProperties::default()
            .with_delivery_mode(PERSISTENT)
            .with_content_type("application/json".into())
            .with_message_id(event.id().into());
        let exchange = exchange(event.topic()).into();
        let sent = self.channel.basic_publish(exchange, "".into(), options, body.as_bytes(), properties).await;
        sent.map_err(|error| PublishError::Transient(failed("cannot publish an event", &error)))
    }
}

/// Sends all events, then waits for the confirms. A channel with an unknown outcome is not used again.
pub(crate) async fn publish(server: &Server, events: &[RawEvent]) -> Vec<Result<(), PublishError>> {
    let mut publisher = server.publisher.lock().await;
    let mut open = match publisher.take() {
        Some(open) if open.channel.status().connected() => open,
        _ => match timeout(server.patience, PublishChannel::open(server)).await {
            Ok(Ok(opened)) => opened,
            Ok(Err(error)) => return PublishError::Transient(error).for_all(events.len()),
            Err(_) => return PublishError::Transient(no_answer()).for_all(events.len()),
        },
    };
    let results = timeout(server.patience, confirmed(&mut open, events)).await;
    let results = results.unwrap_or_else(|_| PublishError::OutcomeUnknown(no_answer()).for_all(events.len()));
    let is_broken = results.iter().any(|result| matches!(result, Err(PublishError::OutcomeUnknown(_))));
    if !is_broken && open.channel.status().connected() {
        *publisher = Some(open);
    }
    results
}

async fn confirmed(publisher: &mut PublishChannel, events: &[RawEvent]) -> Vec<Result<(), PublishError>> {
    let mut sent = Vec::with_capacity(events.len());
    for event in events {
        sent.push(publisher.send(event).await);
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

fn outcome(confirmation: lapin::Result<Confirmation>, topic: &str) -> Result<(), PublishError> {
    match confirmation {
        Ok(Confirmation::Ack(None)) => Ok(()),
        Ok(Confirmation::Ack(Some(_))) => Err(PublishError::Transient(no_group(topic))),
        Ok(Confirmation::Nack(_) | Confirmation::NotRequested) => {
            let why = format!("RabbitMQ: the server refused an event of the topic `{topic}`");
            Err(PublishError::Transient(Error::new(ErrorKind::Database, why)))
        }
        Err(error) => Err(PublishError::OutcomeUnknown(failed("an event is not confirmed", &error))),
    }
}

fn no_group(topic: &str) -> Error {
    Error::invalid(format!("RabbitMQ: the topic `{topic}` has no group: start a consumer, which creates one"))
}

fn no_answer() -> Error {
    Error::new(ErrorKind::ConnectionLost, "RabbitMQ: the server does not answer")
}
