//! Cases of every queue: events that are too large, kill their process, wait for long, or belong to a dead consumer.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use activerecord::outbox::permanent;
use activerecord::prelude::*;
use activerecord::queue::{Event, MemoryQueue};
use activerecord::{Backoff, PublishError, Publisher, Queue, RawEvent, Subscriber};
use futures_util::future::try_join_all;
use tokio::sync::{Notify, Semaphore, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::queues::cases::{QUIET, event, id, is_acknowledged, one, publish};
use crate::queues::places::Place;
use test_support::{fails_without, until};

/// A consumer that a test stops or kills.
struct Running {
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<()>>,
}

impl Running {
    fn start(consumer: Consumer) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(consumer.run_until(async {
            let _ = stopped.await;
        }));
        Self { stop, task }
    }

    async fn stop(self) -> Result<()> {
        drop(self.stop);
        self.task.await.map_err(Error::custom)?
    }

    /// Ends it as the death of its process does: nothing is returned to the queue.
    async fn kill(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn quick() -> Backoff {
    Backoff::new(Duration::ZERO, Duration::ZERO)
}

/// Receives and acknowledges events until there is one with this id.
async fn until_received(subscriber: &mut dyn Subscriber, wanted: &str) -> Result<RawEvent> {
    loop {
        let delivery = one(subscriber).await?;
        let event = RawEvent::from_json(delivery.body())?;
        is_acknowledged(delivery).await?;
        if event.id() == wanted {
            return Ok(event);
        }
    }
}

/// An event that the queue never accepts is rejected. The events beside it are published.
pub(crate) async fn an_event_that_is_too_large_is_rejected_alone(place: &Place) -> Result<()> {
    let topic = place.topic("airports");
    let mut subscriber = place.queue.subscribe(&topic, "analytics").await?;
    let large = RawEvent::new(format!("{topic}-large"), &topic, &"x".repeat(place.limit.unwrap_or(1_000_000) + 1))?;
    let mut events = (0..4).map(|number| event(&topic, number)).collect::<Result<Vec<_>>>()?;
    events.insert(2, large);
    for (published, event) in place.queue.publish(&events).await.into_iter().zip(&events) {
        match published {
            Err(PublishError::Rejected(_)) if place.limit.is_some() && event.id().ends_with("-large") => {}
            published => published.map_err(PublishError::into_error)?,
        }
    }
    for number in 0..4 {
        until_received(&mut *subscriber, &format!("{topic}-{number}")).await?;
    }
    Ok(())
}

/// The dead letter of an event that is almost too large has a part of its payload.
pub(crate) async fn a_dead_letter_that_is_too_large_is_shortened(place: &Place) -> Result<()> {
    let topic = place.topic("airports");
    let mut letters = place.queue.subscribe(&format!("{topic}.dead"), "dead_letters").await?;
    drop(place.queue.subscribe(&topic, "analytics").await?);
    // The dead letter has a longer topic and the error.
    let payload = "x".repeat(place.limit.unwrap_or(1_000_000) - 3_000);
    publish(place, &[RawEvent::new(format!("{topic}-0"), &topic, &payload)?]).await?;
    let consumer = Consumer::new(Arc::clone(&place.queue), &topic)
        .group("analytics")
        .handle(async |_: Event<String>| Err(permanent(format!("no \0 {}", "such airport ".repeat(500)))));
    let running = Running::start(consumer);
    let letter = until_received(&mut *letters, &format!("{topic}-0>analytics")).await?;
    running.stop().await?;
    assert!(letter.headers()["error"].starts_with("no \u{fffd} such airport"), "{:?}", letter.headers());
    assert_eq!(letter.headers().contains_key("shortened"), place.limit.is_some());
    let start = letter.typed::<String>()?.into_payload();
    assert!(start.contains("xxx") && payload.contains(start.trim_matches('"')));
    Ok(())
}

/// The number of a delivery is in the queue.
pub(crate) async fn deliveries_are_counted(place: &Place) -> Result<()> {
    let topic = place.topic("airports");
    let mut subscriber = place.impatient.subscribe(&topic, "analytics").await?;
    publish(place, &[event(&topic, 0)?]).await?;
    let mut last = None;
    for number in 1..=3 {
        let delivery = one(&mut *subscriber).await?;
        assert_eq!(delivery.attempt().is_some(), place.counts);
        assert!(delivery.attempt().is_none_or(|attempt| attempt >= number), "{:?}", delivery.attempt());
        assert!(last.is_none() || delivery.attempt() > last, "{:?}", delivery.attempt());
        last = delivery.attempt();
        drop(delivery);
    }
    let delivery = one(&mut *subscriber).await?;
    let returned = delivery.attempt();
    delivery.release().await?;
    let delivery = one(&mut *subscriber).await?;
    assert!(delivery.attempt() >= returned && (place.counts || delivery.attempt().is_none()));
    Ok(())
}

/// An event that ends its process is a dead letter when its deliveries are used up, where the queue counts them. Elsewhere
/// it is delivered again and again.
pub(crate) async fn an_event_that_kills_its_process_is_a_dead_letter(place: &Place) -> Result<()> {
    let topic = place.topic("airports");
    // A call of `receive` is dropped here, and what it has received is delivered again after the lease.
    let mut letters = place.impatient.subscribe(&format!("{topic}.dead"), "dead_letters").await?;
    drop(place.impatient.subscribe(&topic, "analytics").await?);
    publish(place, &[event(&topic, 0)?]).await?;
    let (calls, called) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    loop {
        let (count, call) = (Arc::clone(&calls), Arc::clone(&called));
        let consumer = Consumer::new(Arc::clone(&place.impatient), &topic).group("analytics").max_attempts(2).handle(
            async move |_: Event<usize>| {
                count.fetch_add(1, Ordering::SeqCst);
                call.notify_one();
                std::future::pending().await
            },
        );
        let running = Running::start(consumer);
        let letter = tokio::select! {
            letter = one(&mut *letters) => Some(letter?),
            () = called.notified() => None,
        };
        running.kill().await;
        let calls = calls.load(Ordering::SeqCst);
        if let Some(letter) = letter {
            let letter = RawEvent::from_json(letter.body())?;
            assert_eq!((letter.id(), place.counts), (&*format!("{topic}-0>analytics"), true));
            return Ok(());
        }
        if calls == 4 && !place.counts {
            return Ok(());
        }
        assert!(!place.counts || calls <= 2, "the handler was called {calls} times");
    }
}

/// The control of the case before: without the count of the queue, the handler is called again and again.
#[test]
fn without_the_count_an_event_kills_one_process_after_another() -> Result<()> {
    let test = "queues::sqlite::an_event_that_kills_its_process_is_a_dead_letter";
    fails_without("consumer.attempts", test).map_err(Error::custom)
}

/// The events that were in a killed process with the one that killed it are handled.
pub(crate) async fn an_event_that_kills_its_process_harms_no_other(place: &Place) -> Result<()> {
    let topic = place.topic("airports");
    // A call of `receive` is dropped here, and what it has received is delivered again after the lease.
    let mut letters = place.impatient.subscribe(&format!("{topic}.dead"), "dead_letters").await?;
    drop(place.impatient.subscribe(&topic, "analytics").await?);
    let events = (0..12).map(|number| event(&topic, number)).collect::<Result<Vec<_>>>()?;
    publish(place, &events).await?;
    let (handled, killed) = (Arc::new(Mutex::new(BTreeSet::new())), Arc::new(Notify::new()));
    let mut letter = None;
    for process in 0.. {
        let (seen, kill) = (Arc::clone(&handled), Arc::clone(&killed));
        let consumer = Consumer::new(Arc::clone(&place.impatient), &topic)
            .group("analytics")
            .concurrency(16)
            .max_attempts(4)
            .handle(async move |event: Event<usize>| {
                if *event.payload() == 5 {
                    kill.notify_one();
                }
                // In the first processes the others have not ended either.
                if *event.payload() == 5 || process < 2 {
                    std::future::pending::<()>().await;
                }
                locked(&seen).insert(*event.payload());
                Ok(())
            });
        let running = Running::start(consumer);
        if letter.is_some() || (process > 6 && !place.counts) {
            until("the others are handled", async || Ok(locked(&handled).len() == 11)).await?;
            running.kill().await;
            break;
        }
        letter = tokio::select! {
            letter = one(&mut *letters) => Some(letter?),
            () = killed.notified() => None,
        };
        running.kill().await;
    }
    let letter = letter.map(|letter| id(&*letter)).transpose()?;
    assert_eq!(letter, place.counts.then(|| format!("{topic}-5>analytics")));
    while let Ok(again) = timeout(QUIET, one(&mut *letters)).await {
        let again = again?;
        assert_eq!(Some(id(&*again)?), letter, "another event is a dead letter");
        is_acknowledged(again).await?;
    }
    Ok(())
}

/// What two consumers of a group have received.
#[derive(Debug)]
struct Shares {
    handled: BTreeMap<String, usize>,
    elsewhere: BTreeMap<String, usize>,
}

/// Events that wait for a slow handler stay with their consumer, and it receives no more than its limit.
pub(crate) async fn a_waiting_event_is_not_delivered_again(place: &Place) -> Result<()> {
    let mut found = Vec::new();
    for number in 0..5 {
        let shares = shares(place, &place.topic(&format!("attempt-{number}"))).await?;
        let all: BTreeSet<_> = shares.handled.keys().chain(shares.elsewhere.keys()).collect();
        assert_eq!(all.len(), 60);
        let is_once = shares.handled.values().chain(shares.elsewhere.values()).all(|times| *times == 1);
        if is_once && shares.handled.len() == 20 && shares.elsewhere.len() == 40 {
            return Ok(());
        }
        // A slow machine can be late with an extension, but not every time.
        found.push((shares.handled.len(), shares.elsewhere.len()));
    }
    Err(Error::invalid(format!("expected 20 events here and 40 elsewhere, found {found:?}")))
}

async fn shares(place: &Place, topic: &str) -> Result<Shares> {
    let mut other = place.impatient.subscribe(topic, "analytics").await?;
    let events = (0..60).map(|number| event(topic, number)).collect::<Result<Vec<_>>>()?;
    publish(place, &events).await?;
    let (gate, handled) = (Arc::new(Semaphore::new(0)), Arc::new(Mutex::new(BTreeMap::new())));
    let (opened, seen) = (Arc::clone(&gate), Arc::clone(&handled));
    let started = Arc::new(Notify::new());
    let start = Arc::clone(&started);
    let consumer =
        Consumer::new(Arc::clone(&place.impatient), topic).group("analytics").concurrency(1).prefetch(20).handle(
            async move |event: Event<usize>| {
                start.notify_one();
                let _permit = opened.acquire().await;
                *locked(&seen).entry(event.id().to_owned()).or_default() += 1;
                Ok(())
            },
        );
    let running = Running::start(consumer);
    started.notified().await;
    let mut elsewhere = BTreeMap::new();
    // Longer than the lease.
    while let Ok(delivery) = timeout(QUIET, one(&mut *other)).await {
        let delivery = delivery?;
        *elsewhere.entry(id(&*delivery)?).or_default() += 1;
        is_acknowledged(delivery).await?;
    }
    drop(other);
    gate.add_permits(1);
    until("all events are handled", async || {
        let handled = locked(&handled);
        Ok(handled.keys().chain(elsewhere.keys()).collect::<BTreeSet<_>>().len() == 60)
    })
    .await?;
    running.stop().await?;
    let handled = locked(&handled).clone();
    Ok(Shares { handled, elsewhere })
}

/// The events of a dead consumer are delivered, although a consumer that lives has many older ones.
pub(crate) async fn the_events_of_a_dead_consumer_are_found_behind_others(place: &Place) -> Result<()> {
    let topic = place.topic("airports");
    let mut live = place.impatient.subscribe(&topic, "analytics").await?;
    let events = (0..65).map(|number| event(&topic, number)).collect::<Result<Vec<_>>>()?;
    publish(place, &events).await?;
    let mut held = Vec::new();
    while held.len() < 60 {
        held.extend(live.receive(60 - held.len()).await?);
    }
    let mut dead = place.impatient.subscribe(&topic, "analytics").await?;
    let mut lost = BTreeSet::new();
    while lost.len() < 5 {
        for delivery in dead.receive(5 - lost.len()).await? {
            lost.insert(id(&*delivery)?);
        }
    }
    drop(dead);
    let every = held[0].extend_every().unwrap_or(QUIET) / 2;
    let keep = async {
        loop {
            // On a slow machine an event can be delivered to the other consumer, which then acknowledges it.
            let _ = try_join_all(held.iter().map(|delivery| delivery.extend())).await;
            sleep(every).await;
        }
    };
    let mut third = place.impatient.subscribe(&topic, "analytics").await?;
    let find = async {
        while !lost.is_empty() {
            let delivery = one(&mut *third).await?;
            lost.remove(&id(&*delivery)?);
            is_acknowledged(delivery).await?;
        }
        Ok(())
    };
    tokio::select! {
        found = timeout(Duration::from_secs(300), find) => found.map_err(Error::custom)?,
        () = keep => Ok(()),
    }
}

/// A handler that does not end has failed.
#[tokio::test]
async fn a_handler_has_a_time_limit() -> Result<()> {
    let queue = MemoryQueue::new();
    queue.publish(&[RawEvent::new("1", "opened", "EWR")?]).await;
    let calls = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&calls);
    let started = Instant::now();
    let limit = Duration::from_millis(50);
    let consumer =
        Consumer::new(queue.clone(), "opened").max_attempts(2).backoff(quick()).handler_timeout(limit).handle(
            async move |_: Event<String>| {
                count.fetch_add(1, Ordering::SeqCst);
                std::future::pending().await
            },
        );
    let running = Running::start(consumer);
    let mut letters = queue.subscribe("opened.dead", "dead_letters").await?;
    let letter = until_received(&mut *letters, "1>default").await?;
    running.stop().await?;
    assert!(letter.headers()["error"].contains("see Consumer::handler_timeout"), "{:?}", letter.headers());
    assert!(calls.load(Ordering::SeqCst) == 2 && started.elapsed() >= limit * 2);
    Ok(())
}
