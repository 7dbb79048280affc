//! T5. Processes make transfers between all servers and are killed at random, while others recover.

use std::time::Duration;

use activerecord::prelude::*;
use faults::bank::{self, ACCOUNTS};
use rustix::process::Signal;

use super::left;
use crate::node::{ALONE, is_long, node, profiles};
use test_support::Database;
use test_support::until;

/// Returns whether the sum of all balances is right in the end, and how many processes were killed.
async fn storm(broken: bool) -> Result<(bool, u32)> {
    let mut banks = Vec::new();
    for profile in profiles() {
        // Not SQLite: it has one writer at a time, which would slow down all processes.
        if profile.name() != "sqlite" {
            let one = Database::on(profile, &[ACCOUNTS]).await?;
            bank::open(&one, 20).await?;
            banks.push(one);
        }
    }
    let places: Vec<&Database> = banks.iter().collect();
    let seconds = if is_long() { 60 } else { 8 };
    let start = |what: &[&str]| {
        // A coordinator pauses between the phases, so that a recovery can run meanwhile.
        let start = node(what, &places).failpoint("2pc.prepared=pause");
        if broken { start.variable("ACTIVERECORD_BROKEN", "2pc.ask") } else { start }.start()
    };
    let recoverers = [start(&["recover until killed"])?, start(&["recover until killed"])?];
    let end = tokio::time::Instant::now() + Duration::from_secs(seconds);
    let (mut kills, mut tries) = (0, 0);
    let mut running = vec![start(&["transfers", "60000"])?, start(&["transfers", "60000"])?];
    // A slow machine starts few processes in this time, so it gets more time.
    while tokio::time::Instant::now() < end || (kills < 6 && tries < 50) {
        tokio::time::sleep(Duration::from_millis(fastrand::u64(100..700))).await;
        let victim = fastrand::usize(0..running.len());
        running[victim].signal(Signal::KILL)?;
        let victim = std::mem::replace(&mut running[victim], start(&["transfers", "60000"])?);
        kills += u32::from(victim.end().await?.is_killed);
        tries += 1;
    }
    for node in running.into_iter().chain(recoverers) {
        node.signal(Signal::KILL)?;
        node.end().await?;
    }
    node(&["recover"], &places).run().await?;
    if !broken {
        // A server may prepare a branch after its coordinator was killed, and after the first recovery.
        until("no branch is left", async || {
            let is_done = left().await? == 0;
            if !is_done {
                node(&["recover"], &places).run().await?;
            }
            Ok(is_done)
        })
        .await?;
    }
    let mut sum = 0;
    for bank in &banks {
        sum += bank::sum(bank).await?;
    }
    let expected = i64::try_from(banks.len()).map_err(Error::custom)? * 20 * 100;
    println!("broken: {broken}, {kills} processes killed, the sum is {sum} of {expected}");
    Ok((sum == expected, kills))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t5_the_sum_of_all_balances_is_constant() -> Result<()> {
    let _alone = ALONE.lock().await;
    if profiles().count() < 3 {
        return Ok(());
    }
    let (holds, kills) = storm(false).await?;
    assert!(holds && kills > 5, "{kills}");
    Ok(())
}

/// The broken variant of T5: a recovery does not check whether the coordinator can still commit.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t5_the_sum_is_wrong_if_recovery_does_not_ask() -> Result<()> {
    let _alone = ALONE.lock().await;
    if profiles().count() < 3 {
        return Ok(());
    }
    // One storm is usually enough.
    for _ in 0..20 {
        if !storm(true).await?.0 {
            return Ok(());
        }
    }
    Err(Error::invalid("the sum is right with the broken variant, too"))
}
