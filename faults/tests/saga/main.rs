//! Sagas whose process is killed: S1 and S2. S3 to S7 are in `tests/conformance/distributed`, on every database.

#[path = "../common/mod.rs"]
mod common;

use activerecord::prelude::*;
use faults::trip::{BOOKINGS, Booking, Kind};

use common::harness::Database;
use common::{node, profiles, until};

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

/// Runs a saga in a process that is killed at `point`, if it comes there, and goes on with it in others until it has ended.
async fn killed_and_resumed(
    kind: Kind,
    point: &str,
    flights: &Database,
    hotels: &Database,
) -> Result<(bool, SagaState)> {
    let (name, id) = (format!("{kind:?}"), Uuid::now_v7().to_string());
    let first = node(&["trip", &name, &id], &[flights, hotels]).failpoint(point).run().await?;
    if first.is_killed {
        until("the saga has ended", async || {
            node(&["resume", &name], &[flights, hotels]).run().await?;
            Ok(ended(flights).await? != SagaState::Running)
        })
        .await?;
    }
    Ok((first.is_killed, ended(flights).await?))
}

async fn places(profile: &'static common::harness::Profile) -> Result<(Database, Database)> {
    Ok((Database::on(profile, &[BOOKINGS]).await?, Database::on(profile, &[BOOKINGS]).await?))
}

/// S1. All or nothing, exactly once, wherever it is killed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s1_a_saga_ends_as_a_whole_wherever_its_process_is_killed() -> Result<()> {
    for profile in profiles() {
        let mut killed = 0;
        for (index, point) in POINTS.into_iter().enumerate() {
            // Without the long matrix, the servers share the points.
            if !common::is_long() && profile.name() != "sqlite" && index % 3 != profile.name().len() % 3 {
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
            stopped.stands().await?;
            until("the saga has ended", async || {
                node(&["resume", "Good"], &[&flights, &hotels]).run().await?;
                Ok(ended(&flights).await? != SagaState::Running)
            })
            .await?;
            stopped.signal(Signal::CONT)?;
            let late = stopped.end().await?;
            assert_eq!(late.printed.contains("LeaseLost"), !broken, "{}: {late:?}", profile.name());
            // The barriers keep what it does from having its effect again.
            assert_eq!((bookings(&flights).await?, bookings(&hotels).await?), (1, 1), "{}", profile.name());
        }
    }
    Ok(())
}
