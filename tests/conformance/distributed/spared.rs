//! One bad message, topic or saga harms nobody else.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use activerecord::outbox::{Task, permanent};
use activerecord::prelude::*;
use activerecord::queue::{MemoryQueue, Queue, SqlQueue};
use activerecord::saga::{SagaState, Sagas, StepContext};
use activerecord::{Backoff, Message, MessageState, SagaRecord, SagaStep};
use tokio::sync::{Notify, oneshot};

use super::workers::{Seen, eager};
use test_support::{Database, until};

async fn dead(database: &Database) -> Result<Vec<String>> {
    let dead = Outbox::dead(database, None, 100).await?;
    Ok(dead.into_iter().map(|message| message.payload).collect())
}

async fn ready(database: &Database) -> Result<u64> {
    Message::using(database).filter(Message::STATE.eq(MessageState::Ready)).count().await
}

async fn enqueue(database: &Database, topic: &str, numbers: std::ops::Range<i64>) -> Result<()> {
    with_connection(database, async || Outbox::enqueue_all(topic, numbers).await).await
}

#[tokio::test]
async fn a_message_that_cannot_be_read_leaves_its_batch() -> Result<()> {
    let database = Database::new([]).await;
    enqueue(&database, "mail", 0..7).await?;
    Outbox::enqueue("mail", "no number").on(&database).await?;
    enqueue(&database, "mail", 8..20).await?;
    let seen = Seen::default();
    let sizes = seen.clone();
    let handler = async move |tasks: Vec<Task<i64>>| {
        sizes.note(tasks.len());
        Ok(())
    };
    let gone = eager(&database).handle_batch("mail", 100, handler).run_once().await?;
    assert_eq!((gone, seen.all(), dead(&database).await?), (19, vec![19], vec!["\"no number\"".to_owned()]));
    Ok(())
}

/// A batch with a message whose attempts are used up, because its worker was killed at its last attempt.
#[tokio::test]
async fn a_spent_message_leaves_its_batch() -> Result<()> {
    let database = Database::new([]).await;
    for topic in ["mail", "events"] {
        enqueue(&database, topic, 0..7).await?;
        let spent = Outbox::enqueue(topic, &7).on(&database).max_attempts(1).await?;
        enqueue(&database, topic, 8..20).await?;
        Message::using(&database).filter(Message::ID.eq(spent)).update((Message::ATTEMPTS.set(1),)).await?;
    }
    let handled = eager(&database).handle_batch("mail", 100, async |_: Vec<Task<i64>>| Ok(())).run_once().await?;
    let queue = MemoryQueue::new();
    let _group = queue.subscribe("events", "all").await?;
    let published = Relay::from(&*database).topic("events").to(queue).run_once().await?;
    assert_eq!((handled, published, dead(&database).await?), (19, 19, vec!["7".to_owned(); 2]));
    Ok(())
}

/// After a failed call each message is retried alone, so the bad one uses up only its own attempts.
#[tokio::test]
async fn a_message_that_fails_its_batch_is_a_dead_letter_alone() -> Result<()> {
    let database = Database::new([]).await;
    enqueue(&database, "mail", 0..20).await?;
    let seen = Seen::default();
    let worker = || {
        let sizes = seen.clone();
        eager(&database).max_attempts(3).handle_batch("mail", 100, async move |tasks: Vec<Task<i64>>| {
            sizes.note(tasks.len());
            let is_bad = tasks.iter().any(|task| *task.payload() == 7);
            if is_bad { Err(Error::invalid("no seven")) } else { Ok(()) }
        })
    };
    until("no message is due", async || {
        worker().run_once().await?;
        Ok(ready(&database).await? == 0)
    })
    .await?;
    assert_eq!(dead(&database).await?, ["7"]);
    assert_eq!((seen.all()[0], seen.all()[1..].iter().max()), (20, Some(&1)));
    Ok(())
}

#[tokio::test]
async fn a_batch_can_return_a_result_for_each_message() -> Result<()> {
    let database = Database::new([]).await;
    enqueue(&database, "mail", 0..6).await?;
    let handler = async |tasks: Vec<Task<i64>>| {
        let result = |task: &Task<i64>| if *task.payload() == 2 { Err(permanent("no two")) } else { Ok(()) };
        // The last message has no result, so it has failed.
        Ok(tasks.iter().filter(|task| *task.payload() != 5).map(result).collect())
    };
    let gone = eager(&database).max_attempts(1).handle_batch_each("mail", 100, handler).run_once().await?;
    assert_eq!((gone, dead(&database).await?), (4, vec!["2".to_owned(), "5".to_owned()]));
    Ok(())
}

/// PostgreSQL refuses a text with NUL, and each server a statement that is too long.
#[tokio::test]
async fn any_text_of_an_error_can_be_stored() -> Result<()> {
    let database = Database::new([]).await;
    let long = "ä".repeat(10 << 20);
    for text in ["upstream said \0", "bad news: ☹", &long] {
        enqueue(&database, "job", 0..5).await?;
        let worker = || {
            let text = text.to_owned();
            eager(&database).max_attempts(2).handle("job", async move |task: Task<i64>| match task.payload() {
                2 => Err(Error::invalid(text)),
                _ => Ok(()),
            })
        };
        until("no message is due", async || {
            worker().run_once().await?;
            Ok(ready(&database).await? == 0)
        })
        .await?;
        let dead = Outbox::dead(&database, None, 10).await?;
        let error = dead[0].last_error.clone().unwrap_or_default();
        assert_eq!((dead.len(), dead[0].attempts), (1, 2));
        assert!(error.starts_with(&text.chars().take(14).filter(|c| *c != '\0').collect::<String>()), "{error:.40}");
        Outbox::purge_all(&database, None).await?;
        let text = text.to_owned();
        let saga = Saga::new("texts").log_on(&*database).step(
            "fails",
            async move |_: &StepContext| Err::<(), _>(Error::invalid(text)),
            async |_: &StepContext, (): ()| Ok(()),
        );
        assert!(saga.run(&1).await.is_err_and(|error| error.is_compensated()));
    }
    Ok(())
}

/// A deploy: the worker is shut down while a handler runs. The handler ends before the worker does.
#[tokio::test]
async fn a_shutdown_uses_up_no_attempt() -> Result<()> {
    struct Ends(Arc<AtomicU32>);
    impl Drop for Ends {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    let database = Database::new([]).await;
    Outbox::enqueue("long", &1).max_attempts(1).on(&database).await?;
    for ends in 1..=3 {
        let (entered, ended) = (Arc::new(Notify::new()), Arc::new(AtomicU32::new(ends - 1)));
        let worker = {
            let (entered, ended) = (Arc::clone(&entered), Arc::clone(&ended));
            eager(&database).drain(Duration::ZERO).handle("long", async move |_: Task<i32>| {
                let _ends = Ends(ended);
                entered.notify_one();
                std::future::pending().await
            })
        };
        worker.run_until(entered.notified()).await?;
        assert_eq!(ended.load(Ordering::Relaxed), ends);
        let message = Message::using(&database).first().await?.ok_or_else(|| Error::invalid("the message is gone"))?;
        assert_eq!((message.state, message.attempts, message.lease_token), (MessageState::Ready, 0, None));
    }
    assert_eq!(eager(&database).handle("long", async |_: Task<i32>| Ok(())).run_once().await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_handler_that_hangs_has_failed_after_its_time_limit() -> Result<()> {
    let database = Database::new([]).await;
    Outbox::enqueue("hangs", &1).on(&database).await?;
    let hangs = async |_: Task<i32>| std::future::pending().await;
    let worker = eager(&database).max_attempts(1).handler_timeout(Duration::from_millis(10)).handle("hangs", hangs);
    worker.run_once().await?;
    let error = Outbox::dead(&database, None, 1).await?.pop().and_then(|dead| dead.last_error).unwrap_or_default();
    assert!(error.contains("did not end within 10ms"), "{error}");
    Ok(())
}

/// A topic whose handlers take up all calls leaves one for the other topic.
#[tokio::test]
async fn a_topic_leaves_a_call_for_another() -> Result<()> {
    let database = Database::new([]).await;
    enqueue(&database, "slow", 0..20).await?;
    let entered = Arc::new(AtomicU32::new(0));
    let worker = {
        let slow = Arc::clone(&entered);
        eager(&database)
            .concurrency(4)
            .handle("slow", async move |_: Task<i64>| {
                slow.fetch_add(1, Ordering::Relaxed);
                std::future::pending().await
            })
            .handle("quick", async |_: Task<i64>| Ok(()))
    };
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(worker.drain(Duration::ZERO).run_until(async { _ = stopped.await }));
    until("three handlers wait", async || Ok(entered.load(Ordering::Relaxed) >= 3)).await?;
    enqueue(&database, "quick", 0..1).await?;
    until("the other topic is handled, or has no call left", async || {
        let waits = Message::using(&database).filter(Message::TOPIC.eq("quick")).exists().await?;
        Ok(!waits || entered.load(Ordering::Relaxed) > 3)
    })
    .await?;
    assert_eq!(entered.load(Ordering::Relaxed), 3);
    drop(stop);
    running.await.map_err(Error::custom)??;
    Ok(())
}

/// A topic without a subscriber keeps none of a relay's calls.
#[tokio::test]
async fn a_topic_without_subscribers_starves_no_other() -> Result<()> {
    let database = Database::new([]).await;
    let queue = SqlQueue::on(&*database);
    drop(queue.subscribe("busy", "group").await?);
    enqueue(&database, "idle", 0..450).await?;
    let (stop, stopped) = oneshot::channel::<()>();
    let relay = Relay::from(&*database).topic("idle").topic("busy").poll(Duration::from_millis(5)).to(queue);
    let running = tokio::spawn(relay.run_until(async { _ = stopped.await }));
    until("the relay has tried the idle topic", async || {
        let leased = Message::TOPIC.eq("idle") & Message::ATTEMPTS.gt(0);
        Message::using(&database).filter(leased).exists().await
    })
    .await?;
    enqueue(&database, "busy", 0..20).await?;
    until("the events of the other topic are published", async || {
        Ok(!Message::using(&database).filter(Message::TOPIC.eq("busy")).exists().await?)
    })
    .await?;
    drop(stop);
    running.await.map_err(Error::custom)??;
    // The idle events have used up no attempt.
    let idle = || Message::using(&database).filter(Message::TOPIC.eq("idle"));
    assert_eq!((idle().count().await?, idle().filter(Message::ATTEMPTS.gt(0)).count().await?), (450, 0));
    Ok(())
}

#[tokio::test]
async fn no_ids_are_not_all_ids() -> Result<()> {
    let database = Database::new([]).await;
    assert_eq!(Outbox::requeue_all(&database, None).await?, 0);
    // Looking creates nothing.
    assert!(Outbox::stats(&database).await?.is_empty() && Sagas::on(&*database).list(None, 1).await?.is_empty());
    assert!(connection(&database)?.tables().await?.is_empty());
    enqueue(&database, "bad", 0..2).await?;
    eager(&database).handle("bad", async |_: Task<i64>| Err(permanent("never"))).run_once().await?;
    assert_eq!(Outbox::requeue(&database, None, &[]).await?, 0);
    assert_eq!(Outbox::purge(&database, Some("bad"), &[]).await?, 0);
    assert_eq!(Outbox::requeue_all(&database, Some("good")).await?, 0);
    assert_eq!(Outbox::requeue_all(&database, Some("bad")).await?, 2);
    eager(&database).handle("bad", async |_: Task<i64>| Err(permanent("never"))).run_once().await?;
    assert_eq!(Outbox::purge_all(&database, None).await?, 2);
    Ok(())
}

/// A panic of a step is an error of the step. The other sagas are resumed.
#[tokio::test]
async fn a_step_that_panics_stops_no_other_saga() -> Result<()> {
    let database = Database::new([]).await;
    let name = format!("panics-{}", &*database);
    let saga = |panics: bool| {
        Saga::new(&name).log_on(&*database).lease(Duration::from_secs(3600)).step(
            "counts",
            async move |context: &StepContext| {
                assert!(!panics || context.input::<u32>()? != 1, "on purpose");
                Ok(())
            },
            async |_: &StepContext, (): ()| Ok(()),
        )
    };
    // Three sagas that another process began.
    for number in 0..3_u32 {
        let interrupted = saga(false).backoff(Backoff::new(Duration::ZERO, Duration::ZERO)).run(&number).await?;
        let running = (SagaRecord::STATE.set(SagaState::Running),);
        SagaRecord::using(&database).filter(SagaRecord::ID.eq(interrupted)).update(running).await?;
        SagaStep::using(&database).filter(SagaStep::SAGA_ID.eq(interrupted)).delete().await?;
    }
    let now = connection(&database)?.now().await?;
    SagaRecord::using(&database).update((SagaRecord::LEASE_UNTIL.set(now),)).await?;
    saga(true).register()?;
    let resumed = Sagas::on(&*database).resume_all().await?;
    assert_eq!((resumed.done.len(), resumed.compensated.len(), resumed.failed.len()), (2, 1, 0));
    Ok(())
}

/// A step whose outcome is unknown is compensated as if it had happened.
#[tokio::test]
async fn a_step_of_unknown_outcome_is_compensated() -> Result<()> {
    let database = Database::new([]).await;
    let undone = Arc::new(AtomicU32::new(0));
    let saga = Saga::new("unknown").log_on(&*database).attempts(1).step(
        "charge",
        async |_: &StepContext| Err::<Option<i64>, _>(Error::unknown("the connection was closed")),
        {
            let undone = Arc::clone(&undone);
            async move |_: &StepContext, charge: Option<i64>| {
                assert_eq!(charge, None);
                undone.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
        },
    );
    assert!(saga.run(&1).await.is_err_and(|error| error.is_compensated()));
    assert_eq!(undone.load(Ordering::Relaxed), 1);
    // Null is no output of this step, so an operator has to decide.
    let stuck = Saga::new("unknown number").log_on(&*database).attempts(1).step(
        "charge",
        async |_: &StepContext| Err::<i64, _>(Error::unknown("the connection was closed")),
        async |_: &StepContext, _: i64| Ok(()),
    );
    let error = stuck.run(&1).await.unwrap_err();
    assert!(error.is_stuck() && error.message().contains("let the action return an `Option`"), "{error}");
    Ok(())
}
