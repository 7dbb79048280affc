//! O9. The session that receives the notifications for a worker is killed.

use std::time::{Duration, Instant};

use activerecord::Message;
use activerecord::prelude::*;
use faults::flow::{EFFECTS, Effect};
use rustix::process::Signal;

use crate::node::{Node, node, profiles};
use test_support::until;
use test_support::{Database, Profile};

/// A worker in another process. Its sessions have an `application_name` that no other test uses.
struct Woken {
    node: Node,
    from: Database,
    to: Database,
}

impl Woken {
    /// Starts the worker. A failpoint stops it before it listens for the second time.
    async fn start(profile: &'static Profile, broken: bool) -> Result<Self> {
        let (from, to) = (Database::on(profile, &[]).await?, Database::on(profile, &[EFFECTS]).await?);
        let places = format!("{}&application_name={}", from.url(), &*from);
        let start = node(&["work when woken", &from], &[&to]).first(&from, places).failpoint("outbox.listen=stop@2");
        let start = if broken { start.variable("ACTIVERECORD_BROKEN", "outbox.listen") } else { start };
        let woken = Self { node: start.start()?, from, to };
        woken.until_it_listens().await?;
        Ok(woken)
    }

    /// Returns the sessions of the worker that listen.
    async fn listeners(&self) -> Result<Vec<i32>> {
        // When such a session is idle, its LISTEN is complete.
        let listening = "SELECT pid FROM pg_stat_activity \
                         WHERE application_name = ? AND query LIKE 'LISTEN %' AND state = 'idle'";
        let rows = connection(&self.from)?.query(listening, [&*self.from]).await?;
        rows.iter().map(|row| row.get(0)).collect()
    }

    async fn until_it_listens(&self) -> Result<()> {
        until("the worker listens", async || Ok(!self.listeners().await?.is_empty())).await
    }

    /// Kills the sessions that listen. When this returns, the worker may already have another one.
    async fn kill_listener(&self) -> Result<()> {
        let killed = self.listeners().await?;
        for listener in &killed {
            connection(&self.from)?.query("SELECT pg_terminate_backend(?)", [*listener]).await?;
        }
        until("the listener is gone", async || Ok(!self.listeners().await?.iter().any(|pid| killed.contains(pid))))
            .await
    }

    async fn enqueue(&self, number: i64) -> Result<()> {
        Outbox::enqueue(&self.from, &number).on(&self.from).await.map(drop)
    }

    async fn is_handled(&self, number: i64) -> Result<bool> {
        Effect::using(&self.to).filter(Effect::TASK.eq(number)).exists().await
    }

    async fn until_handled(&self, number: i64) -> Result<()> {
        until("the message is handled", async || self.is_handled(number).await).await
    }
}

/// O9. A worker handles messages that are enqueued before its listener is killed, while it has no listener, and
/// afterwards. The broken variant does not read the outbox after it listens again: a message from the time without a
/// listener waits for the next poll, an hour later.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn o9_a_worker_misses_no_message_when_its_listener_is_killed() -> Result<()> {
    let mut tried = 0;
    for profile in profiles().filter(|profile| profile.capabilities.notifications) {
        let mut usual = Duration::ZERO;
        for broken in [false, true] {
            let woken = Woken::start(profile, broken).await?;
            woken.enqueue(1).await?;
            woken.until_handled(1).await?;
            woken.kill_listener().await?;
            woken.node.until_stopped().await?;
            // Only this test listens when the hint is sent.
            let mut hints = connection(&woken.from)?.listen("ar_outbox").await?;
            woken.enqueue(2).await?;
            while !hints.next().await?.ends_with(&*woken.from) {}
            assert!(!woken.is_handled(2).await?);
            woken.node.signal(Signal::CONT)?;
            woken.until_it_listens().await?;
            let listens = Instant::now();
            if broken {
                // Ten times as long as the worker needed without the defect.
                let patience = usual * 10 + Duration::from_millis(500);
                let handled = tokio::time::timeout(patience, woken.until_handled(2)).await;
                assert!(handled.is_err(), "the broken variant reads the outbox");
            } else {
                woken.until_handled(2).await?;
                usual = listens.elapsed();
            }
            woken.enqueue(3).await?;
            woken.until_handled(3).await?;
            woken.until_handled(2).await?;
            // Kill the listener at any time.
            for number in 4..=12 {
                woken.enqueue(number).await?;
                if !broken {
                    woken.kill_listener().await?;
                }
            }
            for number in 4..=12 {
                woken.until_handled(number).await?;
            }
            let ended = woken.node.end().await?;
            assert!(ended.is_success, "{ended:?}");
            assert_eq!(Message::using(&woken.from).count().await?, 0);
            tried += 1;
        }
    }
    assert!(tried > 0);
    Ok(())
}
