//! RabbitMQ as a message queue.
//!
//! A topic is the durable fanout exchange `ar.TOPIC`, a group the durable queue `ar.TOPIC>GROUP` that is bound to it; both are
//! made on first use. Events are persistent messages, published with confirms and `mandatory`: one that no queue takes is not accepted.

mod publish;
mod receive;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use activerecord_core::backend::BoxFuture;
use activerecord_core::{Error, ErrorKind, Result};
use activerecord_distributed::{PublishError, Publisher, Queue, QueueCapabilities, RawEvent, Subscriber};
use lapin::options::ExchangeDeclareOptions;
use lapin::types::FieldTable;
use lapin::{Channel, Connection, ConnectionProperties, ExchangeKind};
use tokio::sync::Mutex;
use tokio::time::timeout;

use publish::Line;
use receive::RabbitSubscriber;

/// A queue on a RabbitMQ server. Cheap to clone; it connects again by itself.
///
/// `Ok` for an event means that the server has written it to the disk for every group there is (or, of a mirrored or quorum
/// queue, that most of its nodes have it). An event that nobody has subscribed to is not accepted.
#[derive(Clone)]
pub struct RabbitQueue(Arc<Server>);

struct Server {
    url: String,
    patience: Duration,
    /// The connection, with the channel to publish on; None before the first use, and after an outage.
    line: Mutex<Option<Line>>,
}

impl RabbitQueue {
    /// Connects to the server of this URL: `amqp://user:password@host:5672/vhost`.
    ///
    /// # Errors
    /// `ConnectionLost` when no server answers or it refuses the login.
    pub async fn connect(url: impl AsRef<str>) -> Result<Self> {
        let queue = Self(Arc::new(Server {
            url: url.as_ref().to_owned(),
            patience: Duration::from_secs(5),
            line: Mutex::default(),
        }));
        let line = Line::open(&queue.0).await?;
        *queue.0.line.lock().await = Some(line);
        Ok(queue)
    }
}

impl Server {
    async fn connection(&self) -> Result<Connection> {
        let connecting = Connection::connect(&self.url, ConnectionProperties::default());
        match timeout(self.patience, connecting).await {
            Ok(connected) => connected.map_err(|error| failed("it cannot be reached", &error)),
            Err(_) => Err(Error::new(ErrorKind::ConnectionLost, "RabbitMQ: it does not answer")),
        }
    }
}

/// Makes the exchange of a topic, unless it is there.
async fn declare(channel: &Channel, topic: &str) -> Result<()> {
    let options = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
    let declared =
        channel.exchange_declare(exchange(topic).into(), ExchangeKind::Fanout, options, FieldTable::default());
    declared.await.map_err(|error| failed(&format!("the exchange of the topic `{topic}`"), &error))
}

fn exchange(topic: &str) -> String {
    format!("ar.{topic}")
}

/// An error of the server or the way to it, about something.
fn failed(what: &str, error: &lapin::Error) -> Error {
    Error::new(ErrorKind::ConnectionLost, format!("RabbitMQ: {what}: {error}"))
}

impl Publisher for RabbitQueue {
    fn publish<'a>(&'a self, events: &'a [RawEvent]) -> BoxFuture<'a, Vec<Result<(), PublishError>>> {
        Box::pin(publish::publish(&self.0, events))
    }

    fn capabilities(&self) -> QueueCapabilities {
        QueueCapabilities::none().durable()
    }
}

impl Queue for RabbitQueue {
    fn subscribe<'a>(&'a self, topic: &'a str, group: &'a str) -> BoxFuture<'a, Result<Box<dyn Subscriber>>> {
        Box::pin(async move {
            let subscriber = RabbitSubscriber::open(self.clone(), topic, group).await?;
            Ok(Box::new(subscriber) as Box<dyn Subscriber>)
        })
    }
}

impl fmt::Debug for RabbitQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RabbitQueue").field("patience", &self.0.patience).finish_non_exhaustive()
    }
}
