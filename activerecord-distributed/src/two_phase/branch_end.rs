//! Ending the prepared branches of a decided transaction. Each is retried until it has ended.

use std::time::Duration;

use activerecord_core::{ActiveRecord, Branch, ConnectionHandle, Result, Scalar};
use futures_util::future::join_all;
use tokio::time::timeout;

use super::forget;
use super::limit::{ANSWER_TIMEOUT, within};
use super::record::{Mark, Participant};
use super::reply::Reply;
use crate::backoff::Backoff;

/// A prepared branch, and whether to commit or roll it back.
#[derive(Clone, Debug)]
pub(super) struct BranchEnd {
    handle: ConnectionHandle,
    branch: Branch,
    commits: bool,
}

/// The result of an attempt to end a branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It ended as decided.
    Done,
    /// It is not prepared, and the decision is not COMMIT: it was rolled back, or it belonged to a transaction that was
    /// completed and whose decision was deleted.
    Gone,
    /// It is still prepared, and cannot be ended now.
    Waiting,
    /// The decision is COMMIT, but an operator or the database has rolled it back.
    Heuristic,
}

/// The growing pauses between attempts.
#[derive(Debug)]
pub(super) struct Pauses {
    backoff: Backoff,
    attempt: u32,
}

pub(super) fn pauses() -> Pauses {
    Pauses { backoff: Backoff::new(Duration::from_millis(10), Duration::from_secs(10)), attempt: 0 }
}

impl Pauses {
    pub(super) fn next(&mut self) -> Duration {
        self.attempt += 1;
        self.backoff.pause(self.attempt)
    }
}

impl BranchEnd {
    pub(super) fn new(handle: ConnectionHandle, branch: Branch, commits: bool) -> Self {
        Self { handle, branch, commits }
    }

    /// Makes one attempt to end the branch.
    ///
    /// # Errors
    /// The database's own, and `ConnectionLost` when it does not answer. Then the state of the branch is unknown.
    pub(super) async fn attempt(&self) -> Result<End> {
        within(ANSWER_TIMEOUT, self.handle.name(), self.end()).await
    }

    async fn end(&self) -> Result<End> {
        let ended = if self.commits {
            self.handle.commit_prepared(&self.branch).await
        } else {
            self.handle.rollback_prepared(&self.branch).await
        };
        let Err(error) = ended else { return Ok(End::Done) };
        match Reply::to_end(&error) {
            Reply::NotFound => self.inspect().await,
            Reply::RolledBack if !self.commits => Ok(End::Done),
            Reply::RolledBack => Ok(End::Heuristic),
            Reply::Busy => Ok(End::Waiting),
            _ => Err(error),
        }
    }

    /// The database did not find the branch: it has ended, or its preparing connection is still open.
    async fn inspect(&self) -> Result<End> {
        if self.is_prepared().await? {
            return Ok(End::Waiting);
        }
        if !self.commits {
            return Ok(End::Gone);
        }
        // Read the mark after the list: the branch may be committed between the two reads.
        Ok(if self.is_marked().await? { End::Done } else { End::Heuristic })
    }

    async fn is_prepared(&self) -> Result<bool> {
        let prepared = self.handle.prepared().await?;
        Ok(prepared.iter().any(|prepared| prepared.branch.as_ref() == Some(&self.branch)))
    }

    async fn is_marked(&self) -> Result<bool> {
        let mark = Mark::GID.eq(self.branch.gid()) & Mark::LABEL.eq(self.branch.label());
        Mark::using(self.handle.name()).filter(mark).exists().await
    }

    /// Makes up to five attempts. Returns whether the branch has ended as decided.
    pub(super) async fn retry_briefly(&self) -> bool {
        let attempts = async {
            let mut pauses = pauses();
            for _ in 0..5 {
                match self.end().await {
                    Ok(End::Done | End::Gone) => return true,
                    Ok(End::Heuristic) => return false,
                    Ok(End::Waiting) | Err(_) => tokio::time::sleep(pauses.next()).await,
                }
            }
            false
        };
        // The limit is that of all attempts: the caller waits for them.
        timeout(ANSWER_TIMEOUT, attempts).await.unwrap_or(false)
    }

    /// Retries without a limit, until the branch has ended, as decided or not.
    async fn until_ended(&self) -> End {
        let mut pauses = pauses();
        loop {
            match self.attempt().await {
                Ok(End::Waiting) => {}
                Ok(end) => return end,
                Err(error) => {
                    tracing::warn!(target: "activerecord", branch = %self.branch, connection = self.handle.name(), %error, "a decided branch has not ended yet");
                }
            }
            tokio::time::sleep(pauses.next()).await;
        }
    }

    pub(super) fn in_background(self) {
        tokio::spawn(async move { self.until_ended().await });
    }
}

/// Commits branches in the background. When all are committed, deletes the records of the transaction.
pub(super) fn commit_in_background(
    commit_point: ConnectionHandle,
    gid: String,
    participants: Vec<Participant>,
    pending: Vec<BranchEnd>,
) {
    tokio::spawn(async move {
        let ends = join_all(pending.iter().map(BranchEnd::until_ended)).await;
        // If a branch ended against the decision, the records stay, and recovery reports it.
        if ends.iter().all(|end| *end == End::Done) {
            forget::now(&commit_point, &[gid], &participants).await;
        }
    });
}
