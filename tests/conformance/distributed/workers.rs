//! Workers: handlers, retries, dead letters, order, and leases.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use activerecord::outbox::{Task, permanent};
use activerecord::prelude::*;
use activerecord::{Backoff, Message, MessageState};
use tokio::sync::{Notify, oneshot};

use test_support::Database;

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
pub(super) struct Effect {
    pub(super) id: i64,
    pub(super) task: i64,
}

const EFFECTS: &str = "effects (id ID, task I64 NOT NULL)";

/// Returns a worker that retries at once. Its lease is so long that only a test ends it.
pub(super) fn eager(database: &str) -> Worker {
    Worker::new(database)
        .backoff(Backoff::new(Duration::ZERO, Duration::ZERO))
        .poll(Duration::from_millis(5))
        .lease(Duration::from_secs(3600))
}

/// The items that handlers have noted, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen<T>(Arc<Mutex<Vec<T>>>);

impl<T: Clone> Seen<T> {
    pub(super) fn note(&self, item: T) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(item);
    }

    pub(super) fn all(&self) -> Vec<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[tokio::test]
async fn handled_messages_are_deleted() -> Result<()> {
    let database = Database::new([EFFECTS]).await;
    with_connection(&database, async || Outbox::enqueue_all("effects", 1..=50_i64).await).await?;
    let name = database.to_string();
    let gone = eager(&database)
        .handle("effects", async move |task: Task<i64>| {
            let effect = async || Effect { id: 0, task: *task.payload() }.insert().await;
            task.once(&name, async || Effect::with_connection(&name, effect).await).await.map(drop)
        })
        .run_once()
        .await?;
    assert_eq!((gone, Message::using(&database).count().await?), (50, 0));
    let mut tasks = Effect::using(&database).pluck(Effect::TASK).await?;
    tasks.sort_unstable();
    assert_eq!(tasks, (1..=50).collect::<Vec<_>>());
    Ok(())
}

/// After five failed attempts a message is a dead letter with its last error.
#[tokio::test]
async fn a_message_without_attempts_left_is_a_dead_letter() -> Result<()> {
    let database = Database::new([]).await;
    Outbox::enqueue("failing", &7).on(&database).await?;
    let attempts = Arc::new(AtomicU32::new(0));
    let worker = || {
        let attempts = Arc::clone(&attempts);
        eager(&database).max_attempts(5).handle("failing", async move |task: Task<i32>| {
            attempts.fetch_add(1, Ordering::Relaxed);
            Err(Error::invalid(format!("no place for {} at attempt {}", task.payload(), task.attempt())))
        })
    };
    while Message::using(&database).filter(Message::STATE.eq(MessageState::Ready)).exists().await? {
        worker().run_once().await?;
    }
    assert_eq!(attempts.load(Ordering::Relaxed), 5);
    let dead = Outbox::dead(&database, Some("failing"), 10).await?;
    assert_eq!(dead[0].last_error.as_deref(), Some("no place for 7 at attempt 5"));
    assert_eq!(dead[0].attempts, 5);
    // After `requeue` it has all attempts again.
    assert_eq!(Outbox::requeue(&database, None, &[dead[0].id]).await?, 1);
    while Message::using(&database).filter(Message::STATE.eq(MessageState::Ready)).exists().await? {
        worker().run_once().await?;
    }
    assert_eq!(attempts.load(Ordering::Relaxed), 10);
    assert_eq!(Outbox::purge_all(&database, Some("failing")).await?, 1);
    assert_eq!(Message::using(&database).count().await?, 0);
    Ok(())
}

#[tokio::test]
async fn a_permanent_error_makes_a_dead_letter_at_once() -> Result<()> {
    let database = Database::new([]).await;
    Outbox::enqueue("numbers", "a text").on(&database).await?;
    Outbox::enqueue("refused", &1).on(&database).await?;
    Outbox::enqueue("panics", &1).on(&database).max_attempts(1).await?;
    eager(&database)
        .handle("numbers", async |_: Task<i32>| Ok(()))
        .handle("refused", async |_: Task<i32>| Err(permanent(Error::invalid("never"))))
        .handle("panics", async |_: Task<i32>| panic!("on purpose"))
        .run_once()
        .await?;
    let dead = Outbox::dead(&database, None, 10).await?;
    let errors: Vec<_> = dead.iter().map(|dead| (dead.attempts, dead.last_error.clone().unwrap_or_default())).collect();
    assert!(errors[0].1.contains("is not valid JSON for `i32`"), "{errors:?}");
    assert_eq!(errors[1], (1, "never".into()));
    assert_eq!(errors[2], (1, "the handler panicked: on purpose".into()));
    Ok(())
}

/// O4. Messages of one key are handled in order. Without keys, the same messages are not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn o4_messages_of_a_key_are_handled_in_order() -> Result<()> {
    let database = Database::new([]).await;
    let in_order = async |keyed: bool| {
        let topic = if keyed { "keyed" } else { "free" };
        for number in 0..40_u32 {
            let message = Outbox::enqueue(topic, &(number % 4, number)).on(&database);
            if keyed { message.key((number % 4).to_string()) } else { message }.await?;
        }
        let seen = Seen::default();
        let handler = {
            let seen = seen.clone();
            async move |task: Task<(u32, u32)>| {
                let (key, number) = *task.payload();
                // The first attempt at some messages fails, and some handlers are slow.
                if number % 5 == 0 && task.attempt() == 1 {
                    return Err(Error::invalid("again"));
                }
                for _ in 0..(40 - number) {
                    tokio::task::yield_now().await;
                }
                seen.note((key, number));
                Ok(())
            }
        };
        while Message::using(&database).exists().await? {
            let (one, other) =
                (eager(&database).handle(topic, handler.clone()), eager(&database).handle(topic, handler.clone()));
            tokio::try_join!(one.run_once(), other.run_once())?;
        }
        let mut by_key = BTreeMap::<u32, Vec<u32>>::new();
        for (key, number) in seen.all() {
            by_key.entry(key).or_default().push(number);
        }
        Ok::<_, Error>(by_key.values().all(|numbers| numbers.is_sorted()))
    };
    assert!(in_order(true).await?);
    assert!(!in_order(false).await?, "the broken variant is in order too");
    Ok(())
}

/// O6. The lease of a worker has ended, and another worker has claimed its message. The first worker neither completes
/// nor fails the message.
#[tokio::test]
async fn o6_a_late_completion_is_ignored() -> Result<()> {
    let database = Database::new([]).await;
    Outbox::enqueue("slow", &1).on(&database).await?;
    let (entered, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let slow = {
        let (entered, go) = (Arc::clone(&entered), Arc::clone(&go));
        // With a second free call, this worker could claim the message again itself.
        eager(&database).concurrency(1).handle("slow", async move |_: Task<i32>| {
            entered.notify_one();
            go.notified().await;
            Ok(())
        })
    };
    let late = tokio::spawn(async move { slow.run_once().await });
    entered.notified().await;
    // Its lease ends without a renewal, as in a process that is stopped.
    let now = connection(&database)?.now().await?;
    Message::using(&database).update((Message::AVAILABLE_AT.set(now),)).await?;
    let (second_entered, second_go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let second = {
        let (entered, go) = (Arc::clone(&second_entered), Arc::clone(&second_go));
        eager(&database).handle("slow", async move |task: Task<i32>| {
            assert_eq!(task.attempt(), 2);
            entered.notify_one();
            go.notified().await;
            Ok(())
        })
    };
    let second = tokio::spawn(second.run_once());
    second_entered.notified().await;
    go.notify_one();
    assert_eq!(late.await.map_err(Error::custom)??, 0);
    assert_eq!(Message::using(&database).count().await?, 1);
    second_go.notify_one();
    assert_eq!(second.await.map_err(Error::custom)??, 1);
    assert_eq!(Message::using(&database).count().await?, 0);
    Ok(())
}

/// O7. A message that always fails blocks only its own key.
#[tokio::test]
async fn o7_a_poison_message_blocks_only_its_key() -> Result<()> {
    let database = Database::new([]).await;
    let enqueue = async |number: i32, key: Option<&str>| {
        let message = Outbox::enqueue("poison", &number).on(&database);
        match key {
            Some(key) => message.key(key).await,
            None => message.await,
        }
    };
    let poison = enqueue(0, Some("a")).await?;
    for (number, key) in [(1, Some("a")), (2, Some("b")), (3, None), (4, Some("a")), (5, Some("b"))] {
        enqueue(number, key).await?;
    }
    let seen = Seen::default();
    let worker = || {
        let seen = seen.clone();
        eager(&database).max_attempts(3).handle("poison", async move |task: Task<i32>| {
            if *task.payload() == 0 {
                return Err(Error::invalid("poison"));
            }
            seen.note(*task.payload());
            Ok(())
        })
    };
    for _ in 0..10 {
        worker().run_once().await?;
    }
    let mut handled = seen.all();
    handled.sort_unstable();
    assert_eq!(handled, [2, 3, 5]);
    // When it is deleted, the other messages of its key are handled.
    Outbox::purge(&database, None, &[poison]).await?;
    worker().run_once().await?;
    assert_eq!(seen.all()[3..], [1, 4]);
    Ok(())
}

/// O11. A message gets its id before its commit. A reader of `id > last` would miss a message that commits late.
#[tokio::test]
async fn o11_a_lower_id_that_commits_late_is_not_lost() -> Result<()> {
    let database = Database::new([]).await;
    Outbox::install(&database).await?;
    if !connection(&database)?.capabilities().concurrent_writers {
        return Ok(());
    }
    let seen = Seen::default();
    let worker = || {
        let seen = seen.clone();
        eager(&database).handle("late", async move |task: Task<i32>| {
            seen.note((task.id(), *task.payload()));
            Ok(())
        })
    };
    let late = Transaction::begin(&*database).independent().await?;
    let first = late.run(async || Outbox::enqueue("late", &1).await).await?;
    let second = Outbox::enqueue("late", &2).on(&database).await?;
    assert!(first < second);
    worker().run_once().await?;
    assert_eq!(seen.all(), [(second, 2)]);
    let last = second;
    late.commit().await?;
    // The broken variant finds nothing.
    assert!(!Message::using(&database).filter(Message::ID.gt(last)).exists().await?);
    worker().run_once().await?;
    assert_eq!(seen.all(), [(second, 2), (first, 1)]);
    Ok(())
}

/// The same in a queue that is longer than a claim. There a claim starts at the end of the previous one.
#[tokio::test]
async fn o11_a_message_before_the_next_claim_is_not_lost() -> Result<()> {
    let database = Database::new([]).await;
    with_connection(&database, async || Outbox::enqueue_all("long", 1..=20).await).await?;
    let (seen, name) = (Seen::default(), database.to_string());
    let handler = {
        let seen = seen.clone();
        async move |task: Task<i32>| {
            seen.note(*task.payload());
            if *task.payload() == 7 {
                let id = Outbox::enqueue("long", &0).on(&name).await?;
                let early = connection(&name)?.now().await? - chrono::TimeDelta::hours(1);
                Message::using(&name).filter(Message::ID.eq(id)).update((Message::AVAILABLE_AT.set(early),)).await?;
            }
            Ok(())
        }
    };
    let gone = eager(&database).batch(2).concurrency(1).handle("long", handler).run_once().await?;
    let mut handled = seen.all();
    handled.sort_unstable();
    assert_eq!((gone, handled), (21, (0..=20).collect()));
    Ok(())
}

/// O12. A worker is not blocked by a long read transaction.
#[tokio::test]
async fn o12_a_long_reader_blocks_no_worker() -> Result<()> {
    let database = Database::new([]).await;
    with_connection(&database, async || Outbox::enqueue_all("read", 0..20).await).await?;
    let reader = Transaction::begin(&*database).independent().read_only().await?;
    let before = reader.run(async || Message::using(&database).count().await).await?;
    let gone = eager(&database).handle("read", async |_: Task<i32>| Ok(())).run_once().await?;
    assert_eq!((before, gone), (20, 20));
    reader.rollback().await?;
    assert_eq!(Message::using(&database).count().await?, 0);
    Ok(())
}

#[tokio::test]
async fn a_batch_is_handled_in_one_call() -> Result<()> {
    let database = Database::new([]).await;
    with_connection(&database, async || Outbox::enqueue_all("batch", 0..25).await).await?;
    let seen = Seen::default();
    let sizes = seen.clone();
    eager(&database)
        .concurrency(1)
        .handle_batch("batch", 10, async move |tasks: Vec<Task<i32>>| {
            sizes.note(tasks.len());
            Ok(())
        })
        .run_once()
        .await?;
    assert_eq!(seen.all(), [10, 10, 5]);
    Ok(())
}

#[tokio::test]
async fn a_commit_wakes_a_worker_and_a_shutdown_lets_its_handler_finish() -> Result<()> {
    let database = Database::new([]).await;
    let (entered, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (stop, stopped) = oneshot::channel::<()>();
    let worker = {
        let (entered, go) = (Arc::clone(&entered), Arc::clone(&go));
        // Its next poll is in an hour.
        eager(&database).concurrency(1).poll(Duration::from_secs(3600)).handle("woken", async move |_: Task<i32>| {
            entered.notify_one();
            go.notified().await;
            Ok(())
        })
    };
    Outbox::enqueue("woken", &1).on(&database).await?;
    let running = tokio::spawn(worker.run_until(async {
        stopped.await.ok();
    }));
    entered.notified().await;
    go.notify_one();
    transaction(&database, async || Outbox::enqueue("woken", &2).await.map(drop)).await?;
    entered.notified().await;
    // While the second message is handled, the worker can claim the third, and then releases it.
    Outbox::enqueue("woken", &3).on(&database).await?;
    stop.send(()).ok();
    go.notify_one();
    running.await.map_err(Error::custom)??;
    let left = Message::using(&database).all().await?;
    assert_eq!(left.iter().map(|left| (&*left.payload, left.attempts)).collect::<Vec<_>>(), [("3", 0)]);
    Ok(())
}

#[tokio::test]
async fn a_delayed_message_waits_for_its_time() -> Result<()> {
    let database = Database::new([]).await;
    Outbox::enqueue("delayed", &1).on(&database).delay(Duration::from_secs(3600)).await?;
    let worker = || eager(&database).handle("delayed", async |_: Task<i32>| Ok(()));
    assert_eq!(worker().run_once().await?, 0);
    let now = connection(&database)?.now().await?;
    Message::using(&database).update((Message::AVAILABLE_AT.set(now),)).await?;
    assert_eq!(worker().run_once().await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_periodic_message_is_written_once_for_each_time() -> Result<()> {
    let database = Database::new([]).await;
    let seen = Seen::default();
    let (stop, stopped) = oneshot::channel::<()>();
    let stop = Arc::new(Mutex::new(Some(stop)));
    let worker = {
        let (seen, stop) = (seen.clone(), Arc::clone(&stop));
        eager(&database).every(Duration::from_millis(20), "tick").handle(
            "tick",
            async move |task: Task<chrono::DateTime<chrono::Utc>>| {
                seen.note(*task.payload());
                if seen.all().len() == 4 {
                    stop.lock().unwrap_or_else(PoisonError::into_inner).take().map(|stop| stop.send(()));
                }
                Ok(())
            },
        )
    };
    let other = worker.clone();
    // One of the two workers writes each message. The second one stops after its first claims: the time decides nothing
    // else.
    let both = async {
        tokio::try_join!(worker.run_until(async { _ = stopped.await }), async {
            tokio::time::timeout(Duration::from_millis(1), other.run_until(std::future::pending()))
                .await
                .unwrap_or(Ok(()))
        },)
    };
    both.await?;
    let times = seen.all();
    assert!(times.is_sorted() && times.windows(2).all(|pair| pair[0] < pair[1]), "{times:?}");
    Ok(())
}

#[tokio::test]
async fn an_invalid_worker_is_refused() -> Result<()> {
    let database = Database::new([]).await;
    let idle = Worker::new(&*database).run_once().await;
    assert!(idle.is_err_and(|error| error.is_configuration() && error.message().contains("has no handler")));
    let twice = eager(&database)
        .handle("a", async |_: Task<i32>| Ok(()))
        .handle("a", async |_: Task<i32>| Ok(()))
        .run_once()
        .await;
    assert!(twice.is_err_and(|error| error.is_configuration() && error.message().contains("two handlers")));
    let nowhere = Worker::new("nowhere").handle("a", async |_: Task<i32>| Ok(())).run_once().await;
    assert!(nowhere.is_err_and(|error| error.is_configuration()));
    Ok(())
}
