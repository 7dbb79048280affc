//! The main loop of a consumer: it receives events, and runs one task per key.

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use activerecord_core::{Error, ErrorKind, Result};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{self, UnboundedSender};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::delivered::{Delivered, dead_letter_topic};
use super::{Call, Settings};
use crate::backoff::Backoff;
use crate::failpoint;
use crate::queue::{Queue, Subscriber};

/// The consumer group of the dead letters.
const DEAD_LETTERS: &str = "dead_letters";

/// How often the waiting events are checked for a due extension.
const EXTENSION_CHECK: Duration = Duration::from_millis(200);

/// A consumer whose settings are checked.
pub(super) struct Ready {
    pub(super) queue: Arc<dyn Queue>,
    pub(super) topic: String,
    pub(super) group: String,
    pub(super) call: Arc<Call>,
    pub(super) settings: Settings,
}

impl Ready {
    pub(super) fn count(&self, outcome: &'static str) {
        let labels = [("topic", self.topic.clone()), ("group", self.group.clone()), ("outcome", outcome.to_owned())];
        metrics::counter!("activerecord_events_total", &labels).increment(1);
    }

    /// Creates the group of the dead letters first: some queues do not accept an event without a group.
    async fn subscribe(&self) -> Result<Box<dyn Subscriber>> {
        self.queue.subscribe(&dead_letter_topic(&self.topic), DEAD_LETTERS).await?;
        self.queue.subscribe(&self.topic, &self.group).await
    }
}

/// Receives events until `shutdown` completes, then waits for the running handlers.
pub(super) async fn run(ready: Ready, shutdown: impl Future<Output = ()>) {
    let mut run = Run::new(ready);
    let mut shutdown = pin!(shutdown);
    let pauses = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
    let mut outages = 0;
    loop {
        let error = tokio::select! {
            biased;
            () = &mut shutdown => break,
            error = run.receive_and_handle(&mut outages) => error,
        };
        outages += 1;
        tracing::warn!(target: "activerecord", topic = run.ready.topic, group = run.ready.group, %error, "a consumer cannot access its queue and retries");
        let pause = Instant::now() + pauses.pause(outages);
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            () = run.handle_until(pause) => {}
        }
    }
    run.shut_down().await;
}

/// Receives events within the prefetch limit until the queue fails. The loop keeps this future while it handles events:
/// the events of a dropped `receive` call are delivered again only after their timeout.
async fn receive(
    mut subscriber: Box<dyn Subscriber>,
    room: Arc<Semaphore>,
    sender: UnboundedSender<Delivered>,
) -> Error {
    loop {
        let first = match Arc::clone(&room).acquire_owned().await {
            Ok(first) => first,
            Err(error) => return Error::custom(error),
        };
        let limit = room.available_permits() + 1;
        drop(first);
        let deliveries = match subscriber.receive(limit).await {
            Ok(deliveries) => deliveries,
            Err(error) => return error,
        };
        for delivery in deliveries {
            // Only this function acquires permits, so there is one for each delivery.
            let permit = Arc::clone(&room).try_acquire_owned().ok();
            if sender.send(Delivered::new(delivery, permit)).is_err() {
                return Error::new(ErrorKind::Custom, "the consumer has stopped");
            }
        }
    }
}

/// A running consumer.
struct Run {
    ready: Arc<Ready>,
    /// The free handler calls.
    calls: Arc<Semaphore>,
    /// The free part of the prefetch limit.
    room: Arc<Semaphore>,
    /// One task per key, and per event without a key. Each returns its key.
    running: JoinSet<Option<String>>,
    /// By key: the events that wait for the running event of their key.
    waiting: HashMap<String, VecDeque<Delivered>>,
    next_check: Instant,
}

impl Run {
    fn new(ready: Ready) -> Self {
        let calls = Arc::new(Semaphore::new(ready.settings.concurrency));
        let room = Arc::new(Semaphore::new(ready.settings.prefetch));
        let ready = Arc::new(ready);
        Self {
            ready,
            calls,
            room,
            running: JoinSet::new(),
            waiting: HashMap::new(),
            next_check: Instant::now() + EXTENSION_CHECK,
        }
    }

    /// Receives and handles events until the queue fails.
    async fn receive_and_handle(&mut self, outages: &mut u32) -> Error {
        let subscriber = match self.ready.subscribe().await {
            Ok(subscriber) => subscriber,
            Err(error) => return error,
        };
        let (sender, mut received) = mpsc::unbounded_channel();
        let mut receiving = pin!(receive(subscriber, Arc::clone(&self.room), sender));
        let error = loop {
            tokio::select! {
                biased;
                Some(ended) = self.running.join_next(), if !self.running.is_empty() => self.start_next(ended.ok().flatten()),
                () = sleep_until(self.next_check) => self.extend_waiting().await,
                Some(delivered) = received.recv() => {
                    *outages = 0;
                    self.accept(delivered);
                }
                error = &mut receiving => break error,
            }
        };
        while let Ok(delivered) = received.try_recv() {
            self.accept(delivered);
        }
        error
    }

    /// Starts the event, or queues it behind the running event of its key.
    fn accept(&mut self, delivered: Delivered) {
        match delivered.key().and_then(|key| self.waiting.get_mut(key)) {
            Some(behind) => behind.push_back(delivered),
            None => self.start(delivered),
        }
    }

    fn start(&mut self, delivered: Delivered) {
        let key = delivered.key().map(str::to_owned);
        if let Some(key) = &key {
            self.waiting.entry(key.clone()).or_default();
        }
        let (ready, calls) = (Arc::clone(&self.ready), Arc::clone(&self.calls));
        self.running.spawn(async move {
            let handled = match failpoint::reach("consumer.received") {
                Ok(()) => delivered.handle(&ready, &calls).await,
                Err(error) => Err(error),
            };
            if let Err(error) = handled {
                tracing::warn!(target: "activerecord", topic = ready.topic, group = ready.group, %error, "an event was not acknowledged and is delivered again");
                ready.count("lost");
            }
            key
        });
    }

    /// Starts the next event of a key.
    fn start_next(&mut self, key: Option<String>) {
        let Some(key) = key else { return };
        match self.waiting.get_mut(&key).and_then(VecDeque::pop_front) {
            Some(next) => self.start(next),
            None => drop(self.waiting.remove(&key)),
        }
    }

    /// Extends the deliveries of the waiting events.
    async fn extend_waiting(&mut self) {
        for delivered in self.waiting.values_mut().flatten() {
            if let Err(error) = delivered.extend_if_due().await {
                tracing::warn!(target: "activerecord", topic = self.ready.topic, group = self.ready.group, %error, "the delivery of a waiting event could not be extended");
            }
        }
        self.next_check = Instant::now() + EXTENSION_CHECK;
    }

    /// Handles the events received so far, until this time.
    async fn handle_until(&mut self, end: Instant) {
        self.drain(end).await;
        sleep_until(end).await;
    }

    /// Handles the events received so far, until there are none or until this time.
    async fn drain(&mut self, end: Instant) {
        while !self.running.is_empty() {
            tokio::select! {
                biased;
                Some(ended) = self.running.join_next() => self.start_next(ended.ok().flatten()),
                () = sleep_until(self.next_check) => self.extend_waiting().await,
                () = sleep_until(end) => return,
            }
        }
    }

    /// Rejects the waiting events, and waits for the running ones, for the drain time at most.
    async fn shut_down(mut self) {
        for delivered in self.waiting.drain().flat_map(|(_, waiting)| waiting) {
            delivered.reject().await;
        }
        self.drain(Instant::now() + self.ready.settings.drain).await;
    }
}
