//! The cases of every queue.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use activerecord::prelude::*;
use activerecord::{Delivery, PublishError, RawEvent, Subscriber};
use tokio::time::timeout;

pub(crate) use crate::queues::flow::a_written_row_arrives_in_another_database;
use crate::queues::places::{Place, SHORT_LEASE};
pub(crate) use crate::queues::troubles::{
    a_dead_letter_that_is_too_large_is_shortened, a_waiting_event_is_not_delivered_again,
    an_event_that_is_too_large_is_rejected_alone, an_event_that_kills_its_process_harms_no_other,
    an_event_that_kills_its_process_is_a_dead_letter, deliveries_are_counted,
    the_events_of_a_dead_consumer_are_found_behind_others,
};

/// How long to wait for an event that must not arrive. There is no condition for that. On a slow machine the check
/// finds less, but it does not fail. It is longer than [`SHORT_LEASE`].
pub(crate) const QUIET: Duration = Duration::from_secs(2);

pub(crate) fn event(topic: &str, number: usize) -> Result<RawEvent> {
    RawEvent::new(format!("{topic}-{number}"), topic, &number)
}

pub(crate) async fn publish(place: &Place, events: &[RawEvent]) -> Result<()> {
    for result in place.queue.publish(events).await {
        result.map_err(PublishError::into_error)?;
    }
    Ok(())
}

pub(crate) fn id(delivery: &dyn Delivery) -> Result<String> {
    Ok(RawEvent::from_json(delivery.body())?.id().to_owned())
}

/// Receives and acknowledges this many events. Returns their ids.
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

pub(crate) async fn one(subscriber: &mut dyn Subscriber) -> Result<Box<dyn Delivery>> {
    loop {
        if let Some(delivery) = subscriber.receive(1).await?.pop() {
            return Ok(delivery);
        }
    }
}

/// Receives events until one has this id. A slow machine can acknowledge an event after its lease, so that it is
/// delivered again: `earlier` has the ids of the events that can be.
async fn received(subscriber: &mut dyn Subscriber, wanted: &str, earlier: &[&str]) -> Result<Box<dyn Delivery>> {
    loop {
        let delivery = one(subscriber).await?;
        let id = id(&*delivery)?;
        if id == wanted {
            return Ok(delivery);
        }
        assert!(earlier.contains(&&*id), "received {id} before {wanted}");
        is_acknowledged(delivery).await?;
    }
}

/// Acknowledges an event. False: its lease has ended, so it is delivered again.
pub(crate) async fn is_acknowledged(delivery: Box<dyn Delivery>) -> Result<bool> {
    match delivery.ack().await {
        Err(error) if error.is_lease_lost() => Ok(false),
        acknowledged => acknowledged.map(|()| true),
    }
}

/// Runs a case whose lease is short, each time on another topic. False: the machine was slower than the lease, so the
/// attempt shows nothing.
async fn until_undisturbed(place: &Place, attempt: impl AsyncFn(&str) -> Result<bool>) -> Result<()> {
    for number in 0..20 {
        if attempt(&place.topic(&format!("attempt-{number}"))).await? {
            return Ok(());
        }
    }
    Err(Error::invalid("the machine was slower than the lease in each of 20 attempts"))
}

/// Returns whether no further event is delivered.
async fn is_quiet(subscriber: &mut dyn Subscriber) -> bool {
    timeout(QUIET, one(subscriber)).await.is_err()
}

pub(crate) async fn an_event_arrives_unchanged(place: &Place) -> Result<()> {
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

pub(crate) async fn the_consumers_of_a_group_share_its_events(place: &Place) -> Result<()> {
    let topic = place.topic("airports");
    let mut first = place.impatient.subscribe(&topic, "analytics").await?;
    let mut second = place.impatient.subscribe(&topic, "analytics").await?;
    let events = (0..20).map(|number| event(&topic, number)).collect::<Result<Vec<_>>>()?;
    let started = Instant::now();
    publish(place, &events).await?;
    let mut seen = BTreeSet::new();
    while seen.len() < events.len() {
        // The dropped call loses no event. An event that it has received is delivered again after the lease.
        let delivery = tokio::select! {
            delivery = one(&mut *first) => delivery?,
            delivery = one(&mut *second) => delivery?,
        };
        let is_new = seen.insert(id(&*delivery)?);
        let is_acknowledged = is_acknowledged(delivery).await?;
        // Before this time no lease has ended.
        let is_early = started.elapsed() < SHORT_LEASE;
        assert!(!is_early || (is_new && is_acknowledged), "delivered again before the end of the lease");
    }
    Ok(())
}

pub(crate) async fn a_dropped_event_is_delivered_again(place: &Place) -> Result<()> {
    let topic = place.topic("airports");
    let (first, second) = (format!("{topic}-0"), format!("{topic}-1"));
    let mut subscriber = place.impatient.subscribe(&topic, "analytics").await?;
    publish(place, &[event(&topic, 0)?]).await?;
    drop(received(&mut *subscriber, &first, &[]).await?);
    while !is_acknowledged(received(&mut *subscriber, &first, &[]).await?).await? {}
    // The end of its consumer does not lose an event either.
    publish(place, &[event(&topic, 1)?]).await?;
    let delivery = received(&mut *subscriber, &second, &[&first]).await?;
    drop(subscriber);
    drop(delivery);
    let mut subscriber = place.impatient.subscribe(&topic, "analytics").await?;
    while !is_acknowledged(received(&mut *subscriber, &second, &[&first]).await?).await? {}
    Ok(())
}

pub(crate) async fn a_rejected_event_is_delivered_again(place: &Place) -> Result<()> {
    let topic = place.topic("airports");
    let first = format!("{topic}-0");
    // Redis looks for rejected events only three times per lease, so a long lease would make this case slow.
    let mut subscriber = place.impatient.subscribe(&topic, "analytics").await?;
    publish(place, &[event(&topic, 0)?]).await?;
    for pause in [Duration::ZERO, Duration::from_millis(50)] {
        received(&mut *subscriber, &first, &[]).await?.nack(pause).await?;
    }
    while !is_acknowledged(received(&mut *subscriber, &first, &[]).await?).await? {}
    Ok(())
}

pub(crate) async fn an_extended_event_is_not_delivered_again(place: &Place) -> Result<()> {
    until_undisturbed(place, async |topic| {
        let mut subscriber = place.impatient.subscribe(topic, "analytics").await?;
        let mut extended = Instant::now();
        publish(place, &[event(topic, 0)?]).await?;
        let delivery = one(&mut *subscriber).await?;
        let every = delivery.extend_every();
        let lease = every.map_or(Duration::MAX, |_| SHORT_LEASE);
        for _ in 0..5 {
            let again = timeout(every.unwrap_or(Duration::from_millis(100)), one(&mut *subscriber)).await;
            let now = Instant::now();
            let extension = delivery.extend().await;
            if extended.elapsed() >= lease {
                return Ok(false);
            }
            assert!(again.is_err(), "delivered again within its lease");
            extension?;
            extended = now;
        }
        let acknowledged = delivery.ack().await;
        if extended.elapsed() >= lease { Ok(false) } else { acknowledged.map(|()| true) }
    })
    .await
}

pub(crate) async fn an_acknowledged_event_is_not_delivered_again(place: &Place) -> Result<()> {
    until_undisturbed(place, async |topic| {
        let mut subscriber = place.impatient.subscribe(topic, "analytics").await?;
        let started = Instant::now();
        publish(place, &[event(topic, 0)?]).await?;
        let acknowledged = is_acknowledged(one(&mut *subscriber).await?).await?;
        if started.elapsed() >= SHORT_LEASE {
            return Ok(false);
        }
        assert!(acknowledged && is_quiet(&mut *subscriber).await);
        drop(subscriber);
        let mut again = place.impatient.subscribe(topic, "analytics").await?;
        assert!(is_quiet(&mut *again).await);
        Ok(true)
    })
    .await
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

/// An event without a subscriber is kept or refused. It is not lost.
pub(crate) async fn an_early_event_is_kept_or_refused(place: &Place) -> Result<()> {
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

pub(crate) async fn an_event_that_is_published_twice(place: &Place) -> Result<()> {
    let topic = place.topic("airports");
    let mut subscriber = place.queue.subscribe(&topic, "analytics").await?;
    publish(place, &[event(&topic, 0)?]).await?;
    publish(place, &[event(&topic, 0)?]).await?;
    let expected = if place.queue.capabilities().deduplicates { 1 } else { 2 };
    assert_eq!(ids(&mut *subscriber, expected).await?, vec![format!("{topic}-0"); expected]);
    assert!(is_quiet(&mut *subscriber).await);
    Ok(())
}

/// A call of `receive` that is dropped at any point loses no event.
pub(crate) async fn a_dropped_receive_loses_no_event(place: &Place) -> Result<()> {
    let topic = place.topic("airports");
    let mut subscriber = place.impatient.subscribe(&topic, "analytics").await?;
    let events = (0..20).map(|number| event(&topic, number)).collect::<Result<Vec<_>>>()?;
    let mut seen = BTreeSet::new();
    for (polls, event) in events.iter().enumerate() {
        publish(place, std::slice::from_ref(event)).await?;
        let received = test_support::polled(polls, subscriber.receive(1)).await;
        for delivery in received.transpose()?.into_iter().flatten() {
            seen.insert(id(&*delivery)?);
            is_acknowledged(delivery).await?;
        }
    }
    while seen.len() < events.len() {
        let delivery = one(&mut *subscriber).await?;
        seen.insert(id(&*delivery)?);
        is_acknowledged(delivery).await?;
    }
    Ok(())
}

pub(crate) async fn any_topic_name_is_accepted(place: &Place) -> Result<()> {
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
