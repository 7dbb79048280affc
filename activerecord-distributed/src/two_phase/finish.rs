//! Ending the branches of a transaction that is decided: again and again, until each is.

use std::time::Duration;

use activerecord_core::{ActiveRecord, Branch, ConnectionHandle, Result, Scalar};

use super::forget;
use super::record::{Mark, Participant};
use super::reply::Reply;
use crate::backoff::Backoff;

/// A branch, and how it is to end.
#[derive(Clone, Debug)]
pub(super) struct Finish {
    handle: ConnectionHandle,
    branch: Branch,
    commits: bool,
}

/// What became of a branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It ended as it was to.
    Done,
    /// It is prepared, and cannot be ended now.
    Waiting,
    /// It was to be committed, and somebody has rolled it back.
    Heuristic,
}

/// Growing pauses.
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

impl Finish {
    pub(super) fn new(handle: ConnectionHandle, branch: Branch, commits: bool) -> Self {
        Self { handle, branch, commits }
    }

    /// Ends it, or says why that is not done.
    ///
    /// # Errors
    /// Whatever the database reports: then nothing is known.
    pub(super) async fn once(&self) -> Result<End> {
        let ended = if self.commits {
            self.handle.commit_prepared(&self.branch).await
        } else {
            self.handle.rollback_prepared(&self.branch).await
        };
        let Err(error) = ended else { return Ok(End::Done) };
        match Reply::to_end(&error) {
            Reply::NotThere => self.look().await,
            Reply::RolledBack if !self.commits => Ok(End::Done),
            Reply::RolledBack => Ok(End::Heuristic),
            Reply::Busy => Ok(End::Waiting),
            _ => Err(error),
        }
    }

    /// It could not be found: it has ended, or belongs to a connection that is open.
    async fn look(&self) -> Result<End> {
        if self.is_prepared().await? {
            return Ok(End::Waiting);
        }
        // After the list, and not before: it may have been committed in between.
        Ok(if !self.commits || self.is_marked().await? { End::Done } else { End::Heuristic })
    }

    async fn is_prepared(&self) -> Result<bool> {
        let prepared = self.handle.prepared().await?;
        Ok(prepared.iter().any(|prepared| prepared.branch.as_ref() == Some(&self.branch)))
    }

    async fn is_marked(&self) -> Result<bool> {
        let mark = Mark::GID.eq(self.branch.gid()) & Mark::LABEL.eq(self.branch.label());
        Mark::using(self.handle.name()).filter(mark).exists().await
    }

    /// Tries a few times, and says whether it has ended.
    pub(super) async fn promptly(&self) -> bool {
        let mut pauses = pauses();
        for _ in 0..5 {
            match self.once().await {
                Ok(End::Done) => return true,
                Ok(End::Heuristic) => return false,
                Ok(End::Waiting) | Err(_) => tokio::time::sleep(pauses.next()).await,
            }
        }
        false
    }

    /// Goes on trying until it has ended, or was found to have ended in another way.
    async fn at_last(&self) -> End {
        let mut pauses = pauses();
        loop {
            match self.once().await {
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
        tokio::spawn(async move { self.at_last().await });
    }
}

/// Commits these in the background, and forgets the transaction when all are.
pub(super) fn commit_in_background(
    store: ConnectionHandle,
    gid: String,
    participants: Vec<Participant>,
    pending: Vec<Finish>,
) {
    tokio::spawn(async move {
        let mut all = true;
        for finish in pending {
            all &= finish.at_last().await == End::Done;
        }
        // What ended against the decision is for the recoverer to tell.
        if all {
            forget::now(&store, &[gid], &participants).await;
        }
    });
}
