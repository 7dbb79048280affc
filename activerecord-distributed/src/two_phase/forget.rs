//! Deletes the records of transactions whose branches have all ended.
//!
//! Nothing waits for the deletion, so it runs in the background and deletes many transactions per statement. One commit
//! per transaction would cost as much as its decision. Recovery deletes the records that a crash leaves behind.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use activerecord_core::{ActiveRecord, ConnectionHandle, Result, Scalar};
use futures_util::future::join_all;
use tokio::task::JoinHandle;

use super::limit::{ANSWER_TIMEOUT, within};
use super::record::{Decision, DecisionState, Mark, Participant};
use crate::failpoint;

/// How long to collect transactions before they are deleted.
const INTERVAL: Duration = Duration::from_millis(500);

/// Ended transactions with the same commit point.
struct Ended {
    commit_point: ConnectionHandle,
    gids: Vec<String>,
    participants: Vec<Participant>,
}

#[derive(Default)]
struct Queue {
    /// By the id of the commit point's connection.
    ended: BTreeMap<u64, Ended>,
    task: Option<JoinHandle<()>>,
}

static QUEUE: LazyLock<Mutex<Queue>> = LazyLock::new(Mutex::default);

/// Deletes the records of this transaction soon.
pub(super) fn later(commit_point: &ConnectionHandle, gid: &str, participants: Vec<Participant>) {
    let mut queue = queue();
    let new = || Ended { commit_point: commit_point.clone(), gids: Vec::new(), participants: Vec::new() };
    let ended = queue.ended.entry(commit_point.id()).or_insert_with(new);
    ended.gids.push(gid.to_owned());
    ended.participants.extend(participants);
    // A task ends with its runtime; another runtime then needs a new task.
    if queue.task.as_ref().is_none_or(JoinHandle::is_finished) {
        queue.task = Some(tokio::spawn(run()));
    }
}

async fn run() {
    loop {
        tokio::time::sleep(INTERVAL).await;
        let ended = std::mem::take(&mut queue().ended);
        join_all(
            ended.values().map(|Ended { commit_point, gids, participants }| now(commit_point, gids, participants)),
        )
        .await;
        let mut queue = queue();
        if queue.ended.is_empty() {
            queue.task = None;
            return;
        }
    }
}

fn queue() -> MutexGuard<'static, Queue> {
    QUEUE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Deletes the records of these transactions now. A failure is logged and left to recovery.
pub(super) async fn now(commit_point: &ConnectionHandle, gids: &[String], participants: &[Participant]) {
    let deleted = within(ANSWER_TIMEOUT, commit_point.name(), delete(commit_point, gids, participants)).await;
    if let Err(error) = deleted {
        tracing::debug!(target: "activerecord", ?gids, %error, "the records of ended transactions are left to recovery");
    }
}

/// Deletes the decisions first and the marks second. In the other order, a committed branch would look rolled back. A
/// transaction with a heuristic outcome keeps its decision and its marks for the operator.
async fn delete(commit_point: &ConnectionHandle, gids: &[String], participants: &[Participant]) -> Result<()> {
    let all = Decision::GID.is_in(gids.to_vec());
    let decided = match failpoint::is_broken("2pc.forget") {
        true => all.clone(),
        false => all.clone() & Decision::STATE.eq(DecisionState::Commit),
    };
    let deleted = Decision::using(commit_point.name()).filter(decided).delete().await?;
    let mut ended = gids.to_vec();
    if deleted < gids.len() as u64 {
        let kept: Vec<String> = Decision::using(commit_point.name()).filter(all).pluck(Decision::GID).await?;
        ended.retain(|gid| !kept.contains(gid));
    }
    let mut names: Vec<_> = participants.iter().map(|participant| &participant.connection).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        Mark::using(name).filter(Mark::GID.is_in(ended.clone())).delete().await?;
    }
    Ok(())
}
