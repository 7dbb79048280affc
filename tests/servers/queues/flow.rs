//! From an outbox through a queue to another database, and events that cannot be handled.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use activerecord::prelude::*;
use activerecord::queue::{Event, MemoryQueue};
use activerecord::{Backoff, Publisher, Queue, RawEvent};
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, Notify, oneshot};

use crate::queues::places::Place;
use test_support::until;
use test_support::{Database, Profile};

const AIRPORTS: &str = "airports (id ID, code STRING NOT NULL)";

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Airport {
    id: i64,
    code: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Opened {
    code: String,
}

async fn airports() -> Result<Database> {
    Database::on(Profile::least(), &[AIRPORTS]).await
}

async fn codes(database: &str) -> Result<Vec<String>> {
    Airport::using(database).order_by(Airport::ID.asc()).pluck(Airport::CODE).await
}

/// Returns a consumer that writes airports and retries without a pause.
fn writer(queue: impl Queue, topic: &str, database: &Database) -> Consumer {
    let name = database.to_string();
    Consumer::new(queue, topic).on(&**database).backoff(Backoff::new(Duration::ZERO, Duration::ZERO)).handle(
        async move |event: Event<Opened>| {
            let code = event.into_payload().code;
            Airport::with_connection(&name, async || Airport { id: 0, code }.insert().await).await
        },
    )
}

/// Runs a consumer until the condition is true, then stops it and waits for its end.
async fn run_until<F: Future<Output = Result<bool>>>(
    consumer: Consumer,
    what: &str,
    condition: impl FnMut() -> F,
) -> Result<()> {
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(consumer.run_until(async {
        let _ = stopped.await;
    }));
    let held = until(what, condition).await;
    drop(stop);
    running.await.map_err(Error::custom)??;
    held
}

/// Runs on every queue.
pub(crate) async fn a_written_row_arrives_in_another_database(place: &Place) -> Result<()> {
    let (source, target, topic) = (airports().await?, airports().await?, place.topic("opened"));
    // Creates the group. Without one, some queues refuse an event.
    drop(place.queue.subscribe(&topic, &target).await?);
    for number in 0..30 {
        transaction(&source, async || {
            let mut airport = Airport { id: 0, code: format!("{number:03}") };
            Airport::with_connection(&source, async || airport.insert().await).await?;
            let opened = Opened { code: airport.code.clone() };
            Outbox::enqueue(&topic, &opened).key(format!("key-{}", number % 3)).version(2).await
        })
        .await?;
    }
    // The second message of a key is due when its first one is completed.
    let relayed = Relay::from(&*source).topic(&topic).to(Arc::clone(&place.queue)).run_once().await?;
    assert_eq!(relayed, 30);
    let consumer = writer(Arc::clone(&place.queue), &topic, &target);
    run_until(consumer, "all airports are written", async || Ok(codes(&target).await?.len() == 30)).await?;
    let codes = codes(&target).await?;
    for key in 0..3 {
        let of_key: Vec<_> =
            codes.iter().filter(|code| code.parse::<u32>().is_ok_and(|code| code % 3 == key)).collect();
        assert!(of_key.is_sorted() && of_key.len() == 10, "{codes:?}");
    }
    Ok(())
}

/// An event that is delivered twice has its effect once.
#[tokio::test]
async fn an_effect_happens_once() -> Result<()> {
    let (queue, target) = (MemoryQueue::new(), airports().await?);
    let event = |id: &str, code: &str| RawEvent::new(id, "opened", &Opened { code: code.into() });
    queue.publish(&[event("1", "EWR")?, event("1", "EWR")?, event("2", "JFK")?]).await;
    let consumer = writer(queue, "opened", &target);
    run_until(consumer, "both airports are written", async || Ok(codes(&target).await?.len() == 2)).await?;
    let mut codes = codes(&target).await?;
    codes.sort();
    assert_eq!(codes, ["EWR", "JFK"]);
    Ok(())
}

/// Two consumers of one group and one of another. Each group has each effect once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn groups_are_independent() -> Result<()> {
    let (queue, analytics, search) = (MemoryQueue::new(), airports().await?, airports().await?);
    for database in [&analytics, &search] {
        drop(queue.subscribe("opened", database).await?);
    }
    for number in 0..50 {
        queue.publish(&[RawEvent::new(number.to_string(), "opened", &Opened { code: number.to_string() })?]).await;
    }
    let run = |database: &Database| {
        let (consumer, name) = (writer(queue.clone(), "opened", database), database.to_string());
        run_until(consumer, "all airports are written", move || {
            let name = name.clone();
            async move { Ok(codes(&name).await?.len() == 50) }
        })
    };
    tokio::try_join!(run(&analytics), run(&analytics), run(&search))?;
    Ok(())
}

/// Receives this many dead letters.
async fn letters(queue: &MemoryQueue, count: usize) -> Result<Vec<RawEvent>> {
    let mut subscriber = queue.subscribe("opened.dead", "dead_letters").await?;
    let mut letters = Vec::new();
    while letters.len() < count {
        for delivery in subscriber.receive(10).await? {
            letters.push(RawEvent::from_json(delivery.body())?);
            delivery.ack().await?;
        }
    }
    Ok(letters)
}

#[tokio::test]
async fn an_event_that_cannot_be_handled_is_a_dead_letter() -> Result<()> {
    let (queue, target) = (MemoryQueue::new(), airports().await?);
    let valid = RawEvent::new("1", "opened", &Opened { code: "EWR".into() })?;
    let unreadable = RawEvent::new("2", "opened", &17)?;
    let newer = r#"{"id":"3","topic":"opened","kind":"opened","version":9,"time":"2013-01-01T00:00:00Z","payload":{}}"#;
    queue.publish(&[unreadable, RawEvent::from_json(newer.as_bytes())?, valid]).await;
    let consumer = writer(queue.clone(), "opened", &target).versions(1..=2);
    run_until(consumer, "the valid event is handled", async || Ok(codes(&target).await?.len() == 1)).await?;
    let mut letters = letters(&queue, 2).await?;
    letters.sort_by_key(|letter| letter.id().to_owned());
    let error = |letter: &RawEvent| letter.headers()["error"].clone();
    assert!(error(&letters[0]).contains("the payload of event 2"), "{}", error(&letters[0]));
    assert!(error(&letters[1]).contains("version 9") && error(&letters[1]).contains("1..=2"), "{}", error(&letters[1]));
    assert!(letters.iter().all(|letter| letter.headers()["consumer"] == *target));
    Ok(())
}

/// The handler fails twice, panics, and then succeeds. Later events of the same key wait, other events do not.
#[tokio::test]
async fn a_failed_event_is_retried() -> Result<()> {
    let queue = MemoryQueue::new();
    for (id, key) in [("1", "a"), ("2", "a"), ("3", "b")] {
        queue.publish(&[RawEvent::new(id, "opened", id)?.with_key(key)]).await;
    }
    let (attempts, order) = (Arc::new(AtomicU32::new(0)), Arc::new(Mutex::new(Vec::new())));
    let (others, seen) = (Arc::new(Notify::new()), Arc::clone(&order));
    let consumer = Consumer::new(queue, "opened").backoff(Backoff::new(Duration::ZERO, Duration::ZERO)).handle(
        async move |event: Event<String>| {
            if event.payload() == "1" {
                match attempts.fetch_add(1, Ordering::Relaxed) {
                    // Waits until the event of the other key is handled.
                    0 => {
                        others.notified().await;
                        return Err(Error::custom("not yet"));
                    }
                    1 => return Err(Error::custom("not yet")),
                    2 => panic!("not yet either"),
                    _ => {}
                }
            }
            seen.lock().await.push(event.id().to_owned());
            if event.payload() == "3" {
                others.notify_one();
            }
            Ok(())
        },
    );
    run_until(consumer, "all are handled", async || Ok(order.lock().await.len() == 3)).await?;
    assert_eq!(*order.lock().await, ["3", "1", "2"]);
    Ok(())
}

#[tokio::test]
async fn an_event_that_always_fails_is_a_dead_letter() -> Result<()> {
    let (queue, attempts) = (MemoryQueue::new(), Arc::new(AtomicU32::new(0)));
    queue.publish(&[RawEvent::new("1", "opened", "EWR")?]).await;
    let count = Arc::clone(&attempts);
    let consumer = Consumer::new(queue.clone(), "opened")
        .max_attempts(3)
        .backoff(Backoff::new(Duration::ZERO, Duration::ZERO))
        .handle(async move |_: Event<String>| {
            count.fetch_add(1, Ordering::Relaxed);
            Err(Error::custom("there is no such airport"))
        });
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(consumer.run_until(async {
        let _ = stopped.await;
    }));
    let letter = letters(&queue, 1).await?.remove(0);
    drop(stop);
    running.await.map_err(Error::custom)??;
    assert_eq!(attempts.load(Ordering::Relaxed), 3);
    assert_eq!((letter.typed::<String>()?.payload().as_str()), "EWR");
    Ok(())
}

#[tokio::test]
async fn missing_settings_are_reported() -> Result<()> {
    let queue = MemoryQueue::new();
    let database = airports().await?;
    let message = |result: Result<()>| result.unwrap_err().to_string();
    let nothing = || std::future::ready(());
    assert!(message(Consumer::new(queue.clone(), "opened").run_until(nothing()).await).contains(".handle("));
    let nowhere = Consumer::new(queue.clone(), "opened").on("nowhere").handle(async |_: Event<i64>| Ok(()));
    assert!(message(nowhere.run_until(nothing()).await).contains("nowhere"));
    assert!(message(Relay::from(&*database).topic("opened").run_until(nothing()).await).contains(".to(queue)"));
    assert!(message(Relay::from(&*database).to(queue.clone()).run_until(nothing()).await).contains(".topic("));
    let twice = Relay::from(&*database).topic("opened").topic("opened").to(queue);
    assert!(message(twice.run_until(nothing()).await).contains("two"));
    Ok(())
}
