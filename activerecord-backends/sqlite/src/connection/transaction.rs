//! Begin and end of transactions. A transaction that may write holds the turn to write from its begin to its confirmed
//! end.

use std::time::Instant;

use activerecord_core::Result;
use activerecord_core::backend::TransactionOptions;

use super::SqliteConnection;
use super::session::{Attempt, Open, Session};
use crate::error;
use crate::file::Turn;

/// A transaction with more changes than this ends on a thread: its end takes longer with every change.
const MANY_CHANGES: u64 = 1000;

impl SqliteConnection {
    /// Begins a transaction, with the lock to write unless it only reads. Every isolation level means serializable, the
    /// only level of SQLite.
    pub(super) async fn begin(&mut self, options: TransactionOptions) -> Result<()> {
        if self.session()?.transaction.is_some() {
            return Err(error::transaction_open());
        }
        let read_only = options.read_only;
        let held = if read_only { Held(self) } else { Held::take(self).await? };
        held.0.attempt(false, move |session, _| session.begin(read_only)).await
    }

    pub(super) async fn commit(&mut self) -> Result<()> {
        let session = self.session()?;
        let Some(open) = session.transaction else { return Err(error::no_transaction()) };
        session.check_transaction()?;
        let on_thread = session.changed_much() || !(open.read_only || session.file.commits_quickly());
        let mut held = Held(self);
        held.0.attempt(on_thread, |session, _| session.commit()).await?;
        held.checkpoint().await
    }

    pub(super) async fn roll_back(&mut self) -> Result<()> {
        let on_thread = self.session()?.changed_much();
        Held(self).0.attempt(on_thread, |session, _| session.roll_back()).await
    }

    /// Creates a savepoint, releases it, or rolls back to it.
    pub(super) async fn savepoint(&mut self, command: &str, name: &str) -> Result<()> {
        let session = self.session()?;
        if session.transaction.is_none() {
            return Err(error::no_transaction());
        }
        session.check_transaction()?;
        let text = format!("{command} \"{}\"", name.replace('"', "\"\""));
        let attempt = if session.changed_much() {
            self.on_thread(move |session| session.run(&text)).await?
        } else {
            session.run(&text)
        };
        match attempt? {
            Attempt::Done(()) => Ok(()),
            _ => Err(error::busy("another connection held the database lock", self.session()?.busy_timeout)),
        }
    }
}

/// Holds the session while it may have the turn to write. When dropped, it releases the turn, unless a transaction
/// needs it. If the session is on a thread at that time, its future was dropped, and the thread releases the turn when
/// it closes it.
pub(super) struct Held<'c>(pub(super) &'c mut SqliteConnection);

impl<'c> Held<'c> {
    /// Waits for the turn to write, unless the open transaction already has it.
    pub(super) async fn take(connection: &'c mut SqliteConnection) -> Result<Self> {
        let session = connection.session()?;
        if session.transaction.is_none() {
            session.turn = Some(session.file.turn(session.busy_timeout).await?);
        }
        Ok(Self(connection))
    }

    /// As [`take`](Self::take), if that needs no wait.
    pub(super) fn take_at_once(connection: &'c mut SqliteConnection) -> Result<Option<Self>> {
        let session = connection.session()?;
        if session.transaction.is_none() {
            session.turn = session.file.turn_at_once();
            if session.turn.is_none() {
                return Ok(None);
            }
        }
        Ok(Some(Self(connection)))
    }

    /// Holds a turn that was taken before.
    pub(super) fn again(connection: &'c mut SqliteConnection, turn: Option<Turn>) -> Self {
        if let Some(session) = &mut connection.session {
            session.turn = turn;
        }
        Self(connection)
    }

    /// Makes a checkpoint if it is due. As with SQLite alone, the commit that made it due waits for it, but not on the
    /// calling task. No other writer extends the log at that time.
    pub(super) async fn checkpoint(&mut self) -> Result<()> {
        if self.0.session()?.checkpoint_is_due() {
            self.0.on_thread(Session::checkpoint).await?;
        }
        Ok(())
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if let Some(session) = &mut self.0.session
            && session.transaction.is_none()
        {
            session.turn = None;
        }
    }
}

impl Session {
    fn begin(&mut self, read_only: bool) -> Result<Attempt<()>> {
        // In memory the turn is enough, and the lock would block readers before the first write.
        let begin = if read_only || self.file.is_in_memory() { "BEGIN" } else { "BEGIN IMMEDIATE" };
        if let Attempt::Busy = self.run(begin)? {
            return Ok(Attempt::Busy);
        }
        let changes = self.database.connection().total_changes();
        self.transaction = Some(Open { read_only, changes });
        if read_only { self.run("PRAGMA query_only = 1") } else { Ok(Attempt::Done(())) }
    }

    fn commit(&mut self) -> Result<Attempt<()>> {
        let started = Instant::now();
        if let Attempt::Busy = self.run("COMMIT").map_err(error::at_commit)? {
            return Ok(Attempt::Busy);
        }
        if !self.changed_much() && self.changes() > 0 {
            self.file.committed_in(started.elapsed());
        }
        drop(self.database.take_keys());
        self.leave()
    }

    /// Rolls back, unless the database already did.
    pub(super) fn roll_back(&mut self) -> Result<Attempt<()>> {
        if !self.is_autocommit()
            && let Attempt::Busy = self.run("ROLLBACK")?
        {
            return Ok(Attempt::Busy);
        }
        self.use_up_keys();
        self.leave()
    }

    fn leave(&mut self) -> Result<Attempt<()>> {
        if self.transaction.take().is_some_and(|open| open.read_only) {
            let freed = self.run("PRAGMA query_only = 0");
            self.broken |= freed.is_err();
        }
        Ok(Attempt::Done(()))
    }

    fn changes(&self) -> u64 {
        let before = self.transaction.map(|open| open.changes);
        before.map_or(0, |before| self.database.connection().total_changes().saturating_sub(before))
    }

    /// Whether the end of the open transaction takes long.
    pub(super) fn changed_much(&self) -> bool {
        self.changes() > MANY_CHANGES
    }
}
