//! Workers whose process or listener is killed or stopped: O2, O3, O5, O6, O7, O9. The other cases are in
//! `tests/conformance/distributed`, for every database.

mod listener;

use std::collections::BTreeMap;

use activerecord::Message;
use activerecord::prelude::*;
use faults::flow::{EFFECTS, Effect, TOPIC};
use rustix::process::Signal;

use crate::node::{is_long, node, profiles};
use test_support::until;
use test_support::{Database, Profile};

/// Creates a database with messages in its outbox, and one for their effects.
async fn places(profile: &'static Profile, messages: i64) -> Result<(Database, Database)> {
    let (from, to) = (Database::on(profile, &[]).await?, Database::on(profile, &[EFFECTS]).await?);
    with_connection(&from, async || Outbox::enqueue_all(TOPIC, 1..=messages).await).await?;
    Ok((from, to))
}

/// Returns how many messages had no effect, and how many had more than one.
async fn count_lost_and_doubled(to: &str, messages: i64) -> Result<(usize, usize)> {
    let mut effects = BTreeMap::<i64, usize>::new();
    for task in Effect::using(to).pluck(Effect::TASK).await? {
        *effects.entry(task).or_default() += 1;
    }
    let lost = (1..=messages).filter(|number| !effects.contains_key(number)).count();
    Ok((lost, effects.values().filter(|count| **count > 1).count()))
}

/// Runs workers until the outbox is empty.
async fn work_off(from: &Database, to: &Database, how: &str) -> Result<()> {
    until("the outbox is empty", async || {
        node(&["work off", how], &[from, to]).run().await?;
        Ok(Message::using(from).count().await? == 0)
    })
    .await
}

/// O2. A worker is killed after the claim, after the effect, or after the acknowledgement. The broken variant has no
/// inbox and repeats effects.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn o2_each_message_of_a_killed_worker_has_one_effect() -> Result<()> {
    for profile in profiles() {
        let mut doubled = 0;
        let points = ["outbox.claimed=kill", "outbox.handled=kill", "outbox.handled=kill@3", "outbox.settled=kill@2"];
        for point in points.into_iter().take(if is_long() { 4 } else { 2 }) {
            for how in ["once", "broken"] {
                let (from, to) = places(profile, 40).await?;
                // With one call at a time, the worker settles each message by itself, so it reaches the point three
                // times.
                let calls = if point.contains('@') { "1" } else { "8" };
                let killed = node(&["work", how, calls], &[&from, &to]).failpoint(point).start()?;
                let killed = killed.end_by_itself().await?;
                assert!(killed.is_killed, "{killed:?}");
                work_off(&from, &to, how).await?;
                let (lost, twice) = count_lost_and_doubled(&to, 40).await?;
                assert_eq!(lost, 0, "{} {how} {point}", profile.name());
                if how == "once" {
                    assert_eq!(twice, 0, "{} {point}", profile.name());
                } else {
                    doubled += twice;
                }
            }
        }
        assert!(doubled > 0, "the broken variant repeats no effect on {}", profile.name());
    }
    Ok(())
}

/// O3. Eight workers share an outbox, and some of them are killed again and again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn o3_eight_workers_share_an_outbox() -> Result<()> {
    let messages = if is_long() { 100_000 } else { 800 };
    for profile in profiles() {
        let (from, to) = places(profile, messages).await?;
        // This worker is killed while it has messages. On a slow machine, the others may handle all messages before
        // they are killed.
        let first = node(&["work", "once", "8"], &[&from, &to]).failpoint("outbox.handled=kill").start()?;
        let mut kills = u32::from(first.end_by_itself().await?.is_killed);
        let start = || node(&["work", "once", "8"], &[&from, &to]).start();
        let mut workers = (0..8).map(|_| start()).collect::<Result<Vec<_>>>()?;
        while Message::using(&from).count().await? > 0 {
            let victim = fastrand::usize(0..workers.len());
            // Not longer, because this worker may have no message left.
            let effect = workers[victim].until_printed("effect");
            tokio::time::timeout(std::time::Duration::from_millis(300), effect).await.ok();
            if kills < 7 {
                workers[victim].signal(Signal::KILL)?;
                workers[victim] = start()?;
                kills += 1;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        for worker in workers {
            worker.signal(Signal::KILL)?;
        }
        assert_eq!(count_lost_and_doubled(&to, messages).await?, (0, 0), "{} after {kills} kills", profile.name());
        assert!(kills > 0);
    }
    Ok(())
}

/// O5. A worker is stopped for longer than its lease. Another worker handles its messages, and then the first one
/// continues.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn o5_a_worker_that_was_stopped_repeats_no_effect() -> Result<()> {
    for profile in profiles() {
        for how in ["once", "broken"] {
            let (from, to) = places(profile, 20).await?;
            // An effect is committed, and its message is not acknowledged. With one call at a time, the stopped worker
            // has no open transaction that the other worker would wait for.
            let stopped = node(&["work", how, "1"], &[&from, &to]).failpoint("outbox.handled=stop").start()?;
            stopped.until_stopped().await?;
            work_off(&from, &to, how).await?;
            stopped.signal(Signal::CONT)?;
            stopped.end().await?;
            let (lost, twice) = count_lost_and_doubled(&to, 20).await?;
            assert_eq!((lost, twice > 0), (0, how == "broken"), "{} {how}: {twice}", profile.name());
        }
    }
    Ok(())
}

/// O6. A stopped worker continues after another worker has claimed its message. Its acknowledgement has no effect. The
/// broken variant ignores the token, so it deletes the message that the other worker has.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn o6_a_late_acknowledgement_has_no_effect() -> Result<()> {
    for profile in profiles() {
        for broken in [false, true] {
            let (from, to) = places(profile, 1).await?;
            let late = node(&["work", "once", "1"], &[&from, &to]).failpoint("outbox.handled=stop");
            let late = if broken { late.variable("ACTIVERECORD_BROKEN", "outbox.token") } else { late }.start()?;
            late.until_stopped().await?;
            // As another worker would claim the message.
            let end = connection(&from)?.now().await? + std::time::Duration::from_secs(3600);
            let claim = (Message::LEASE_TOKEN.set(Uuid::new_v4()), Message::AVAILABLE_AT.set(end));
            assert_eq!(Message::using(&from).update(claim).await?, 1);
            late.signal(Signal::CONT)?;
            let ended = late.end().await?;
            assert!(ended.is_success, "{ended:?}");
            let left = Message::using(&from).count().await?;
            assert_eq!(left, u64::from(!broken), "{} broken: {broken}", profile.name());
        }
    }
    Ok(())
}

/// O7. A message that cannot be handled becomes a dead letter, and the others are handled. The broken variant retries
/// it without a limit.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn o7_a_poison_message_becomes_a_dead_letter() -> Result<()> {
    for profile in profiles() {
        for (broken, dead) in [("", 1), ("outbox.poison", 0)] {
            let (from, to) = (Database::on(profile, &[]).await?, Database::on(profile, &[EFFECTS]).await?);
            with_connection(&from, async || {
                Outbox::enqueue(TOPIC, "poison").await?;
                Outbox::enqueue_all(TOPIC, 1..=10).await
            })
            .await?;
            until("the other messages have their effects", async || {
                node(&["work off", "once"], &[&from, &to]).variable("ACTIVERECORD_BROKEN", broken).run().await?;
                Ok(count_lost_and_doubled(&to, 10).await? == (0, 0))
            })
            .await?;
            assert_eq!(Outbox::dead(&from, None, 10).await?.len(), dead, "{} {broken}", profile.name());
        }
    }
    Ok(())
}
