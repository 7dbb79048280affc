//! T5. A bank over all engines, with processes that are killed at random while recoverers race them.

use std::time::Duration;

use activerecord::prelude::*;
use faults::bank::{self, ACCOUNTS};
use rustix::process::Signal;

use super::left;
use crate::node::{ALONE, is_long, node, profiles};
use test_support::Database;
use test_support::until;

/// Whether the sum holds after all of that, and how many processes were killed.
async fn storm(broken: bool) -> Result<(bool, u32)> {
    let mut banks = Vec::new();
    for profile in profiles() {
        // One writer at a time would be all that is tested.
        if profile.name() != "sqlite" {
            let one = Database::on(profile, &[ACCOUNTS]).await?;
            bank::open(&one, 20).await?;
            banks.push(one);
        }
    }
    let places: Vec<&Database> = banks.iter().collect();
    let seconds = if is_long() { 60 } else { 8 };
    let start = |what: &[&str]| {
        // Between the phases it stands still for a moment, so that the recoverers have something to race for.
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
    println!("broken: {broken}, {kills} processes killed, {sum} of {expected} are there");
    Ok((sum == expected, kills))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t5_the_sum_of_a_bank_holds() -> Result<()> {
    let _alone = ALONE.lock().await;
    if profiles().count() < 3 {
        return Ok(());
    }
    let (holds, kills) = storm(false).await?;
    assert!(holds && kills > 5, "{kills}");
    Ok(())
}

/// The broken variant: recoverers that do not ask whether a coordinator may still decide.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t5_without_asking_the_sum_does_not_hold() -> Result<()> {
    let _alone = ALONE.lock().await;
    if profiles().count() < 3 {
        return Ok(());
    }
    // The first storm is enough on most machines.
    for _ in 0..20 {
        if !storm(true).await?.0 {
            return Ok(());
        }
    }
    Err(Error::invalid("the broken variant holds, too"))
}
