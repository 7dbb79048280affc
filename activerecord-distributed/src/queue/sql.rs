//! A queue in the tables of a database, with the outbox as its storage.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use activerecord_core::backend::BoxFuture;
use activerecord_core::statement::CreateTable;
use activerecord_core::{ActiveRecord, ConnectionHandle, Error, Result, Scalar, Transaction};
use activerecord_derive::ActiveRecord;
use tokio::time::timeout;

use super::{Delivery, PublishError, Publisher, Queue, QueueCapabilities, RawEvent, Subscriber};
use crate::lease;
use crate::outbox::{Claim, Enqueue, Leased, Message, Outbox, Segment, Wake, claim};
use crate::tables::{OwnTable, insert_if_absent, with_table};
use crate::verdict::Verdict;

/// How often the table is polled for events of other processes.
const POLL: Duration = Duration::from_millis(500);

/// A queue in the tables `ar_outbox` and `ar_queue_groups` of a database, with one message per event and group. It
/// needs no broker and is as durable as the database.
///
/// It does not accept an event whose topic has no subscriber group: the publisher gets a transient error and retries.
/// It polls every 500 ms for events that another process published; on PostgreSQL it does not listen for notifications.
///
/// ```no_run
/// # use activerecord::prelude::*;
/// use activerecord::queue::SqlQueue;
///
/// # use std::time::Duration;
/// # async fn example(shutdown: impl Future<Output = ()>) -> Result<()> {
/// let queue = SqlQueue::on("analytics").lease(Duration::from_secs(60));
/// Relay::from("primary").topic("user_events").to(queue).run_until(shutdown).await
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct SqlQueue {
    connection: String,
    lease: Duration,
}

/// A consumer group of a topic.
#[derive(ActiveRecord, Clone, Debug)]
#[activerecord(crate = activerecord_core)]
#[table = "ar_queue_groups"]
struct Group {
    #[primary_key]
    topic: String,
    #[primary_key]
    #[column = "group_name"]
    name: String,
}

impl OwnTable for Group {}

impl SqlQueue {
    /// The queue in the database of this connection. It opens nothing; its tables are created on first use.
    pub fn on(connection: impl Into<String>) -> Self {
        Self { connection: connection.into(), lease: lease::LENGTH }
    }

    /// Sets the lease of a delivered event: without an acknowledgement or an extension, it is delivered again after
    /// this time. Default: 30 s.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }

    /// Writes all events in one transaction. If the database rejects one of them, writes each in its own transaction.
    async fn accept(&self, events: &[RawEvent]) -> Vec<Result<(), PublishError>> {
        match self.write(events).await {
            Ok(results) => return results,
            Err(error) if events.len() == 1 || Verdict::of(&error) == Verdict::Transient => {
                return publish_error(error).for_all(events.len());
            }
            Err(_) => {}
        }
        let mut results = Vec::with_capacity(events.len());
        for event in events {
            match self.write(std::slice::from_ref(event)).await {
                Ok(written) => results.extend(written),
                Err(error) => results.push(Err(publish_error(error))),
            }
        }
        results
    }

    async fn write(&self, events: &[RawEvent]) -> Result<Vec<Result<(), PublishError>>> {
        let name = with_table::<Group>(&self.connection).await?.name().to_owned();
        let groups = groups(&name, events).await?;
        let (mut messages, mut results) = (Vec::new(), Vec::with_capacity(events.len()));
        for event in events {
            let before = messages.len();
            for group in groups.iter().filter(|group| group.topic == event.topic()) {
                messages.push(message(event, group)?.on(&name));
            }
            results.push(if messages.len() > before { Ok(()) } else { Err(no_group(&name, event.topic())) });
        }
        Transaction::begin(&name).independent().run(async || Enqueue::all(messages).await).await?;
        Ok(results)
    }
}

/// The groups that subscribed to the topics of these events.
async fn groups(name: &str, events: &[RawEvent]) -> Result<Vec<Group>> {
    let topics: BTreeSet<_> = events.iter().map(RawEvent::topic).collect();
    Group::using(name).filter(Group::TOPIC.is_in(Vec::from_iter(topics))).all().await
}

impl Group {
    /// The outbox topic that contains the events of a group.
    fn outbox_topic(topic: &str, group: &str) -> String {
        format!("{topic}>{group}")
    }
}

fn message(event: &RawEvent, group: &Group) -> Result<Enqueue> {
    let message =
        Enqueue::of_json(&Group::outbox_topic(&group.topic, &group.name), event.to_json()?).kind(event.kind());
    Ok(match event.key() {
        Some(key) => message.key(key),
        None => message,
    })
}

fn publish_error(error: Error) -> PublishError {
    match Verdict::of(&error) {
        _ if error.is_commit_outcome_unknown() => PublishError::OutcomeUnknown(error),
        Verdict::Transient => PublishError::Transient(error),
        Verdict::Permanent => PublishError::Rejected(error),
    }
}

fn no_group(name: &str, topic: &str) -> PublishError {
    let message = format!("no group has subscribed to the topic `{topic}` of the queue on `{name}`: start a consumer");
    PublishError::Transient(Error::invalid(message))
}

impl Publisher for SqlQueue {
    fn publish<'a>(&'a self, events: &'a [RawEvent]) -> BoxFuture<'a, Vec<Result<(), PublishError>>> {
        Box::pin(self.accept(events))
    }

    fn capabilities(&self) -> QueueCapabilities {
        QueueCapabilities::none().durable()
    }
}

impl Queue for SqlQueue {
    fn subscribe<'a>(&'a self, topic: &'a str, group: &'a str) -> BoxFuture<'a, Result<Box<dyn Subscriber>>> {
        Box::pin(async move {
            let connection = with_table::<Group>(&self.connection).await?;
            let row = Group { topic: topic.to_owned(), name: group.to_owned() };
            insert_if_absent(connection.name(), row).await?;
            Outbox::install(connection.name()).await?;
            let topic = Group::outbox_topic(topic, group);
            let wake = Wake::register(&connection, vec![topic.clone()]);
            let subscriber: Box<dyn Subscriber> =
                Box::new(SqlSubscriber { connection, topic, wake, lease: self.lease });
            Ok(subscriber)
        })
    }
}

struct SqlSubscriber {
    connection: ConnectionHandle,
    topic: String,
    wake: Arc<Wake>,
    lease: Duration,
}

impl Subscriber for SqlSubscriber {
    fn receive(&mut self, limit: usize) -> BoxFuture<'_, Result<Vec<Box<dyn Delivery>>>> {
        Box::pin(async move {
            loop {
                let whole_queue = Segment::default();
                if let Some(claim) = claim(&self.connection, &self.topic, whole_queue, limit as u64, self.lease).await?
                {
                    return Ok(self.deliveries(claim));
                }
                // Only this process sends wake-ups. The timeout finds the events of other processes.
                let _ = timeout(POLL, self.wake.woken()).await;
            }
        })
    }
}

impl SqlSubscriber {
    fn deliveries(&self, claim: Claim) -> Vec<Box<dyn Delivery>> {
        let delivery = |message: Message| -> Box<dyn Delivery> {
            let leased = Leased { token: claim.token, ids: vec![message.id] };
            let (connection, lease) = (self.connection.clone(), self.lease);
            // The claim has counted this delivery after it had read the message.
            let attempt = u32::try_from(message.attempts).unwrap_or(0).saturating_add(1);
            Box::new(SqlDelivery { connection, leased, body: message.payload, lease, attempt })
        };
        claim.messages.into_iter().map(delivery).collect()
    }
}

/// A leased message. If it is dropped, it is delivered again when the lease expires.
struct SqlDelivery {
    connection: ConnectionHandle,
    leased: Leased,
    body: String,
    lease: Duration,
    attempt: u32,
}

impl Delivery for SqlDelivery {
    fn body(&self) -> &[u8] {
        self.body.as_bytes()
    }

    fn ack(self: Box<Self>) -> BoxFuture<'static, Result<()>> {
        Box::pin(async move {
            let done = self.leased.complete(&self.connection).await?;
            if done == 0 { Err(lease::lost("another consumer has received the event")) } else { Ok(()) }
        })
    }

    fn nack(self: Box<Self>, pause: Duration) -> BoxFuture<'static, Result<()>> {
        Box::pin(async move {
            let why = Error::invalid("the consumer rejected the delivery");
            self.leased.retry(&self.connection, pause, &why).await.map(drop)
        })
    }

    fn extend(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            let kept = self.leased.extend(&self.connection, self.lease).await?;
            if kept.is_empty() { Err(lease::lost("another consumer has received the event")) } else { Ok(()) }
        })
    }

    fn extend_every(&self) -> Option<Duration> {
        Some(lease::interval(self.lease))
    }

    fn attempt(&self) -> Option<u32> {
        Some(self.attempt)
    }

    fn release(self: Box<Self>) -> BoxFuture<'static, Result<()>> {
        Box::pin(async move { self.leased.release(&self.connection, Duration::ZERO).await.map(drop) })
    }
}

pub(super) fn definition() -> CreateTable {
    Group::definition()
}
