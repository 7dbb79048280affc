//! A database as a queue: the outbox of the receiving side.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use activerecord_core::backend::BoxFuture;
use activerecord_core::{ActiveRecord, ConnectionHandle, Error, Result, Scalar, transaction};
use activerecord_derive::ActiveRecord;
use tokio::time::timeout;

use super::{Delivery, PublishError, Publisher, Queue, QueueCapabilities, RawEvent, Subscriber};
use crate::lease;
use crate::outbox::{Claim, Enqueue, Held, Message, Outbox, Stretch, Wake, claim};
use crate::store::{Kept, insert_unless_there, with_table};
use crate::verdict::Verdict;

/// How long to wait for an event before looking for those of other processes.
const POLL: Duration = Duration::from_millis(500);

/// A queue in the tables `ar_outbox` and `ar_queue_groups` of a database: a message for each event and group. Nothing to
/// install, and as durable as the database; an event that nobody has subscribed to is not accepted.
#[derive(Clone, Debug)]
pub struct SqlQueue {
    connection: String,
    lease: Duration,
}

/// A group of consumers that gets the events of a topic.
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

impl Kept for Group {}

impl SqlQueue {
    /// The queue in the database of this connection, which is not asked before it is used.
    pub fn on(connection: impl Into<String>) -> Self {
        Self { connection: connection.into(), lease: lease::LENGTH }
    }

    /// How long an event stays with the consumer that has received it and then been silent. 30 seconds unless set.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }

    /// Writes all of them in one transaction, or, when one of them is refused, each in its own.
    async fn accept(&self, events: &[RawEvent]) -> Vec<Result<(), PublishError>> {
        match self.write(events).await {
            Ok(results) => return results,
            Err(error) if events.len() == 1 || Verdict::of(&error) == Verdict::Transient => {
                return of(error).for_all(events.len());
            }
            Err(_) => {}
        }
        let mut results = Vec::with_capacity(events.len());
        for event in events {
            match self.write(std::slice::from_ref(event)).await {
                Ok(written) => results.extend(written),
                Err(error) => results.push(Err(of(error))),
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
            results.push(if messages.len() > before { Ok(()) } else { Err(nobody(&name, event.topic())) });
        }
        transaction(&name, async || Enqueue::all(messages).await).await?;
        Ok(results)
    }
}

/// Those who have subscribed to the topics of these events.
async fn groups(name: &str, events: &[RawEvent]) -> Result<Vec<Group>> {
    let topics: BTreeSet<_> = events.iter().map(RawEvent::topic).collect();
    Group::using(name).filter(Group::TOPIC.is_in(Vec::from_iter(topics))).all().await
}

impl Group {
    /// The topic of the outbox that has the messages of the group.
    fn messages(topic: &str, group: &str) -> String {
        format!("{topic}>{group}")
    }
}

fn message(event: &RawEvent, group: &Group) -> Result<Enqueue> {
    let message = Enqueue::of_json(&Group::messages(&group.topic, &group.name), event.to_json()?).kind(event.kind());
    Ok(match event.key() {
        Some(key) => message.key(key),
        None => message,
    })
}

fn of(error: Error) -> PublishError {
    match Verdict::of(&error) {
        _ if error.is_commit_outcome_unknown() => PublishError::OutcomeUnknown(error),
        Verdict::Transient => PublishError::Transient(error),
        Verdict::Permanent => PublishError::Rejected(error),
    }
}

fn nobody(name: &str, topic: &str) -> PublishError {
    let why = format!(
        "nobody has subscribed to the topic `{topic}` of the queue on `{name}`: start a consumer, then it goes on"
    );
    PublishError::Transient(Error::invalid(why))
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
            insert_unless_there(connection.name(), row).await?;
            Outbox::install(connection.name()).await?;
            let topic = Group::messages(topic, group);
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
                let whole = Stretch::default();
                if let Some(claim) = claim(&self.connection, &self.topic, whole, limit as u64, self.lease).await? {
                    return Ok(self.deliveries(claim));
                }
                // A wake-up is a hint. Without one it is time to look for those of other processes.
                let _ = timeout(POLL, self.wake.woken()).await;
            }
        })
    }
}

impl SqlSubscriber {
    fn deliveries(&self, claim: Claim) -> Vec<Box<dyn Delivery>> {
        let delivery = |message: Message| -> Box<dyn Delivery> {
            let held = Held { token: claim.token, ids: vec![message.id] };
            let (connection, lease) = (self.connection.clone(), self.lease);
            Box::new(SqlDelivery { connection, held, body: message.payload, lease })
        };
        claim.messages.into_iter().map(delivery).collect()
    }
}

/// A message under a lease. One that is dropped is due again when that is over.
struct SqlDelivery {
    connection: ConnectionHandle,
    held: Held,
    body: String,
    lease: Duration,
}

impl Delivery for SqlDelivery {
    fn body(&self) -> &[u8] {
        self.body.as_bytes()
    }

    fn ack(self: Box<Self>) -> BoxFuture<'static, Result<()>> {
        Box::pin(async move {
            let done = self.held.complete(&self.connection).await?;
            if done == 0 { Err(lease::lost("somebody else has received the event")) } else { Ok(()) }
        })
    }

    fn nack(self: Box<Self>, pause: Duration) -> BoxFuture<'static, Result<()>> {
        Box::pin(async move {
            let why = Error::invalid("its consumer has given it back");
            self.held.retry(&self.connection, pause, &why).await.map(drop)
        })
    }

    fn extend(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            let kept = self.held.extend(&self.connection, self.lease).await?;
            if kept.is_empty() { Err(lease::lost("somebody else has received the event")) } else { Ok(()) }
        })
    }

    fn extend_every(&self) -> Option<Duration> {
        Some(lease::interval(self.lease))
    }
}
