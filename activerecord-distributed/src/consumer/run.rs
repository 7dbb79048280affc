//! The life of a consumer: one loop, which alone receives, and a task for each key in hand.

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use activerecord_core::Result;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::delivered::{Delivered, dead};
use super::{Call, Settings};
use crate::backoff::Backoff;
use crate::failpoint;
use crate::queue::{Delivery, Queue, Subscriber};

/// Who gets the dead letters.
const DEAD_LETTERS: &str = "dead_letters";

/// How often to look which of the events that wait are to be kept.
const LOOK: Duration = Duration::from_millis(200);

/// A consumer whose settings are complete.
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

    /// The dead letters have a group from the start: so none is refused because nobody has subscribed to them.
    async fn subscribe(&self) -> Result<Box<dyn Subscriber>> {
        self.queue.subscribe(&dead(&self.topic), DEAD_LETTERS).await?;
        self.queue.subscribe(&self.topic, &self.group).await
    }
}

/// Receives until `shutdown` is done, then lets the handlers finish.
pub(super) async fn run(ready: Ready, shutdown: impl Future<Output = ()>) {
    let mut hand = Hand::new(ready);
    let mut shutdown = pin!(shutdown);
    let pauses = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
    let mut outages = 0;
    loop {
        let error = tokio::select! {
            biased;
            () = &mut shutdown => break,
            error = hand.work(&mut outages) => error,
        };
        outages += 1;
        tracing::warn!(target: "activerecord", topic = hand.ready.topic, group = hand.ready.group, %error, "a consumer waits for its queue");
        let pause = Instant::now() + pauses.pause(outages);
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            () = hand.wait(pause) => {}
        }
    }
    hand.leave().await;
}

/// What a consumer has in hand.
struct Hand {
    ready: Arc<Ready>,
    calls: Arc<Semaphore>,
    /// One for each key, and for each event without one. Each tells its key at its end.
    running: JoinSet<Option<String>>,
    /// The events that wait for an earlier one of their key, which is running.
    waiting: HashMap<String, VecDeque<Delivered>>,
    next_look: Instant,
}

impl Hand {
    fn new(ready: Ready) -> Self {
        let calls = Arc::new(Semaphore::new(ready.settings.concurrency));
        let ready = Arc::new(ready);
        Self { ready, calls, running: JoinSet::new(), waiting: HashMap::new(), next_look: Instant::now() + LOOK }
    }

    /// Receives and hands over, until the queue fails.
    async fn work(&mut self, outages: &mut u32) -> activerecord_core::Error {
        let mut subscriber = match self.ready.subscribe().await {
            Ok(subscriber) => subscriber,
            Err(error) => return error,
        };
        loop {
            let room = self.ready.settings.prefetch.saturating_sub(self.in_hand());
            tokio::select! {
                biased;
                Some(ended) = self.running.join_next(), if !self.running.is_empty() => self.ended(ended.ok().flatten()),
                () = sleep_until(self.next_look) => self.look().await,
                received = subscriber.receive(room), if room > 0 => match received {
                    Ok(deliveries) => {
                        *outages = 0;
                        deliveries.into_iter().for_each(|delivery| self.take(delivery));
                    }
                    Err(error) => return error,
                },
            }
        }
    }

    fn in_hand(&self) -> usize {
        self.running.len() + self.waiting.values().map(VecDeque::len).sum::<usize>()
    }

    fn take(&mut self, delivery: Box<dyn Delivery>) {
        let delivered = Delivered::new(delivery);
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
                tracing::warn!(target: "activerecord", topic = ready.topic, group = ready.group, %error, "an event is delivered again");
                ready.count("lost");
            }
            key
        });
    }

    /// The next event of the key.
    fn ended(&mut self, key: Option<String>) {
        let Some(key) = key else { return };
        match self.waiting.get_mut(&key).and_then(VecDeque::pop_front) {
            Some(next) => self.start(next),
            None => drop(self.waiting.remove(&key)),
        }
    }

    /// Keeps what waits.
    async fn look(&mut self) {
        for delivered in self.waiting.values_mut().flatten() {
            if let Err(error) = delivered.extend().await {
                tracing::warn!(target: "activerecord", topic = self.ready.topic, group = self.ready.group, %error, "an event that waits could not be kept");
            }
        }
        self.next_look = Instant::now() + LOOK;
    }

    async fn wait(&mut self, end: Instant) {
        self.finish(end).await;
        sleep_until(end).await;
    }

    /// Lets what is in hand go on, until then.
    async fn finish(&mut self, end: Instant) {
        while !self.running.is_empty() {
            tokio::select! {
                biased;
                Some(ended) = self.running.join_next() => self.ended(ended.ok().flatten()),
                () = sleep_until(self.next_look) => self.look().await,
                () = sleep_until(end) => return,
            }
        }
    }

    /// Gives back what waits, and lets the calls finish.
    async fn leave(mut self) {
        for delivered in self.waiting.drain().flat_map(|(_, waiting)| waiting) {
            delivered.give_back().await;
        }
        self.finish(Instant::now() + self.ready.settings.drain).await;
    }
}
