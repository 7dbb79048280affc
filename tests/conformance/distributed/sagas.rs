//! Sagas: steps, compensation, and decisions of an operator.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use activerecord::outbox::transient;
use activerecord::prelude::*;
use activerecord::saga::{SagaState, Sagas, StepContext};
use activerecord::{Backoff, SagaRecord, StepState};

use test_support::Database;

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Booking {
    id: i64,
    seat: String,
}

const BOOKINGS: &str = "bookings (id ID, seat STRING NOT NULL)";

/// Returns a saga of two steps in two databases, with its log in the first. Its lease is so long that only a test ends
/// it.
fn booking(name: &str, flights: &Database, hotels: &Database) -> Saga {
    let book = async |context: &StepContext| {
        let seat = context.input::<String>()?;
        Ok(Booking::create(Booking { id: 0, seat }).await?.id)
    };
    let cancel = async |_: &StepContext, id: i64| Booking::find(id).await?.destroy().await;
    let on = |database: &Database| database.to_string();
    let (first, second) = (on(flights), on(hotels));
    Saga::new(name)
        .log_on(&first)
        .backoff(Backoff::new(Duration::ZERO, Duration::ZERO))
        .lease(Duration::from_secs(3600))
        .attempts(3)
        .step_on(
            &first.clone(),
            "flight",
            {
                let first = first.clone();
                async move |context: &StepContext| Booking::with_connection(&first, async || book(context).await).await
            },
            async move |context: &StepContext, id: i64| {
                Booking::with_connection(&first, async || cancel(context, id).await).await
            },
        )
        .step_on(
            &second.clone(),
            "hotel",
            {
                let second = second.clone();
                async move |context: &StepContext| {
                    let flight: i64 = context.output("flight")?;
                    let seat = format!("room for {flight}");
                    let room = async || Booking::create(Booking { id: 0, seat }).await;
                    Ok(Booking::with_connection(&second, room).await?.id)
                }
            },
            async move |context: &StepContext, id: i64| {
                Booking::with_connection(&second, async || cancel(context, id).await).await
            },
        )
}

async fn count(database: &Database) -> Result<u64> {
    Booking::using(database).count().await
}

#[tokio::test]
async fn all_steps_are_done() -> Result<()> {
    let (flights, hotels) = (Database::new([BOOKINGS]).await, Database::new([BOOKINGS]).await);
    let id = booking("done", &flights, &hotels).run("12A").await?;
    assert_eq!((count(&flights).await?, count(&hotels).await?), (1, 1));
    let (saga, steps) = Sagas::on(&*flights).find(id).await?;
    assert_eq!((saga.state, saga.unwinding), (SagaState::Done, false));
    let states: Vec<_> = steps.iter().map(|step| (&*step.name, step.state, step.attempts)).collect();
    assert_eq!(states, [("flight", StepState::Succeeded, 1), ("hotel", StepState::Succeeded, 1)]);
    // With the same id it does not run again.
    let again = booking("done", &flights, &hotels).run_as(id, "12A").await?;
    assert_eq!((again, count(&flights).await?), (id, 1));
    Ok(())
}

#[tokio::test]
async fn a_saga_can_be_spawned() -> Result<()> {
    let (flights, hotels) = (Database::new([BOOKINGS]).await, Database::new([BOOKINGS]).await);
    let saga = booking("spawned", &flights, &hotels);
    tokio::spawn(async move { saga.run("12A").await }).await.map_err(Error::custom)??;
    assert_eq!(count(&hotels).await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_failed_step_compensates_the_steps_before_it() -> Result<()> {
    let (flights, hotels) = (Database::new([BOOKINGS]).await, Database::new([BOOKINGS]).await);
    let failing = booking("failing", &flights, &hotels).step(
        "payment",
        async |_: &StepContext| Err::<(), _>(Error::invalid("no money")),
        async |_: &StepContext, (): ()| Ok(()),
    );
    let error = failing.run("12A").await.err().ok_or_else(|| Error::invalid("it was done"))?;
    assert!(error.is_compensated(), "{error}");
    assert!(error.downcast_ref::<Error>().is_some_and(Error::is_invalid), "{error:?}");
    assert_eq!((count(&flights).await?, count(&hotels).await?), (0, 0));
    let [saga] =
        Sagas::on(&*flights).list(None, 10).await?.try_into().map_err(|all| Error::invalid(format!("{all:?}")))?;
    assert_eq!((saga.state, saga.unwinding), (SagaState::Compensated, true));
    assert_eq!(saga.error.as_deref(), Some("step `payment` failed: no money"));
    let (_, steps) = Sagas::on(&*flights).find(saga.id).await?;
    assert_eq!(steps.iter().map(|step| step.state).collect::<Vec<_>>(), [StepState::Undone; 3]);
    Ok(())
}

#[tokio::test]
async fn a_transient_error_is_retried() -> Result<()> {
    let (flights, hotels) = (Database::new([BOOKINGS]).await, Database::new([BOOKINGS]).await);
    let attempts = Arc::new(AtomicU32::new(0));
    let flaky = |limit: u32| {
        let attempts = Arc::clone(&attempts);
        booking("flaky", &flights, &hotels).step(
            "flaky",
            async move |context: &StepContext| {
                attempts.fetch_add(1, Ordering::Relaxed);
                if context.attempt() < limit { Err(transient(Error::invalid("later"))) } else { Ok(()) }
            },
            async |_: &StepContext, (): ()| Ok(()),
        )
    };
    flaky(3).run("12A").await?;
    assert_eq!(attempts.swap(0, Ordering::Relaxed), 3);
    let used_up = flaky(4).run("12B").await;
    assert!(used_up.is_err_and(|error| error.is_compensated()));
    assert_eq!(attempts.load(Ordering::Relaxed), 3);
    // After the deadline it is not retried.
    attempts.store(0, Ordering::Relaxed);
    let late = flaky(3).deadline(Duration::ZERO).run("12C").await;
    assert!(late.is_err_and(|error| error.is_compensated()));
    assert_eq!(attempts.load(Ordering::Relaxed), 1);
    Ok(())
}

/// S3. A compensation that fails leaves the saga stuck, until an operator decides.
#[tokio::test]
async fn s3_a_failed_compensation_is_stuck_and_resumed() -> Result<()> {
    let (flights, hotels) = (Database::new([BOOKINGS]).await, Database::new([BOOKINGS]).await);
    let broken = Arc::new(AtomicU32::new(1));
    let saga = {
        let broken = Arc::clone(&broken);
        booking("sticky", &flights, &hotels)
            .step(
                "mail",
                async |_: &StepContext| Ok(1),
                async move |_: &StepContext, _: i32| match broken.load(Ordering::Relaxed) {
                    1 => Err(Error::invalid("no way back")),
                    _ => Ok(()),
                },
            )
            .step(
                "payment",
                async |_: &StepContext| Err::<(), _>(Error::invalid("no money")),
                async |_: &StepContext, (): ()| Ok(()),
            )
    };
    let sagas = Sagas::on(&*flights);
    let stuck = async || {
        assert!(saga.run("12A").await.is_err_and(|error| error.is_stuck()));
        let stuck = sagas.list(Some(SagaState::Stuck), 10).await?;
        assert!(stuck[0].error.as_deref().is_some_and(|error| error.contains("no way back")), "{stuck:?}");
        Ok::<_, Error>(stuck[0].id)
    };
    // `resume`: the compensation continues to its end.
    let id = stuck().await?;
    assert_eq!((count(&flights).await?, count(&hotels).await?), (1, 1));
    assert!(sagas.resume_all().await?.compensated.is_empty());
    assert!(sagas.resume(id, "try again").await.is_err_and(|error| error.is_stuck()));
    broken.store(0, Ordering::Relaxed);
    assert!(sagas.resume(id, "mended").await.is_err_and(|error| error.is_compensated()));
    assert_eq!((count(&flights).await?, count(&hotels).await?), (0, 0));
    // `skip`.
    broken.store(1, Ordering::Relaxed);
    let id = stuck().await?;
    sagas.skip(id, "the mail was taken back by hand").await?;
    let resumed = sagas.resume_all().await?;
    assert!(resumed.compensated.contains(&id), "{resumed:?}");
    let (record, steps) = sagas.find(id).await?;
    assert_eq!(record.note.as_deref(), Some("the mail was taken back by hand"));
    assert_eq!(steps[2].state, StepState::Skipped);
    // `abandon`.
    let id = stuck().await?;
    sagas.abandon(id, "the loss is accepted").await?;
    assert_eq!(sagas.find(id).await?.0.state, SagaState::Abandoned);
    assert!(sagas.abandon(id, "twice").await.is_err_and(|error| error.is_not_found()));
    assert_eq!((count(&flights).await?, count(&hotels).await?), (1, 1));
    Ok(())
}

#[tokio::test]
async fn after_a_pivot_a_saga_only_goes_forward() -> Result<()> {
    let (flights, hotels) = (Database::new([BOOKINGS]).await, Database::new([BOOKINGS]).await);
    let open = Arc::new(AtomicU32::new(0));
    let saga = {
        let open = Arc::clone(&open);
        booking("pivot", &flights, &hotels).pivot("ticket", async |_: &StepContext| Ok("T1")).step(
            "print",
            async move |context: &StepContext| match open.load(Ordering::Relaxed) {
                0 => Err(Error::invalid("no paper")),
                _ => context.output::<String>("ticket"),
            },
            async |_: &StepContext, _: String| Ok(()),
        )
    };
    assert!(saga.run("12A").await.is_err_and(|error| error.is_stuck()));
    assert_eq!((count(&flights).await?, count(&hotels).await?), (1, 1));
    let sagas = Sagas::on(&*flights);
    let id = sagas.list(Some(SagaState::Stuck), 1).await?[0].id;
    open.store(1, Ordering::Relaxed);
    sagas.resume(id, "paper is in").await?;
    let (record, steps) = sagas.find(id).await?;
    assert_eq!((record.state, steps[3].output.as_deref()), (SagaState::Done, Some("\"T1\"")));
    Ok(())
}

/// S6, S7. A saga that this program does not know or cannot read is stuck or left alone. It neither panics nor is undone.
#[tokio::test]
async fn s6_s7_an_unknown_or_unreadable_saga_is_kept() -> Result<()> {
    let (flights, hotels) = (Database::new([BOOKINGS]).await, Database::new([BOOKINGS]).await);
    let sagas = Sagas::on(&*flights);
    // Makes a saga look interrupted, as after a crash of its process.
    let interrupted = async |change: &dyn Fn(&mut SagaRecord)| {
        let id = booking("known", &flights, &hotels).run("12A").await?;
        let mut record = sagas.find(id).await?.0;
        record.state = SagaState::Running;
        record.lease_until = connection(&flights)?.now().await?;
        change(&mut record);
        SagaRecord::with_connection(&flights, async || record.update().await).await?;
        Ok::<_, Error>(id)
    };
    let version = interrupted(&|record| record.definition_version = 7).await?;
    let name = interrupted(&|record| record.name = "of another program".into()).await?;
    let fine = interrupted(&|_| {}).await?;
    let resumed = sagas.resume_all().await?;
    assert!(resumed.stuck.contains(&version) && resumed.unknown.contains(&name), "{resumed:?}");
    assert!(resumed.done.contains(&fine), "{resumed:?}");
    let why = sagas.find(version).await?.0.error.unwrap_or_default();
    assert_eq!(why, "this process has no version 7 of its definition");
    // The definition does not have this step any more.
    let step = interrupted(&|_| {}).await?;
    let rename = "UPDATE ar_saga_step SET name = ? WHERE saga_id = ?";
    connection(&flights)?.execute(rename, params!["car", step]).await?;
    assert!(sagas.resume_all().await?.stuck.contains(&step));
    // An input of another type.
    let unreadable = booking("unreadable", &flights, &hotels).run(&[1, 2]).await;
    let error = unreadable.err().ok_or_else(|| Error::invalid("it was done"))?;
    assert!(error.is_compensated() && error.message().contains("is not valid JSON for `"), "{error}");
    Ok(())
}

/// The former executor began the compensation after this one had read the saga, and before it took it over.
#[tokio::test]
async fn a_saga_is_read_again_under_its_lease() -> Result<()> {
    let (flights, hotels) = (Database::new([BOOKINGS]).await, Database::new([BOOKINGS]).await);
    // The rule is the same on each database. A trigger of SQLite stands for the former executor.
    if connection(&flights)?.capabilities().concurrent_writers {
        return Ok(());
    }
    let id = booking("reread", &flights, &hotels).run("12A").await?;
    let mut record = SagaRecord::using(&flights).filter(SagaRecord::ID.eq(id)).first().await?.unwrap();
    (record.state, record.lease_until) = (SagaState::Running, connection(&flights)?.now().await?);
    SagaRecord::with_connection(&flights, async || record.update().await).await?;
    let compensates = "CREATE TRIGGER compensates AFTER UPDATE OF token ON ar_saga \
                       BEGIN UPDATE ar_saga SET unwinding = TRUE WHERE id = NEW.id; END";
    connection(&flights)?.execute(compensates, []).await?;
    assert_eq!(Sagas::on(&*flights).resume_all().await?.compensated, [id]);
    assert_eq!((count(&flights).await?, count(&hotels).await?), (0, 0));
    Ok(())
}

/// S4, S5. An executor continues after its lease has ended. Its action is refused, and it writes nothing.
#[tokio::test]
async fn s4_s5_a_late_action_is_refused_and_a_stale_token_writes_nothing() -> Result<()> {
    let (flights, hotels) = (Database::new([BOOKINGS]).await, Database::new([BOOKINGS]).await);
    let rooms = Database::new([BOOKINGS]).await;
    let (entered, go) = (Arc::new(tokio::sync::Notify::new()), Arc::new(tokio::sync::Notify::new()));
    let slow = {
        let (entered, go) = (Arc::clone(&entered), Arc::clone(&go));
        let (hotels, hotels_name) = (hotels.to_string(), hotels.to_string());
        booking("late", &flights, &rooms).step_on(
            &hotels.clone(),
            "slow",
            async move |context: &StepContext| {
                if context.attempt() == 1 {
                    entered.notify_one();
                    go.notified().await;
                }
                let late = async || Booking::create(Booking { id: 0, seat: "late".into() }).await;
                Ok(Booking::with_connection(&hotels, late).await?.id)
            },
            {
                let hotels = hotels_name;
                async move |_: &StepContext, id: i64| {
                    Booking::with_connection(&hotels, async || Booking::find(id).await?.destroy().await).await
                }
            },
        )
    };
    let id = Uuid::now_v7();
    let stale = tokio::spawn({
        let slow = slow.clone();
        async move { slow.run_as(id, "12A").await }
    });
    entered.notified().await;
    // Its lease ends, and another executor undoes the saga.
    let sagas = Sagas::on(&*flights);
    let now = connection(&flights)?.now().await?;
    let mut record = sagas.find(id).await?.0;
    (record.lease_until, record.unwinding, record.token) = (now, true, record.token + 1);
    SagaRecord::with_connection(&flights, async || record.update().await).await?;
    if connection(&hotels)?.capabilities().concurrent_writers {
        assert!(sagas.resume_all().await?.compensated.contains(&id));
        go.notify_one();
        assert!(stale.await.map_err(Error::custom)?.is_err_and(|error| error.is_lease_lost()));
    } else {
        // With one writer at a time, the undo of the step waits for its action.
        go.notify_one();
        assert!(stale.await.map_err(Error::custom)?.is_err_and(|error| error.is_lease_lost()));
        assert_eq!(count(&hotels).await?, 1);
        assert!(sagas.resume_all().await?.compensated.contains(&id));
    }
    assert_eq!(count(&hotels).await?, 0);
    assert_eq!(sagas.find(id).await?.0.state, SagaState::Compensated);
    Ok(())
}

#[tokio::test]
async fn an_invalid_saga_is_refused() -> Result<()> {
    let (flights, hotels) = (Database::new([BOOKINGS]).await, Database::new([BOOKINGS]).await);
    let empty = Saga::new("empty").run(&()).await;
    assert!(empty.is_err_and(|error| error.is_configuration() && error.message().contains("has no steps")));
    let twice = booking("twice", &flights, &hotels).pivot("hotel", async |_: &StepContext| Ok(())).run("12A").await;
    assert!(twice.is_err_and(|error| error.is_configuration() && error.message().contains("`hotel`")));
    let inside = transaction(&flights, async || booking("inside", &flights, &hotels).run("12A").await).await;
    assert!(inside.is_err_and(|error| error.message().contains("cannot run inside a transaction")));
    Ok(())
}
