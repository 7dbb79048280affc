//! Sagas whose process is killed or stopped: S1 to S7, each with a broken variant. S3 to S7 are also in
//! `tests/conformance/distributed`.

use activerecord::prelude::*;
use activerecord::saga::{SagaState, Sagas};
use faults::trip::{BOOKINGS, Booking, Kind};

use crate::node::{Start, is_long, node, profiles};
use test_support::{Database, Profile, until};

/// The points before and after each write of the log and each action, and one inside each action.
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

/// Returns the state of the only saga.
async fn state(log: &str) -> Result<SagaState> {
    let sagas = Sagas::on(log).list(None, 10).await?;
    match &sagas[..] {
        [saga] => Ok(saga.state),
        other => Err(Error::invalid(format!("{} sagas", other.len()))),
    }
}

/// Resumes the saga in other processes until it has ended. The process with the lease was killed or is stopped. So that
/// the others need not wait ten minutes, the lease ends now.
async fn resume(kind: &str, broken: &str, flights: &Database, hotels: &Database) -> Result<SagaState> {
    let expire = "UPDATE ar_saga SET lease_until = '2000-01-01 00:00:00.000000'";
    until("the saga has ended", async || {
        connection(flights)?.execute(expire, []).await?;
        with(node(&["resume", kind], &[flights, hotels]), broken).run().await?;
        Ok(state(flights).await? != SagaState::Running)
    })
    .await?;
    state(flights).await
}

/// Runs a saga in a process that is killed at `point`, if it reaches it, and then resumes the saga until it has ended.
async fn killed_and_resumed(
    kind: Kind,
    point: &str,
    flights: &Database,
    hotels: &Database,
) -> Result<(bool, SagaState)> {
    let (name, id) = (format!("{kind:?}"), Uuid::now_v7().to_string());
    let first = node(&["trip", &name, &id], &[flights, hotels]).failpoint(point).run().await?;
    let end = if first.is_killed { resume(&name, "", flights, hotels).await? } else { state(flights).await? };
    Ok((first.is_killed, end))
}

async fn places(profile: &'static Profile) -> Result<(Database, Database)> {
    Ok((Database::on(profile, &[BOOKINGS]).await?, Database::on(profile, &[BOOKINGS]).await?))
}

/// S1. Wherever the process is killed, either all steps have one effect each, or none has an effect.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s1_a_saga_is_complete_or_compensated_wherever_its_process_is_killed() -> Result<()> {
    for profile in profiles() {
        let mut killed = 0;
        for (index, point) in POINTS.into_iter().enumerate() {
            // In the short matrix, each server has a third of the points.
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

/// S2. A repeated step has one effect. The broken variant has no barrier, and two effects.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s2_a_repeated_step_has_one_effect() -> Result<()> {
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

/// Disables parts of the protocol in a process. An empty name disables nothing.
fn with<'a>(start: Start<'a>, broken: &str) -> Start<'a> {
    if broken.is_empty() { start } else { start.variable("ACTIVERECORD_BROKEN", broken) }
}

/// Runs a saga of this kind until it has ended, in as many processes as needed.
async fn to_its_end(start: Start<'_>, kind: &str, flights: &Database, hotels: &Database) -> Result<SagaState> {
    start.run().await?;
    match state(flights).await? {
        SagaState::Running => resume(kind, "", flights, hotels).await,
        end => Ok(end),
    }
}

/// S3. A saga whose compensating action fails is stuck until an operator decides. The broken variant counts it as
/// compensated.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s3_a_saga_that_cannot_be_compensated_is_stuck() -> Result<()> {
    for profile in profiles() {
        for (broken, state) in [("", SagaState::Stuck), ("saga.stuck", SagaState::Compensated)] {
            let (flights, hotels) = places(profile).await?;
            let id = Uuid::now_v7().to_string();
            let start = with(node(&["trip", "Sticky", &id], &[&flights, &hotels]), broken);
            assert_eq!(to_its_end(start, "Sticky", &flights, &hotels).await?, state, "{} {broken}", profile.name());
            assert_eq!(bookings(&flights).await?, 1, "the booking still exists");
        }
    }
    Ok(())
}

/// S4. An action that runs after the saga was compensated has no effect, even if its process does not check its lease.
/// The broken variant has no barrier, so the action has an effect.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s4_a_late_action_has_no_effect() -> Result<()> {
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

/// Kills the process of a saga when its second step has started, changes the log, and resumes the saga.
async fn changed(kind: &str, change: &str, broken: &str, places: &(Database, Database)) -> Result<SagaState> {
    let (flights, hotels) = places;
    let id = Uuid::now_v7().to_string();
    let killed = node(&["trip", kind, &id], &[flights, hotels]).failpoint("saga.started=kill@2").run().await?;
    assert!(killed.is_killed, "{killed:?}");
    connection(flights)?.execute(change, []).await?;
    resume(kind, broken, flights, hotels).await
}

/// S6. A saga is stuck if its log has a step that its definition does not have. The broken variant continues.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s6_a_saga_with_an_unknown_step_is_stuck() -> Result<()> {
    let rename = "UPDATE ar_saga_step SET name = 'car' WHERE name = 'flight'";
    for profile in profiles() {
        for (broken, state) in [("", SagaState::Stuck), ("saga.steps", SagaState::Done)] {
            let places = places(profile).await?;
            assert_eq!(changed("Good", rename, broken, &places).await?, state, "{} {broken}", profile.name());
        }
    }
    Ok(())
}

/// S7. A saga is stuck if the output of a step cannot be read. The broken variant skips the compensating action of that
/// step.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s7_a_saga_with_an_unreadable_output_is_stuck() -> Result<()> {
    let spoil = "UPDATE ar_saga_step SET output = '{' WHERE name = 'flight'";
    for profile in profiles() {
        for (broken, state) in [("", SagaState::Stuck), ("saga.decode", SagaState::Compensated)] {
            let places = places(profile).await?;
            assert_eq!(changed("Loose", spoil, broken, &places).await?, state, "{} {broken}", profile.name());
            assert_eq!(bookings(&places.0).await?, 1, "the booking still exists");
        }
    }
    Ok(())
}

/// S5. An executor is stopped, its lease ends, and another executor ends the saga. When the first one continues, it
/// writes nothing. The broken variant ignores the lease, and writes to the log of a saga that has ended.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s5_an_executor_without_its_lease_writes_nothing() -> Result<()> {
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
            // The barriers prevent a second effect of its actions.
            assert_eq!((bookings(&flights).await?, bookings(&hotels).await?), (1, 1), "{}", profile.name());
        }
    }
    Ok(())
}
