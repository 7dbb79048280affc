//! Mirrors: tables that follow other tables, change by change.

use activerecord::prelude::*;
use activerecord::queue::{MemoryQueue, SqlQueue};
use activerecord::{Message, Publisher, Queue, RawEvent};
use tokio::sync::oneshot;

use super::{ANALYTICS_USERS, Database, USERS, User, analytics, job, pairs, users};
use test_support::until;

/// Runs a mirror until the condition is true, then stops it.
async fn run_until<S: Model, T: Model, F: Future<Output = Result<bool>>>(
    mirror: Mirror<S, T>,
    what: &str,
    condition: impl FnMut() -> F,
) -> Result<()> {
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(mirror.run_until(async {
        let _ = stopped.await;
    }));
    let held = until(what, condition).await;
    drop(stop);
    running.await.map_err(Error::custom)??;
    held
}

/// The existing rows are copied first. Then the mirror applies all changes, also those by raw SQL.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mirror_follows_its_source() -> Result<()> {
    for (from, to) in pairs(&[USERS], &[ANALYTICS_USERS]).await? {
        users(&from, &["before@x.org"]).await?;
        Capture::install::<User>().on(&*from).await?;
        assert_eq!(job(&from, &to).run().await?.written, 1);
        users(&from, &["a@x.org", "b@y.org", "c@z.org"]).await?;
        let handle = connection(&from)?;
        handle.execute("UPDATE users SET email = 'a@w.org' WHERE email LIKE 'a@%'", []).await?;
        handle.execute("UPDATE users SET id = 100 WHERE email LIKE 'b@%'", []).await?;
        handle.execute("DELETE FROM users WHERE email LIKE 'c@%'", []).await?;
        let queue = SqlQueue::on(&*to);
        let mirror = Mirror::new(job(&from, &to), queue.clone());
        let lag = mirror.lag();
        drop(queue.subscribe("users_changes", &format!("{}.users>analytics_users", &*from)).await?);
        Relay::from(&*from).topic("users_changes").to(queue).run_once().await?;
        let expected = [(1, "x.org"), (2, "w.org"), (100, "y.org")].map(|(id, domain)| (id, domain.to_owned()));
        run_until(mirror, "the queue is empty", async || Ok(Message::using(&to).count().await? == 0)).await?;
        assert_eq!(analytics(&to).await?, expected);
        assert!(job(&from, &to).verify().await?.is_empty());
        assert!(lag.get().is_some());
    }
    Ok(())
}

/// Returns the events of a capture in their order, as the relay publishes them.
pub(super) async fn events(from: &Database, topic: &str) -> Result<Vec<RawEvent>> {
    let queue = MemoryQueue::new();
    let mut subscriber = queue.subscribe(topic, "here").await?;
    let count = Relay::from(&**from).topic(topic).to(queue).run_once().await?;
    let mut events = Vec::new();
    while events.len() as u64 != count {
        for delivery in subscriber.receive(100).await? {
            events.push(RawEvent::from_json(delivery.body())?);
            delivery.ack().await?;
        }
    }
    events.sort_by_key(RawEvent::sequence);
    Ok(events)
}

/// Applies events, each by a mirror of its own, so that no mirror can sort them.
pub(super) async fn apply<S: Model, T: Model>(
    mirror: impl Fn(MemoryQueue) -> Mirror<S, T>,
    events: impl IntoIterator<Item = &RawEvent>,
) -> Result<()> {
    let queue = MemoryQueue::new();
    for event in events {
        queue.publish(std::slice::from_ref(event)).await;
        let mirror = mirror(queue.clone());
        let lag = mirror.lag();
        run_until(mirror, "the event is applied", async || Ok(lag.get().is_some())).await?;
    }
    Ok(())
}

/// Events in any order and repeated events: the latest change of a row wins.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mirror_ignores_late_and_repeated_events() -> Result<()> {
    for (from, to) in pairs(&[USERS], &[ANALYTICS_USERS]).await? {
        Capture::install::<User>().on(&*from).await?;
        users(&from, &["a@x.org", "b@y.org"]).await?;
        let handle = connection(&from)?;
        handle.execute("UPDATE users SET email = 'a@w.org' WHERE email LIKE 'a@%'", []).await?;
        handle.execute("DELETE FROM users WHERE email LIKE 'b@%'", []).await?;
        let events = events(&from, "users_changes").await?;
        apply(|queue| Mirror::new(job(&from, &to), queue), events.iter().rev().chain(&events)).await?;
        assert_eq!(analytics(&to).await?, [(1, "w.org".to_owned())]);
    }
    Ok(())
}
