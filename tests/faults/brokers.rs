//! Brokers behind a bad network, and one without memory.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use activerecord::prelude::*;
use activerecord::queue::{Event, NatsQueue, RabbitQueue, RedisQueue};
use activerecord::{Delivery, PublishError, Publisher as _, Queue, RawEvent, Subscriber};
use tokio::sync::{Notify, Semaphore, oneshot};
use tokio::time::timeout;

use crate::server::ALONE;
use test_support::services::{rabbitmqctl, url};
use test_support::{Proxy, fails_without, is_left_out, until};

/// Only what waits without a limit takes so long.
const HANG: Duration = Duration::from_secs(300);

/// How long to wait for an event that must not arrive.
const QUIET: Duration = Duration::from_secs(2);

fn event(topic: &str, number: usize) -> Result<RawEvent> {
    RawEvent::new(format!("{topic}-{number}"), topic, &number)
}

async fn publish(queue: &dyn Queue, events: &[RawEvent]) -> Result<()> {
    for result in queue.publish(events).await {
        result.map_err(PublishError::into_error)?;
    }
    Ok(())
}

async fn one(subscriber: &mut dyn Subscriber) -> Result<Box<dyn Delivery>> {
    loop {
        if let Some(delivery) = subscriber.receive(1).await?.pop() {
            return Ok(delivery);
        }
    }
}

/// The connection of a consumer is lost while its handler runs. The event is delivered again to the same process, which
/// does not begin it again, and acknowledges it when the handler has ended.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_runs_is_not_begun_again() -> Result<()> {
    if is_left_out("rabbitmq") {
        return Ok(());
    }
    let _alone = ALONE.lock().await;
    let (topic, proxy) = (format!("again-{}", Uuid::new_v4()), Proxy::new(&url("AMQP_URL")?)?);
    let direct = RabbitQueue::connect(url("AMQP_URL")?).await?;
    drop(direct.subscribe(&topic, "default").await?);
    publish(&direct, &[event(&topic, 0)?]).await?;
    let (calls, gate, started) = (Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(0)), Arc::new(Notify::new()));
    let (count, opened, start) = (Arc::clone(&calls), Arc::clone(&gate), Arc::clone(&started));
    let consumer =
        Consumer::new(RabbitQueue::connect(proxy.url()).await?, &topic).handle(async move |event: Event<usize>| {
            start.notify_one();
            if *event.payload() == 0 {
                count.fetch_add(1, Ordering::SeqCst);
                drop(opened.acquire().await);
            }
            Ok(())
        });
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(consumer.run_until(async {
        let _ = stopped.await;
    }));
    started.notified().await;
    proxy.cut();
    // It is behind the event that is delivered again.
    publish(&direct, &[event(&topic, 1)?]).await?;
    started.notified().await;
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    gate.add_permits(1);
    // The server can deliver the first event again after the second one: it counts both until they are acknowledged.
    let empty = format!("ar.{topic}>default\t0");
    until("both events are acknowledged", async || {
        Ok(rabbitmqctl(&["list_queues", "--quiet", "name", "messages"])?.lines().any(|line| line == empty))
    })
    .await?;
    drop(stop);
    running.await.map_err(Error::custom)??;
    let mut subscriber = direct.subscribe(&topic, "default").await?;
    assert!(timeout(QUIET, one(&mut *subscriber)).await.is_err(), "an event was not acknowledged");
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    Ok(())
}

/// The control of the test before.
#[tokio::test]
async fn without_the_known_ids_a_running_event_is_begun_again() -> Result<()> {
    if is_left_out("rabbitmq") {
        return Ok(());
    }
    let _alone = ALONE.lock().await;
    fails_without("consumer.known", "brokers::an_event_that_runs_is_not_begun_again").map_err(Error::custom)
}

/// Ends the alarm also when the test fails.
struct Alarm;

impl Alarm {
    fn begin() -> Result<Self> {
        rabbitmqctl(&["set_vm_memory_high_watermark", "0.0000001"]).map(|_| Self)
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        if let Err(error) = rabbitmqctl(&["set_vm_memory_high_watermark", "0.4"]) {
            eprintln!("the alarm of RabbitMQ has not ended: {error}");
        }
    }
}

/// During an alarm of the server, each call waits with a limit. All use one connection, and no event is sent twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_memory_alarm_causes_no_connections_and_no_copies() -> Result<()> {
    if is_left_out("rabbitmq") {
        return Ok(());
    }
    let _alone = ALONE.lock().await;
    let (topic, proxy) = (format!("alarm-{}", Uuid::new_v4()), Proxy::new(&url("AMQP_URL")?)?);
    let (direct, queue) = (RabbitQueue::connect(url("AMQP_URL")?).await?, RabbitQueue::connect(proxy.url()).await?);
    let mut subscriber = direct.subscribe(&topic, "default").await?;
    let events = (0..10).map(|number| event(&topic, number)).collect::<Result<Vec<_>>>()?;
    publish(&queue, &[event(&topic, 10)?]).await?;
    let alarm = Alarm::begin()?;
    for batch in [&events[..5], &events, &events[5..]] {
        let results = timeout(HANG, queue.publish(batch)).await.map_err(Error::custom)?;
        assert!(results.iter().all(Result::is_err) && results.len() == batch.len(), "{results:?}");
        assert!(!results.iter().any(|result| matches!(result, Err(PublishError::Rejected(_)))), "{results:?}");
        assert_eq!(proxy.connections(), 1);
    }
    drop(alarm);
    until("all events are published", async || Ok(queue.publish(&events).await.iter().all(Result::is_ok))).await?;
    assert_eq!(proxy.connections(), 1);
    let mut received = BTreeMap::<String, usize>::new();
    while let Ok(delivery) = timeout(QUIET, one(&mut *subscriber)).await {
        let delivery = delivery?;
        *received.entry(RawEvent::from_json(delivery.body())?.id().to_owned()).or_default() += 1;
        delivery.ack().await?;
    }
    assert!(received.len() == 11 && received.values().all(|copies| *copies == 1), "{received:?}");
    Ok(())
}

/// The number of open connections of clients to the proxy. The proxy itself does not see their end during a black hole.
fn connections(proxy: &Proxy) -> Result<usize> {
    let sockets = std::fs::read_to_string("/proc/self/net/tcp").map_err(Error::custom)?;
    let to_proxy = format!(":{:04X}", proxy.address().port());
    let is_open = |socket: &&str| {
        let mut fields = socket.split_whitespace().skip(2);
        fields.next().is_some_and(|remote| remote.ends_with(&to_proxy)) && fields.next() == Some("01")
    };
    Ok(sockets.lines().filter(is_open).count())
}

async fn open(name: &str, url: &str) -> Result<Arc<dyn Queue>> {
    Ok(match name {
        "nats" => Arc::new(NatsQueue::connect(url).await?),
        "rabbitmq" => Arc::new(RabbitQueue::connect(url).await?),
        _ => Arc::new(RedisQueue::connect(url).await?),
    })
}

/// A broker that does not answer: every call ends with an error within its limit, a new connection too. Waiting causes no
/// further connections. When the network is back, the queue works.
async fn a_silent_broker_costs_each_call_one_limit(name: &str, variable: &str) -> Result<()> {
    if is_left_out(name) {
        return Ok(());
    }
    let (topic, proxy) = (format!("silent-{}", Uuid::new_v4()), Proxy::new(&url(variable)?)?);
    let queue = open(name, proxy.url()).await?;
    let mut subscriber = queue.subscribe(&topic, "default").await?;
    let events = (0..50).map(|number| event(&topic, number)).collect::<Result<Vec<_>>>()?;
    publish(&*queue, &events[..3]).await?;
    let (first, second) = (one(&mut *subscriber).await?, one(&mut *subscriber).await?);
    let before = connections(&proxy)?;
    proxy.black_hole();
    timeout(HANG, async {
        let results = queue.publish(&events).await;
        assert!(results.len() == 50 && results.iter().all(Result::is_err), "{results:?}");
        assert!(queue.subscribe(&topic, "default").await.is_err());
        assert!(open(name, proxy.url()).await.is_err());
        // What is in the buffer of the system can be Ok.
        let _ = first.extend().await;
        let _ = first.ack().await;
        let _ = second.nack(Duration::ZERO).await;
        for _ in 0..4 {
            let _ = queue.publish(&events[..1]).await;
        }
    })
    .await
    .map_err(|_| Error::invalid("a call has no limit"))?;
    // Each of the two queues may open one.
    let during = connections(&proxy)?;
    assert!(during <= before + 2, "{before} connections, later {during}");
    proxy.pass();
    until("the queue works again", async || Ok(publish(&*queue, &events[3..4]).await.is_ok())).await?;
    let wanted = format!("{topic}-3");
    let receive = async {
        loop {
            // The first calls can still find the old connection.
            let Ok(delivery) = one(&mut *subscriber).await else { continue };
            let is_wanted = RawEvent::from_json(delivery.body())?.id() == wanted;
            let _ = delivery.ack().await;
            if is_wanted {
                return Ok(());
            }
        }
    };
    timeout(HANG, receive).await.map_err(Error::custom)?
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_nats_costs_each_call_one_limit() -> Result<()> {
    a_silent_broker_costs_each_call_one_limit("nats", "NATS_URL").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_rabbitmq_costs_each_call_one_limit() -> Result<()> {
    let _alone = ALONE.lock().await;
    a_silent_broker_costs_each_call_one_limit("rabbitmq", "AMQP_URL").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_redis_costs_each_call_one_limit() -> Result<()> {
    a_silent_broker_costs_each_call_one_limit("redis", "REDIS_URL").await
}
