//! O10. A broker is killed, or its answers are lost.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use activerecord::backend::BoxFuture;
use activerecord::prelude::*;
use activerecord::queue::{Event, NatsQueue, RabbitQueue, RedisQueue};
use activerecord::{Backoff, Message, PublishError, Publisher, Queue, QueueCapabilities, RawEvent};
use faults::flow::{EFFECTS, Effect};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::node::{ALONE, is_long};
use test_support::services::{services, url};
use test_support::{Database, Profile};
use test_support::{is_left_out, until};

/// Connects to a broker.
async fn open(name: &str) -> Result<Arc<dyn Queue>> {
    // Short, because tests wait until it expires. If a slow consumer loses it, the event is delivered again, and the
    // inbox ignores it.
    let lease = Duration::from_secs(2);
    Ok(match name {
        "nats" => Arc::new(NatsQueue::connect(url("NATS_URL")?).await?.lease(lease)),
        "rabbitmq" => Arc::new(RabbitQueue::connect(url("AMQP_URL")?).await?),
        _ => Arc::new(RedisQueue::connect(url("REDIS_URL")?).await?.lease(lease)),
    })
}

/// Returns the brokers of this run that are durable.
async fn brokers() -> Result<Vec<(&'static str, Arc<dyn Queue>)>> {
    let mut brokers = Vec::new();
    for name in ["nats", "rabbitmq", "redis"].into_iter().filter(|name| !is_left_out(name)) {
        let queue = open(name).await?;
        if queue.capabilities().durable {
            brokers.push((name, queue));
        }
    }
    Ok(brokers)
}

/// A running relay, and a running consumer.
struct Flow {
    from: Database,
    to: Database,
    topic: String,
    stop: watch::Sender<bool>,
    running: Vec<JoinHandle<Result<()>>>,
}

impl Flow {
    async fn start(publisher: impl Publisher, queue: Arc<dyn Queue>) -> Result<Self> {
        let (from, to) =
            (Database::on(Profile::least(), &[]).await?, Database::on(Profile::least(), &[EFFECTS]).await?);
        let topic = format!("o10-{}", Uuid::new_v4());
        let (stop, stopped) = watch::channel(false);
        let until_stopped = |mut stopped: watch::Receiver<bool>| async move {
            let _ = stopped.wait_for(|stop| *stop).await;
        };
        drop(queue.subscribe(&topic, &to).await?);
        let quick = Backoff::new(Duration::from_millis(10), Duration::from_millis(200));
        let relay = Relay::from(&*from).topic(&topic).to(publisher).batch(20).backoff(quick);
        let name = to.to_string();
        let consumer = Consumer::new(queue, &topic).on(&*to).backoff(quick).handle(async move |event: Event<i64>| {
            let mut effect = Effect { id: 0, task: *event.payload() };
            Effect::with_connection(&name, async || effect.insert().await).await
        });
        let running = vec![
            tokio::spawn(relay.run_until(until_stopped(stopped.clone()))),
            tokio::spawn(consumer.run_until(until_stopped(stopped))),
        ];
        Ok(Self { from, to, topic, stop, running })
    }

    async fn enqueue(&self, numbers: std::ops::Range<i64>) -> Result<()> {
        with_connection(&self.from, async || Outbox::enqueue_all(&self.topic, numbers).await).await
    }

    async fn is_relayed(&self) -> Result<bool> {
        Ok(Message::using(&self.from).count().await? == 0)
    }

    async fn effects(&self) -> Result<BTreeMap<i64, usize>> {
        let mut effects = BTreeMap::new();
        for task in Effect::using(&self.to).pluck(Effect::TASK).await? {
            *effects.entry(task).or_default() += 1;
        }
        Ok(effects)
    }

    async fn stop(self) -> Result<()> {
        self.stop.send_replace(true);
        for task in self.running {
            task.await.map_err(Error::custom)??;
        }
        Ok(())
    }
}

/// O10. A broker is killed while events are published, and restarted later. No event is lost, and each has one effect.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn o10_an_outage_of_a_broker_loses_no_event() -> Result<()> {
    let _alone = ALONE.lock().await;
    for (name, queue) in brokers().await? {
        let flow = Flow::start(Arc::clone(&queue), queue).await?;
        flow.enqueue(0..300).await?;
        until("some events have their effects", async || Ok(!flow.effects().await?.is_empty())).await?;
        services("kill", name)?;
        flow.enqueue(300..400).await?;
        if is_long() {
            tokio::time::sleep(Duration::from_secs(60)).await;
        }
        assert!(!flow.is_relayed().await?, "all events are relayed, although {name} is down");
        services("restart", name)?;
        until("all events are relayed", async || flow.is_relayed().await).await?;
        until("all events have their effects", async || Ok(flow.effects().await?.len() == 400)).await?;
        assert!(flow.effects().await?.values().all(|count| *count == 1), "{name}");
        flow.stop().await?;
    }
    Ok(())
}

/// A publisher that does not wait for the acknowledgement of the broker.
struct Hasty {
    name: &'static str,
    capabilities: QueueCapabilities,
    /// The number of batches that are being sent.
    sending: Arc<AtomicUsize>,
}

impl Publisher for Hasty {
    fn publish<'a>(&'a self, events: &'a [RawEvent]) -> BoxFuture<'a, Vec<Result<(), PublishError>>> {
        let (name, events, sending) = (self.name, events.to_vec(), Arc::clone(&self.sending));
        let results = events.iter().map(|_| Ok(())).collect();
        sending.fetch_add(1, Ordering::SeqCst);
        tokio::spawn(async move {
            if let Ok(queue) = open(name).await {
                let _ = queue.publish(&events).await;
            }
            sending.fetch_sub(1, Ordering::SeqCst);
        });
        Box::pin(std::future::ready(results))
    }

    fn capabilities(&self) -> QueueCapabilities {
        self.capabilities
    }
}

/// The broken variant of O10: events that count as published before the acknowledgement are lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn o10_a_publisher_that_does_not_wait_loses_events() -> Result<()> {
    let _alone = ALONE.lock().await;
    for (name, queue) in brokers().await? {
        let sending = Arc::new(AtomicUsize::new(0));
        let hasty = Hasty { name, capabilities: queue.capabilities(), sending: Arc::clone(&sending) };
        let flow = Flow::start(hasty, queue).await?;
        services("kill", name)?;
        flow.enqueue(0..300).await?;
        until("all events count as relayed", async || flow.is_relayed().await).await?;
        // On a slow machine, a batch could otherwise be sent to the restarted broker.
        until("every batch is lost", async || Ok(sending.load(Ordering::SeqCst) == 0)).await?;
        services("restart", name)?;
        // A broker that has just started may refuse an event, and this publisher loses it.
        for _ in 0..30 {
            flow.enqueue(300..301).await?;
            let arrives = until("the last event has its effect", async || Ok(flow.effects().await?.contains_key(&300)));
            if let Ok(arrived) = tokio::time::timeout(Duration::from_secs(10), arrives).await {
                arrived?;
                break;
            }
        }
        let effects = flow.effects().await?;
        assert!(effects.contains_key(&300) && effects.len() < 301, "{name} has lost no event");
        flow.stop().await?;
    }
    Ok(())
}

/// A publisher that loses every second answer.
struct Deaf {
    queue: Arc<dyn Queue>,
    is_deaf: AtomicBool,
}

impl Publisher for Deaf {
    fn publish<'a>(&'a self, events: &'a [RawEvent]) -> BoxFuture<'a, Vec<Result<(), PublishError>>> {
        Box::pin(async move {
            let results = self.queue.publish(events).await;
            if self.is_deaf.fetch_xor(true, Ordering::Relaxed) {
                return PublishError::OutcomeUnknown(Error::invalid("the answer is lost")).for_all(events.len());
            }
            results
        })
    }

    fn capabilities(&self) -> QueueCapabilities {
        self.queue.capabilities()
    }
}

/// O10. Answers are lost. An event that is published again has one effect.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn o10_a_lost_answer_repeats_no_effect() -> Result<()> {
    let _alone = ALONE.lock().await;
    for (name, queue) in brokers().await? {
        let deaf = Deaf { queue: Arc::clone(&queue), is_deaf: AtomicBool::new(true) };
        let flow = Flow::start(deaf, queue).await?;
        flow.enqueue(0..200).await?;
        until("all events are relayed", async || flow.is_relayed().await).await?;
        flow.enqueue(200..201).await?;
        until("all events have their effects", async || Ok(flow.effects().await?.len() == 201)).await?;
        assert!(flow.effects().await?.values().all(|count| *count == 1), "{name}");
        flow.stop().await?;
    }
    Ok(())
}
