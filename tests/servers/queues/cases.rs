//! What every queue does.

use std::collections::BTreeSet;
use std::time::Duration;

use activerecord::{Delivery, PublishError, RawEvent, Result, Subscriber};
use tokio::time::timeout;

pub(crate) use crate::queues::flow::what_is_written_here_arrives_there;
use crate::queues::places::Place;

/// Long enough for a queue to have delivered what it has, if it has something.
const QUIET: Duration = Duration::from_secs(2);

fn event(topic: &str, number: usize) -> Result<RawEvent> {
    RawEvent::new(format!("{topic}-{number}"), topic, &number)
}

async fn publish(place: &Place, events: &[RawEvent]) -> Result<()> {
    for result in place.queue.publish(events).await {
        result.map_err(PublishError::into_error)?;
    }
    Ok(())
}

fn id(delivery: &dyn Delivery) -> Result<String> {
    Ok(RawEvent::from_json(delivery.body())?.id().to_owned())
}

/// The ids of so many events, which are then done.
async fn ids(subscriber: &mut dyn Subscriber, count: usize) -> Result<Vec<String>> {
    let mut ids = Vec::new();
    while ids.len() < count {
        for delivery in subscriber.receive(count - ids.len()).await? {
            ids.push(id(&*delivery)?);
            delivery.ack().await?;
        }
    }
    Ok(ids)
}

async fn one(subscriber: &mut dyn Subscriber) -> Result<Box<dyn Delivery>> {
    loop {
        if let Some(delivery) = subscriber.receive(1).await?.pop() {
            return Ok(delivery);
        }
    }
}

/// Whether nothing more is delivered.
async fn is_quiet(subscriber: &mut dyn Subscriber) -> bool {
    timeout(QUIET, one(subscriber)).await.is_err()
}

pub(crate) async fn an_event_arrives_as_it_was(place: &Place) -> Result<()> {
    let topic = place.topic("airports");
    let mut subscriber = place.queue.subscribe(&topic, "analytics").await?;
    let sent = RawEvent::new("primary-1-0", &topic, &"Zürich \u{0} 🛫")?.with_key("a key").with_header("trace", "ä: b");
    publish(place, std::slice::from_ref(&sent)).await?;
    let delivery = one(&mut *subscriber).await?;
    let received = RawEvent::from_json(delivery.body())?;
    assert_eq!(received.to_json()?, sent.to_json()?);
    delivery.ack().await
}

pub(crate) async fn every_group_gets_every_event(place: &Place) -> Result<()> {
    let topic = place.topic("airports");
    let mut analytics = place.queue.subscribe(&topic, "analytics").await?;
    let mut search = place.queue.subscribe(&topic, "search").await?;
    publish(place, &[event(&topic, 0)?, event(&topic, 1)?]).await?;
    let expected = [format!("{topic}-0"), format!("{topic}-1")];
    assert_eq!(ids(&mut *analytics, 2).await?, expected);
    assert_eq!(ids(&mut *search, 2).await?, expected);
    Ok(())
}

pub(crate) async fn a_group_shares_its_events(place: &Place) -> Result<()> {
    let topic = place.topic("airports");
    let mut first = place.queue.subscribe(&topic, "analytics").await?;
    let mut second = place.queue.subscribe(&topic, "analytics").await?;
    let events = (0..20).map(|number| event(&topic, number)).collect::<Result<Vec<_>>>()?;
    publish(place, &events).await?;
    let mut seen = BTreeSet::new();
    while seen.len() < events.len() {
        // Whoever is dropped here has lost nothing: what it was about to get comes again.
        let delivery = tokio::select! {
            delivery = one(&mut *first) => delivery?,
            delivery = one(&mut *second) => delivery?,
        };
        assert!(seen.insert(id(&*delivery)?), "delivered again before its time");
        delivery.ack().await?;
    }
    Ok(())
}

pub(crate) async fn what_is_dropped_is_delivered_again(place: &Place) -> Result<()> {
    let topic = place.topic("airports");
    let mut subscriber = place.queue.subscribe(&topic, "analytics").await?;
    publish(place, &[event(&topic, 0)?]).await?;
    drop(one(&mut *subscriber).await?);
    assert_eq!(ids(&mut *subscriber, 1).await?, [format!("{topic}-0")]);
    // Nor does the end of its consumer lose it.
    publish(place, &[event(&topic, 1)?]).await?;
    let delivery = one(&mut *subscriber).await?;
    drop(subscriber);
    drop(delivery);
    let mut subscriber = place.queue.subscribe(&topic, "analytics").await?;
    assert_eq!(ids(&mut *subscriber, 1).await?, [format!("{topic}-1")]);
    Ok(())
}

pub(crate) async fn what_is_given_back_is_delivered_again(place: &Place) -> Result<()> {
    let topic = place.topic("airports");
    let mut subscriber = place.queue.subscribe(&topic, "analytics").await?;
    publish(place, &[event(&topic, 0)?]).await?;
    for pause in [Duration::ZERO, Duration::from_millis(50)] {
        one(&mut *subscriber).await?.nack(pause).await?;
    }
    assert_eq!(ids(&mut *subscriber, 1).await?, [format!("{topic}-0")]);
    Ok(())
}

pub(crate) async fn what_is_extended_stays(place: &Place) -> Result<()> {
    let topic = place.topic("airports");
    let mut subscriber = place.queue.subscribe(&topic, "analytics").await?;
    publish(place, &[event(&topic, 0)?]).await?;
    let delivery = one(&mut *subscriber).await?;
    let every = delivery.extend_every().unwrap_or(Duration::from_millis(100));
    for _ in 0..5 {
        assert!(timeout(every, one(&mut *subscriber)).await.is_err(), "somebody else got it");
        delivery.extend().await?;
    }
    delivery.ack().await
}

pub(crate) async fn what_is_done_is_gone(place: &Place) -> Result<()> {
    let topic = place.topic("airports");
    let mut subscriber = place.queue.subscribe(&topic, "analytics").await?;
    publish(place, &[event(&topic, 0)?]).await?;
    assert_eq!(ids(&mut *subscriber, 1).await?.len(), 1);
    assert!(is_quiet(&mut *subscriber).await);
    drop(subscriber);
    let mut again = place.queue.subscribe(&topic, "analytics").await?;
    assert!(is_quiet(&mut *again).await);
    Ok(())
}

pub(crate) async fn events_keep_their_order(place: &Place) -> Result<()> {
    let topic = place.topic("airports");
    let mut subscriber = place.queue.subscribe(&topic, "analytics").await?;
    let mut expected = Vec::new();
    for batch in 0..5 {
        let events = (0..20).map(|number| event(&topic, batch * 20 + number)).collect::<Result<Vec<_>>>()?;
        expected.extend(events.iter().map(|event| event.id().to_owned()));
        publish(place, &events).await?;
    }
    assert_eq!(ids(&mut *subscriber, expected.len()).await?, expected);
    Ok(())
}

/// What nobody has subscribed to is kept, or is not accepted: it is not lost.
pub(crate) async fn an_early_event_waits_or_is_refused(place: &Place) -> Result<()> {
    let topic = place.topic("airports");
    let early = event(&topic, 0)?;
    let published = place.queue.publish(std::slice::from_ref(&early)).await.pop();
    let mut subscriber = place.queue.subscribe(&topic, "analytics").await?;
    if place.queue.capabilities().keeps_unclaimed {
        assert!(matches!(published, Some(Ok(()))), "{published:?}");
    } else {
        assert!(matches!(published, Some(Err(PublishError::Transient(_)))), "{published:?}");
        publish(place, &[early]).await?;
    }
    assert_eq!(ids(&mut *subscriber, 1).await?, [format!("{topic}-0")]);
    Ok(())
}

pub(crate) async fn an_event_published_twice(place: &Place) -> Result<()> {
    let topic = place.topic("airports");
    let mut subscriber = place.queue.subscribe(&topic, "analytics").await?;
    publish(place, &[event(&topic, 0)?]).await?;
    publish(place, &[event(&topic, 0)?]).await?;
    let expected = if place.queue.capabilities().deduplicates { 1 } else { 2 };
    assert_eq!(ids(&mut *subscriber, expected).await?, vec![format!("{topic}-0"); expected]);
    assert!(is_quiet(&mut *subscriber).await);
    Ok(())
}

/// Wherever its call of `receive` was dropped, no event goes with it.
pub(crate) async fn a_receiver_may_be_dropped(place: &Place) -> Result<()> {
    let topic = place.topic("airports");
    let mut subscriber = place.queue.subscribe(&topic, "analytics").await?;
    let events = (0..20).map(|number| event(&topic, number)).collect::<Result<Vec<_>>>()?;
    let mut seen = BTreeSet::new();
    for (polls, event) in events.iter().enumerate() {
        publish(place, std::slice::from_ref(event)).await?;
        let received = test_support::polled(polls, subscriber.receive(1)).await;
        for delivery in received.transpose()?.into_iter().flatten() {
            seen.insert(id(&*delivery)?);
            delivery.ack().await?;
        }
    }
    while seen.len() < events.len() {
        let delivery = one(&mut *subscriber).await?;
        seen.insert(id(&*delivery)?);
        delivery.ack().await?;
    }
    Ok(())
}

pub(crate) async fn any_topic_will_do(place: &Place) -> Result<()> {
    for name in ["user.events", "user events", "user/*", ">", "Zürich", "a:b{c}", "UPPER"] {
        let topic = place.topic(name);
        let mut subscriber = place.queue.subscribe(&topic, "a group. of > its own").await?;
        publish(place, &[event(&topic, 0)?]).await?;
        assert_eq!(ids(&mut *subscriber, 1).await?, [format!("{topic}-0")]);
    }
    Ok(())
}

pub(crate) async fn a_large_event(place: &Place) -> Result<()> {
    let topic = place.topic("airports");
    let mut subscriber = place.queue.subscribe(&topic, "analytics").await?;
    let large = "x".repeat(500_000);
    publish(place, &[RawEvent::new(format!("{topic}-0"), &topic, &large)?]).await?;
    let delivery = one(&mut *subscriber).await?;
    assert_eq!(RawEvent::from_json(delivery.body())?.typed::<String>()?.into_payload(), large);
    delivery.ack().await
}
