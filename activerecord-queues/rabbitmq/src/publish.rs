//! Publishing with confirms.

use std::collections::HashSet;

use activerecord_core::{Error, ErrorKind, Result};
use activerecord_distributed::{PublishError, RawEvent};
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::{BasicProperties, Channel, Confirmation, Connection, PublisherConfirm};
use tokio::time::timeout;

use crate::{Server, declare, exchange, failed};

/// What AMQP calls a message that is kept on the disk.
const PERSISTENT: u8 = 2;

/// A connection, with a channel on which what is published is confirmed.
pub(crate) struct Line {
    /// It ends with this.
    _connection: Connection,
    channel: Channel,
    /// The topics whose exchanges are there.
    exchanges: HashSet<String>,
}

impl Line {
    pub(crate) async fn open(server: &Server) -> Result<Self> {
        let connection = server.connection().await?;
        let channel = connection.create_channel().await.map_err(|error| failed("a channel", &error))?;
        channel.confirm_select(ConfirmSelectOptions::default()).await.map_err(|error| failed("a channel", &error))?;
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
        sent.map_err(|error| PublishError::Transient(failed("an event", &error)))
    }
}

/// Sends all of them, then waits for the confirms. A line on which something failed is not used again.
pub(crate) async fn publish(server: &Server, events: &[RawEvent]) -> Vec<Result<(), PublishError>> {
    let mut place = server.line.lock().await;
    let mut line = match place.take() {
        Some(line) if line.channel.status().connected() => line,
        _ => match timeout(server.patience, Line::open(server)).await {
            Ok(Ok(line)) => line,
            Ok(Err(error)) => return PublishError::Transient(error).for_all(events.len()),
            Err(_) => return PublishError::Transient(silent()).for_all(events.len()),
        },
    };
    let results = timeout(server.patience, confirmed(&mut line, events)).await;
    let results = results.unwrap_or_else(|_| PublishError::OutcomeUnknown(silent()).for_all(events.len()));
    let is_broken = results.iter().any(|result| matches!(result, Err(PublishError::OutcomeUnknown(_))));
    if !is_broken && line.channel.status().connected() {
        *place = Some(line);
    }
    results
}

async fn confirmed(line: &mut Line, events: &[RawEvent]) -> Vec<Result<(), PublishError>> {
    let mut sent = Vec::with_capacity(events.len());
    for event in events {
        sent.push(line.send(event).await);
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
        Ok(Confirmation::Ack(Some(_))) => Err(PublishError::Transient(nobody(topic))),
        Ok(Confirmation::Nack(_) | Confirmation::NotRequested) => {
            let why = format!("RabbitMQ: it has not taken an event of the topic `{topic}`");
            Err(PublishError::Transient(Error::new(ErrorKind::Database, why)))
        }
        Err(error) => Err(PublishError::OutcomeUnknown(failed("an event", &error))),
    }
}

fn nobody(topic: &str) -> Error {
    Error::invalid(format!("RabbitMQ: nobody has subscribed to the topic `{topic}`: start a consumer, then it goes on"))
}

fn silent() -> Error {
    Error::new(ErrorKind::ConnectionLost, "RabbitMQ: it does not answer")
}
