//! RabbitMQ as a message queue.
//!
//! A topic is the durable fanout exchange `ar.TOPIC`. A group is the durable queue `ar.TOPIC>GROUP` bound to that exchange. Both are
//! created on first use. An existing queue is used as it is: with a quorum queue, the deliveries of an event are counted; a classic
//! queue, which is what this library creates, does not count them. Events are persistent messages, published with confirms and `mandatory`, so an event of a topic without a group is refused.

mod batch;
mod deliver;
mod publish;
mod receive;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use activerecord_core::backend::BoxFuture;
use activerecord_core::{Error, ErrorKind, Result};
use activerecord_distributed::{PublishError, Publisher, Queue, QueueCapabilities, RawEvent, Subscriber};
use lapin::options::ExchangeDeclareOptions;
use lapin::types::FieldTable;
use lapin::{Channel, Connection, ConnectionProperties, ExchangeKind};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use batch::no_answer;
use publish::PublishChannel;
use receive::RabbitSubscriber;

/// A queue on a RabbitMQ server. It is cheap to clone and reconnects automatically.
///
/// `Ok` for an event means that the server has written it to disk for every group. With a mirrored or quorum queue, a majority of its nodes
/// has the event. An event of a topic without a group is refused.
///
/// ```no_run
/// use activerecord_core::Result;
/// use activerecord_distributed::Relay;
/// use activerecord_rabbitmq::RabbitQueue;
///
/// # async fn example() -> Result<()> {
/// let queue = RabbitQueue::connect("amqp://user:password@host:5672/vhost").await?;
/// Relay::from("primary").topic("orders").to(queue).run_once().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RabbitQueue(Arc<Server>);

struct Server {
    url: String,
    patience: Duration,
    /// The connection that is being opened. A driver's attempt cannot be stopped while the server does not answer, so the next
    /// call waits for it instead of beginning another one.
    connecting: Mutex<Option<Connecting>>,
    /// The channel to publish on; `None` after an outage.
    publisher: Mutex<Option<PublishChannel>>,
}

struct Connecting {
    begun: Instant,
    task: JoinHandle<lapin::Result<Connection>>,
}

/// After this time a further attempt is made: the packets of the first one may be sent again much later.
const ATTEMPT: Duration = Duration::from_secs(60);

impl RabbitQueue {
    /// Connects to the server of a URL.
    ///
    /// ```no_run
    /// # async fn example() -> activerecord_core::Result<()> {
    /// let queue = activerecord_rabbitmq::RabbitQueue::connect("amqp://user:password@host:5672/vhost").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `ConnectionLost` if the server does not answer or refuses the login.
    pub async fn connect(url: impl AsRef<str>) -> Result<Self> {
        let queue = Self(Arc::new(Server {
            url: url.as_ref().to_owned(),
            patience: Duration::from_secs(5),
            connecting: Mutex::default(),
            publisher: Mutex::default(),
        }));
        let publisher = PublishChannel::open(&queue.0).await?;
        *queue.0.publisher.lock().await = Some(publisher);
        Ok(queue)
    }
}

impl Server {
    async fn connection(&self) -> Result<Connection> {
        within(self.patience, async {
            let mut connecting = self.connecting.lock().await;
            let attempt = match connecting.take() {
                Some(attempt) if attempt.begun.elapsed() < ATTEMPT => attempt,
                _ => self.connect(),
            };
            let connected = (&mut connecting.insert(attempt).task).await;
            *connecting = None;
            connected.map_err(Error::custom)?.map_err(|error| failed("cannot connect", &error))
        })
        .await
    }

    fn connect(&self) -> Connecting {
        let url = self.url.clone();
        let task = tokio::spawn(async move { Connection::connect(&url, ConnectionProperties::default()).await });
        Connecting { begun: Instant::now(), task }
    }
}

/// Waits for an answer of the server.
async fn within<T>(patience: Duration, answer: impl Future<Output = Result<T>>) -> Result<T> {
    timeout(patience, answer).await.unwrap_or_else(|_| Err(no_answer()))
}

async fn open_channel(connection: &Connection) -> Result<Channel> {
    connection.create_channel().await.map_err(|error| failed("cannot open a channel", &error))
}

/// Creates the exchange of a topic, if it does not exist.
async fn declare(channel: &Channel, topic: &str) -> Result<()> {
    let options = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
    let declared =
        channel.exchange_declare(exchange(topic).into(), ExchangeKind::Fanout, options, FieldTable::default());
    declared.await.map_err(|error| failed(&format!("cannot create the exchange of the topic `{topic}`"), &error))
}

fn exchange(topic: &str) -> String {
    format!("ar.{topic}")
}

/// The error of a failed operation.
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
