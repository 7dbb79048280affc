//! Forgetting transactions all of whose branches are known to have ended. Nobody waits for it, so many are forgotten by one
//! statement: a commit of their own would cost each as much as its decision. What is left when the process dies is found by
//! the recoverer.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use activerecord_core::{ActiveRecord, ConnectionHandle, Result, Scalar};
use tokio::task::JoinHandle;

use super::record::{Decision, Mark, Participant};

/// How long to wait for more.
const PAUSE: Duration = Duration::from_millis(500);

/// Transactions that the same database has decided about.
struct Finished {
    store: ConnectionHandle,
    gids: Vec<String>,
    participants: Vec<Participant>,
}

#[derive(Default)]
struct Queue {
    /// By the number of the connection with the decision.
    finished: BTreeMap<u64, Finished>,
    task: Option<JoinHandle<()>>,
}

static QUEUE: LazyLock<Mutex<Queue>> = LazyLock::new(Mutex::default);

/// Forgets it soon.
pub(super) fn later(store: &ConnectionHandle, gid: &str, participants: Vec<Participant>) {
    let mut queue = queue();
    let new = || Finished { store: store.clone(), gids: Vec::new(), participants: Vec::new() };
    let finished = queue.finished.entry(store.id()).or_insert_with(new);
    finished.gids.push(gid.to_owned());
    finished.participants.extend(participants);
    // The task of a runtime that has ended is finished, too.
    if queue.task.as_ref().is_none_or(JoinHandle::is_finished) {
        queue.task = Some(tokio::spawn(work()));
    }
}

async fn work() {
    loop {
        tokio::time::sleep(PAUSE).await;
        let finished = std::mem::take(&mut queue().finished);
        for Finished { store, gids, participants } in finished.into_values() {
            now(&store, &gids, &participants).await;
        }
        let mut queue = queue();
        if queue.finished.is_empty() {
            queue.task = None;
            return;
        }
    }
}

fn queue() -> MutexGuard<'static, Queue> {
    QUEUE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Forgets these now.
pub(super) async fn now(store: &ConnectionHandle, gids: &[String], participants: &[Participant]) {
    if let Err(error) = delete(store, gids, participants).await {
        tracing::debug!(target: "activerecord", ?gids, %error, "what is left of finished transactions is left to the recoverer");
    }
}

/// The decisions first, and then what says that their branches are committed: in the other order a branch would look as if
/// it were not.
async fn delete(store: &ConnectionHandle, gids: &[String], participants: &[Participant]) -> Result<()> {
    Decision::using(store.name()).filter(Decision::GID.is_in(gids.to_vec())).delete().await?;
    let mut names: Vec<_> = participants.iter().map(|participant| &participant.connection).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        Mark::using(name).filter(Mark::GID.is_in(gids.to_vec())).delete().await?;
    }
    Ok(())
}
