//! A queue in the memory of one process.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use activerecord_core::Result;
use activerecord_core::backend::BoxFuture;
use tokio::sync::Notify;

use super::{Delivery, PublishError, Publisher, Queue, QueueCapabilities, RawEvent, Subscriber};

/// A queue in the memory of this process, for tests and for programs of one process. Clones share their events. Events
/// are lost when the process ends. The number of events is not limited.
///
/// ```no_run
/// # use activerecord::prelude::*;
/// use activerecord::queue::{Event, MemoryQueue};
///
/// # async fn example(shutdown: impl Future<Output = ()>) -> Result<()> {
/// let queue = MemoryQueue::new();
/// let relay = Relay::from("primary").topic("user_events").to(queue.clone());
/// let consumer = Consumer::new(queue, "user_events").handle(async |event: Event<i64>| {
///     println!("user {}", event.payload());
///     Ok(())
/// });
/// relay.run_once().await?;
/// consumer.run_until(shutdown).await
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct MemoryQueue(Arc<Mutex<HashMap<String, Topic>>>);

#[derive(Debug, Default)]
struct Topic {
    groups: HashMap<String, Arc<Group>>,
    /// Events that were published before the first group. The first group gets them.
    unclaimed: VecDeque<Arc<str>>,
}

/// The events that wait for the consumers of a group.
#[derive(Debug, Default)]
struct Group {
    waiting: Mutex<VecDeque<Arc<str>>>,
    arrived: Notify,
}

impl MemoryQueue {
    /// An empty queue.
    pub fn new() -> Self {
        Self::default()
    }

    fn accept(&self, event: &RawEvent) -> Result<()> {
        let body: Arc<str> = event.to_json()?.into();
        let mut topics = lock(&self.0);
        let topic = topics.entry(event.topic().to_owned()).or_default();
        match topic.groups.is_empty() {
            true => topic.unclaimed.push_back(body),
            false => topic.groups.values().for_each(|group| group.push(Arc::clone(&body))),
        }
        Ok(())
    }
}

impl Publisher for MemoryQueue {
    fn publish<'a>(&'a self, events: &'a [RawEvent]) -> BoxFuture<'a, Vec<Result<(), PublishError>>> {
        let published = events.iter().map(|event| self.accept(event).map_err(PublishError::Rejected)).collect();
        Box::pin(std::future::ready(published))
    }

    fn capabilities(&self) -> QueueCapabilities {
        QueueCapabilities::none().keeps_unclaimed()
    }
}

impl Queue for MemoryQueue {
    fn subscribe<'a>(&'a self, topic: &'a str, group: &'a str) -> BoxFuture<'a, Result<Box<dyn Subscriber>>> {
        let mut topics = lock(&self.0);
        let topic = topics.entry(topic.to_owned()).or_default();
        let group = Arc::clone(topic.groups.entry(group.to_owned()).or_default());
        topic.unclaimed.drain(..).for_each(|body| group.push(body));
        let subscriber: Box<dyn Subscriber> = Box::new(MemorySubscriber(group));
        Box::pin(std::future::ready(Ok(subscriber)))
    }
}

impl Group {
    fn take(self: &Arc<Self>, limit: usize) -> Vec<Box<dyn Delivery>> {
        let mut waiting = lock(&self.waiting);
        let taken = waiting.len().min(limit);
        let deliveries = waiting.drain(..taken).map(|body| delivery(self, body)).collect();
        if !waiting.is_empty() {
            // Each notification wakes one subscriber, so wake the next one for the remaining events.
            self.arrived.notify_one();
        }
        deliveries
    }

    fn push(&self, body: Arc<str>) {
        lock(&self.waiting).push_back(body);
        self.arrived.notify_one();
    }

    /// Puts an event back at the front, for the next delivery.
    fn requeue(&self, body: Arc<str>) {
        lock(&self.waiting).push_front(body);
        self.arrived.notify_one();
    }
}

struct MemorySubscriber(Arc<Group>);

impl Subscriber for MemorySubscriber {
    fn receive(&mut self, limit: usize) -> BoxFuture<'_, Result<Vec<Box<dyn Delivery>>>> {
        Box::pin(async move {
            loop {
                let deliveries = self.0.take(limit.max(1));
                if !deliveries.is_empty() {
                    return Ok(deliveries);
                }
                self.0.arrived.notified().await;
            }
        })
    }
}

fn delivery(group: &Arc<Group>, body: Arc<str>) -> Box<dyn Delivery> {
    Box::new(MemoryDelivery { group: Arc::clone(group), body, done: false })
}

struct MemoryDelivery {
    group: Arc<Group>,
    body: Arc<str>,
    done: bool,
}

impl Delivery for MemoryDelivery {
    fn body(&self) -> &[u8] {
        self.body.as_bytes()
    }

    fn ack(mut self: Box<Self>) -> BoxFuture<'static, Result<()>> {
        self.done = true;
        Box::pin(std::future::ready(Ok(())))
    }

    fn nack(mut self: Box<Self>, pause: Duration) -> BoxFuture<'static, Result<()>> {
        if !pause.is_zero() {
            self.done = true;
            let (group, body) = (Arc::clone(&self.group), Arc::clone(&self.body));
            activerecord_core::spawn(async move {
                tokio::time::sleep(pause).await;
                group.requeue(body);
            });
        }
        Box::pin(std::future::ready(Ok(())))
    }

    fn extend(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn extend_every(&self) -> Option<Duration> {
        None
    }
}

impl Drop for MemoryDelivery {
    fn drop(&mut self) {
        if !self.done {
            self.group.requeue(Arc::clone(&self.body));
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
