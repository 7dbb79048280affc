//! Sagas whose process is killed or stands still, and the broken variants of S3 to S7, which are in `tests/conformance/distributed`, too.

use activerecord::prelude::*;
use activerecord::saga::{SagaState, Sagas};
use faults::trip::{BOOKINGS, Booking, Kind};

use crate::node::{Start, is_long, node, profiles};
use test_support::{Database, Profile, until};

/// Every write of the log, and the inside of every action: before and after.
const POINTS: [&str; 12] = [
    "saga.begun=kill",
    "saga.started=kill@1",
    "saga.started=kill@2",
    "saga.barrier=kill@1",
    "saga.barrier=kill@2",
    "saga.acted=kill@1",
    "saga.acted=kill@2",
    "saga.succeeded=kill",
    "saga.done=kill",
    "saga.failed=kill",
    "saga.reverted=kill@1",
    "saga.undone=kill@2",
];

async fn bookings(place: &str) -> Result<u64> {
    Booking::using(place).count().await
}

/// The state of the only saga, once it has ended.
async fn ended(log: &str) -> Result<SagaState> {
    let sagas = Sagas::on(log).list(None, 10).await?;
    match &sagas[..] {
        [saga] => Ok(saga.state),
        other => Err(Error::invalid(format!("{} sagas", other.len()))),
    }
}

/// Resumes the saga in other processes until it has ended. The process that has its lease was killed or is stopped, so the lease ends
/// now instead of in ten minutes.
async fn resume(kind: &str, broken: &str, flights: &Database, hotels: &Database) -> Result<SagaState> {
    let expire = "UPDATE ar_saga SET lease_until = '2000-01-01 00:00:00.000000'";
    until("the saga has ended", async || {
        connection(flights)?.execute(expire, []).await?;
        with(node(&["resume", kind], &[flights, hotels]), broken).run().await?;
        Ok(ended(flights).await? != SagaState::Running)
    })
    .await?;
    ended(flights).await
}

/// Runs a saga in a process that is killed at `point`, if it comes there, and goes on with it in others until it has ended.
async fn killed_and_resumed(
    kind: Kind,
    point: &str,
    flights: &Database,
    hotels: &Database,
) -> Result<(bool, SagaState)> {
    let (name, id) = (format!("{kind:?}"), Uuid::now_v7().to_string());
    let first = node(&["trip", &name, &id], &[flights, hotels]).failpoint(point).run().await?;
    let end = if first.is_killed { resume(&name, "", flights, hotels).await? } else { ended(flights).await? };
    Ok((first.is_killed, end))
}

async fn places(profile: &'static Profile) -> Result<(Database, Database)> {
    Ok((Database::on(profile, &[BOOKINGS]).await?, Database::on(profile, &[BOOKINGS]).await?))
}

/// S1. All or nothing, exactly once, wherever it is killed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s1_a_saga_ends_as_a_whole_wherever_its_process_is_killed() -> Result<()> {
    for profile in profiles() {
        let mut killed = 0;
        for (index, point) in POINTS.into_iter().enumerate() {
            // Without the long matrix, the servers share the points.
            if !is_long() && profile.name() != "sqlite" && index % 3 != profile.name().len() % 3 {
                continue;
            }
            for (kind, state, count) in [(Kind::Good, SagaState::Done, 1), (Kind::Failing, SagaState::Compensated, 0)] {
                let (flights, hotels) = places(profile).await?;
                let (was_killed, end) = killed_and_resumed(kind, point, &flights, &hotels).await?;
                killed += u32::from(was_killed);
                let at = format!("{} {kind:?} {point}", profile.name());
                assert_eq!(end, state, "{at}");
                assert_eq!((bookings(&flights).await?, bookings(&hotels).await?), (count, count), "{at}");
            }
        }
        assert!(killed > 3, "{} was killed {killed} times only", profile.name());
    }
    Ok(())
}

/// S2. A step that is repeated has its effect once. The broken variant, without the barrier, has it twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s2_a_step_that_is_repeated_has_its_effect_once() -> Result<()> {
    for profile in profiles() {
        for step in [1, 2] {
            let point = format!("saga.acted=kill@{step}");
            let (flights, hotels) = places(profile).await?;
            assert_eq!(killed_and_resumed(Kind::Good, &point, &flights, &hotels).await?, (true, SagaState::Done));
            assert_eq!((bookings(&flights).await?, bookings(&hotels).await?), (1, 1), "{}", profile.name());
            let (flights, hotels) = places(profile).await?;
            killed_and_resumed(Kind::Unguarded, &point, &flights, &hotels).await?;
            let total = bookings(&flights).await? + bookings(&hotels).await?;
            assert_eq!(total, 3, "the broken variant on {}", profile.name());
        }
    }
    Ok(())
}

/// A process with a part of the protocol broken, or, without a name, whole.
fn with<'a>(start: Start<'a>, broken: &str) -> Start<'a> {
    if broken.is_empty() { start } else { start.variable("ACTIVERECORD_BROKEN", broken) }
}

/// Runs a saga of this kind to its end, by as many processes as it takes.
async fn to_its_end(start: Start<'_>, kind: &str, flights: &Database, hotels: &Database) -> Result<SagaState> {
    start.run().await?;
    match ended(flights).await? {
        SagaState::Running => resume(kind, "", flights, hotels).await,
        end => Ok(end),
    }
}

/// S3. What cannot be undone is stuck, and waits for somebody. The broken variant counts it as undone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s3_what_cannot_be_undone_is_stuck() -> Result<()> {
    for profile in profiles() {
        for (broken, state) in [("", SagaState::Stuck), ("saga.stuck", SagaState::Compensated)] {
            let (flights, hotels) = places(profile).await?;
            let id = Uuid::now_v7().to_string();
            let start = with(node(&["trip", "Sticky", &id], &[&flights, &hotels]), broken);
            assert_eq!(to_its_end(start, "Sticky", &flights, &hotels).await?, state, "{} {broken}", profile.name());
            assert_eq!(bookings(&flights).await?, 1, "the booking is there");
        }
    }
    Ok(())
}

/// S4. An action that comes late, when the saga is undone, has no effect: also of a process that does not know that its lease is
/// over. The broken variant has no barrier, and leaves one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s4_an_action_that_comes_late_has_no_effect() -> Result<()> {
    use rustix::process::Signal;
    for profile in profiles() {
        for (broken, left) in [("saga.lease", 0), ("saga.lease,saga.barrier", 1)] {
            let (flights, hotels) = places(profile).await?;
            let id = Uuid::now_v7().to_string();
            let start = node(&["trip", "Failing", &id], &[&flights, &hotels]).failpoint("saga.started=stop@2");
            let late = with(start, broken).start()?;
            late.until_stopped().await?;
            assert_eq!(resume("Failing", "", &flights, &hotels).await?, SagaState::Compensated);
            late.signal(Signal::CONT)?;
            late.end().await?;
            assert_eq!(bookings(&hotels).await?, left, "{} {broken}", profile.name());
        }
    }
    Ok(())
}

/// A saga of this kind that was killed when its second step had begun, after `change` to the log.
async fn changed(kind: &str, change: &str, broken: &str, places: &(Database, Database)) -> Result<SagaState> {
    let (flights, hotels) = places;
    let id = Uuid::now_v7().to_string();
    let killed = node(&["trip", kind, &id], &[flights, hotels]).failpoint("saga.started=kill@2").run().await?;
    assert!(killed.is_killed, "{killed:?}");
    connection(flights)?.execute(change, []).await?;
    resume(kind, broken, flights, hotels).await
}

/// S6. A step that the definition has not is no step to go on from. The broken variant goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s6_a_step_that_nobody_knows_is_stuck() -> Result<()> {
    let rename = "UPDATE ar_saga_step SET name = 'car' WHERE name = 'flight'";
    for profile in profiles() {
        for (broken, state) in [("", SagaState::Stuck), ("saga.steps", SagaState::Done)] {
            let places = places(profile).await?;
            assert_eq!(changed("Good", rename, broken, &places).await?, state, "{} {broken}", profile.name());
        }
    }
    Ok(())
}

/// S7. What a step returned cannot be read: it is not undone by guess. The broken variant takes it for nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s7_what_cannot_be_read_is_stuck() -> Result<()> {
    let spoil = "UPDATE ar_saga_step SET output = '{' WHERE name = 'flight'";
    for profile in profiles() {
        for (broken, state) in [("", SagaState::Stuck), ("saga.decode", SagaState::Compensated)] {
            let places = places(profile).await?;
            assert_eq!(changed("Loose", spoil, broken, &places).await?, state, "{} {broken}", profile.name());
            assert_eq!(bookings(&places.0).await?, 1, "the booking is there");
        }
    }
    Ok(())
}

/// S5. An executor that stands still past its lease, while somebody else ends the saga, writes nothing when it goes on. The
/// broken variant heeds no lease, and writes into the log of a saga that has ended.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s5_an_executor_that_stood_still_writes_nothing() -> Result<()> {
    use rustix::process::Signal;
    for profile in profiles() {
        for broken in [false, true] {
            let (flights, hotels) = places(profile).await?;
            let id = Uuid::now_v7().to_string();
            let stopped = node(&["trip", "Good", &id], &[&flights, &hotels]).failpoint("saga.acted=stop@1");
            let stopped =
                if broken { stopped.variable("ACTIVERECORD_BROKEN", "saga.lease") } else { stopped }.start()?;
            stopped.until_stopped().await?;
            assert_eq!(resume("Good", "", &flights, &hotels).await?, SagaState::Done);
            stopped.signal(Signal::CONT)?;
            let late = stopped.end().await?;
            assert_eq!(late.printed.contains("Protocol(\"lease lost\")"), !broken, "{}: {late:?}", profile.name());
            // The barriers keep what it does from having its effect again.
            assert_eq!((bookings(&flights).await?, bookings(&hotels).await?), (1, 1), "{}", profile.name());
        }
    }
    Ok(())
}
