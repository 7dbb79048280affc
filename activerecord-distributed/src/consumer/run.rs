//! The main loop of a consumer: it receives events, and runs one task per key.

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use activerecord_core::{Error, ErrorKind, Result};
use futures_util::future::join_all;
use tokio::sync::mpsc::{self, UnboundedSender};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

use super::delivered::{Delivered, Ended};
use super::known::{Arrival, Known};
use super::letter::dead_letter_topic;
use super::suspects::Suspects;
use super::{Call, Settings};
use crate::backoff::Backoff;
use crate::failpoint;
use crate::lease;
use crate::queue::{Queue, Subscriber, answered};

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

    /// Reports a delivery that is not acknowledged.
    fn lost(&self, error: &Error) {
        tracing::warn!(target: "activerecord", topic = self.topic, group = self.group, %error, "an event was not acknowledged and is delivered again");
        self.count("lost");
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
    ready: Arc<Ready>,
    room: Arc<Semaphore>,
    sender: UnboundedSender<Delivered>,
) -> Error {
    let mut suspects = Suspects::new(&ready);
    loop {
        suspects.returned().await;
        let first = match Arc::clone(&room).acquire_owned().await {
            Ok(first) => first,
            Err(error) => return Error::custom(error),
        };
        let limit = suspects.limit(room.available_permits() + 1);
        drop(first);
        let deliveries = match subscriber.receive(limit).await {
            Ok(deliveries) => deliveries,
            Err(error) => return error,
        };
        suspects.are_expected = false;
        for delivery in deliveries {
            // Only this function acquires permits, so there is one for each delivery.
            let permit = Arc::clone(&room).try_acquire_owned().ok();
            let suspicion = suspects.check(&*delivery);
            if sender.send(Delivered::new(delivery, permit, suspicion)).is_err() {
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
    /// One task per key, and per event without a key.
    running: JoinSet<Ended>,
    /// Tells the tasks to return their events.
    stop: watch::Sender<bool>,
    /// By key: the events that wait for the running event of their key.
    waiting: HashMap<String, VecDeque<Delivered>>,
    known: Known,
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
            stop: watch::channel(false).0,
            waiting: HashMap::new(),
            known: Known::default(),
            next_check: Instant::now() + EXTENSION_CHECK,
        }
    }

    /// Receives and handles events until the queue fails.
    async fn receive_and_handle(&mut self, outages: &mut u32) -> Error {
        let subscriber = match answered(self.ready.subscribe()).await {
            Ok(subscriber) => subscriber,
            Err(error) => return error,
        };
        let (sender, mut received) = mpsc::unbounded_channel();
        let mut receiving = pin!(receive(subscriber, Arc::clone(&self.ready), Arc::clone(&self.room), sender));
        let error = loop {
            tokio::select! {
                biased;
                Some(ended) = self.running.join_next(), if !self.running.is_empty() => self.ended(ended.unwrap_or_default()),
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
        let delivered = match self.known.add(delivered) {
            Arrival::New(delivered) => delivered,
            Arrival::Known => return,
            Arrival::Handled(delivered) => return self.acknowledge(delivered),
        };
        match delivered.key().and_then(|key| self.waiting.get_mut(key)) {
            Some(behind) => behind.push_back(delivered),
            None => self.start(delivered),
        }
    }

    fn start(&mut self, delivered: Delivered) {
        let (key, id) = (delivered.key().map(str::to_owned), delivered.id().map(str::to_owned));
        if let Some(key) = &key {
            self.waiting.entry(key.clone()).or_default();
        }
        let (ready, calls, stop) = (Arc::clone(&self.ready), Arc::clone(&self.calls), self.stop.subscribe());
        self.running.spawn(async move {
            let (is_handled, is_acknowledged) = handled(delivered, &ready, &calls, stop).await;
            Ended { key, id, is_handled, is_acknowledged }
        });
    }

    /// Acknowledges a further delivery of an event that this process has handled.
    fn acknowledge(&mut self, delivered: Delivered) {
        let (ready, id) = (Arc::clone(&self.ready), delivered.id().map(str::to_owned));
        self.running.spawn(async move {
            let acknowledged = delivered.acknowledge().await;
            if let Err(error) = &acknowledged {
                ready.lost(error);
            }
            Ended { key: None, id, is_handled: true, is_acknowledged: acknowledged.is_ok() }
        });
    }

    /// Starts the next event of the key. An event that was not handled is handled by its next delivery, before the later
    /// events of its key.
    fn ended(&mut self, ended: Ended) {
        let deliveries = self.known.remove(&ended);
        if ended.is_handled {
            deliveries.into_iter().for_each(|delivered| self.acknowledge(delivered));
        } else if let Some(again) = self.known.keep_one(deliveries) {
            return self.start(again);
        }
        let Some(key) = ended.key else { return };
        match self.waiting.get_mut(&key).and_then(VecDeque::pop_front) {
            Some(next) => self.start(next),
            None => drop(self.waiting.remove(&key)),
        }
    }

    /// Extends the deliveries of the waiting events.
    async fn extend_waiting(&mut self) {
        let waiting = self.waiting.values_mut().flatten().chain(self.known.waiting());
        for extended in join_all(waiting.map(Delivered::extend_if_due)).await {
            if let Err(error) = extended {
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
                Some(ended) = self.running.join_next() => self.ended(ended.unwrap_or_default()),
                () = sleep_until(self.next_check) => self.extend_waiting().await,
                () = sleep_until(end) => return,
            }
        }
    }

    /// Returns the waiting events to the queue, and waits for the running ones, for the drain time at most. Then returns
    /// these too.
    async fn shut_down(mut self) {
        let waiting = self.waiting.drain().flat_map(|(_, waiting)| waiting);
        join_all(waiting.map(Delivered::release)).await;
        self.drain(Instant::now() + self.ready.settings.drain).await;
        self.stop.send_replace(true);
        let stopping = async { while self.running.join_next().await.is_some() {} };
        // What still runs then is dropped with this: its events are delivered again.
        let _ = timeout(lease::STOP, stopping).await;
        join_all(self.known.into_waiting().map(Delivered::release)).await;
    }
}

/// Handles and acknowledges an event, or returns it to the queue when the consumer stops. Returns whether it is handled, and
/// whether it is acknowledged.
async fn handled(
    mut delivered: Delivered,
    ready: &Ready,
    calls: &Semaphore,
    mut stop: watch::Receiver<bool>,
) -> (bool, bool) {
    let handling = async {
        failpoint::reach("consumer.received")?;
        delivered.handle(ready, calls).await
    };
    let stopped = async { drop(stop.wait_for(|stop| *stop).await) };
    let handled = tokio::select! {
        biased;
        handled = handling => Some(handled),
        () = stopped => None,
    };
    let outcome = match handled {
        Some(Ok(outcome)) => outcome,
        Some(Err(error)) => {
            ready.lost(&error);
            return (false, false);
        }
        None => {
            delivered.release().await;
            return (false, false);
        }
    };
    let acknowledged = delivered.acknowledge().await;
    match &acknowledged {
        Ok(()) => ready.count(outcome),
        Err(error) => ready.lost(error),
    }
    (true, acknowledged.is_ok())
}
