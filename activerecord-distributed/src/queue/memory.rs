//! The queue of one process.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use activerecord_core::Result;
use activerecord_core::backend::BoxFuture;
use tokio::sync::Notify;

use super::{Delivery, PublishError, Publisher, Queue, QueueCapabilities, RawEvent, Subscriber};

/// A queue in the memory of this process, for tests and for programs of one process. Clones share their events. What is in
/// it ends with the process; nothing bounds how much that is.
#[derive(Clone, Debug, Default)]
pub struct MemoryQueue(Arc<Mutex<HashMap<String, Topic>>>);

#[derive(Debug, Default)]
struct Topic {
    groups: HashMap<String, Arc<Group>>,
    /// What was published before there was a group: the first one gets it.
    unclaimed: VecDeque<Arc<str>>,
}

/// What waits for the consumers of a group.
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
            false => topic.groups.values().for_each(|group| group.give(Arc::clone(&body))),
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
        topic.unclaimed.drain(..).for_each(|body| group.give(body));
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
            // For the others of the group: one call wakes one of them.
            self.arrived.notify_one();
        }
        deliveries
    }

    fn give(&self, body: Arc<str>) {
        lock(&self.waiting).push_back(body);
        self.arrived.notify_one();
    }

    /// To be delivered again, before what has not been delivered.
    fn give_back(&self, body: Arc<str>) {
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
                group.give_back(body);
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
            self.group.give_back(Arc::clone(&self.body));
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
