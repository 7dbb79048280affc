//! One level of a transaction: the transaction itself, or a savepoint in it.
//!
//! The connection is lent down. Whoever opens a savepoint holds the turn of the level around it until the savepoint ends,
//! so that a concurrent statement of the outer level waits, and can never be undone by a rollback it knows nothing of.

use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex as StdMutex, MutexGuard as StdMutexGuard, OnceLock, PoisonError};

use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::timeout;

use super::end::{AfterEnd, AfterEnds};
use super::state::State;
use crate::backend::{Branch, Connection, Control, TransactionOptions};
use crate::connection::{Endpoint, PooledConnection, Purpose};
use crate::dialect::IdleLimit;
use crate::error::{Error, ErrorKind, Result};
use crate::sql::{Access, Sql};

/// One level of a transaction.
#[derive(Debug)]
pub(crate) struct Level {
    endpoint: Arc<Endpoint>,
    outer: Option<Arc<Level>>,
    /// The savepoint's name.
    name: String,
    turn: Arc<Mutex<Slot>>,
    state: StdMutex<State>,
    after: Arc<AfterEnds>,
    /// The number of `after` entries when this level began.
    mark: usize,
    /// Whether it was begun by the library, around one write of a model with hooks.
    implicit: bool,
    warned: AtomicBool,
    /// Whether a statement was run on it.
    used: AtomicBool,
    /// The name that it was begun under, where it had to be named then.
    branch: Option<Branch>,
    /// What its end has to lift: the session goes on without it.
    lift: OnceLock<&'static str>,
}

/// Where this level has its connection from.
#[derive(Debug)]
pub(super) enum Slot {
    Own(PooledConnection),
    Lent(OwnedMutexGuard<Slot>),
    Ended,
}

impl Slot {
    fn connection(&mut self) -> Option<&mut dyn Connection> {
        match self {
            Self::Own(connection) => Some(&mut **connection),
            Self::Lent(outer) => outer.connection(),
            Self::Ended => None,
        }
    }
}

impl Level {
    /// Begins a transaction, under this name where one that may be prepared has to have it now.
    pub(crate) async fn begin(
        endpoint: &Arc<Endpoint>,
        options: TransactionOptions,
        implicit: bool,
        branch: Option<Branch>,
    ) -> Result<Arc<Self>> {
        let mut connection = endpoint.acquire(Purpose::Transaction).await?;
        let begun = match &branch {
            Some(branch) => connection.control(Control::BeginBranch(options, branch)).await,
            None => connection.control(Control::Begin(options)).await,
        };
        begun.map_err(|error| error.with_connection(endpoint.name()))?;
        Ok(Arc::new(Self {
            endpoint: Arc::clone(endpoint),
            outer: None,
            name: String::new(),
            turn: Arc::new(Mutex::new(Slot::Own(connection))),
            state: StdMutex::default(),
            after: Arc::default(),
            mark: 0,
            implicit,
            warned: AtomicBool::new(false),
            used: AtomicBool::new(false),
            branch,
            lift: OnceLock::new(),
        }))
    }

    /// Sets a savepoint in `outer`, whose turn it holds until it ends.
    pub(crate) async fn nested(outer: &Arc<Self>) -> Result<Arc<Self>> {
        let name = format!("ar_{}", outer.depth() + 1);
        let mut turn = outer.turn().await?;
        let set = turn.connection().control(Control::Savepoint(&name)).await;
        let ((), slot) = turn.keep(set)?;
        outer.state().lent = true;
        Ok(Arc::new(Self {
            endpoint: Arc::clone(&outer.endpoint),
            outer: Some(Arc::clone(outer)),
            name,
            turn: Arc::new(Mutex::new(Slot::Lent(slot))),
            state: StdMutex::default(),
            after: Arc::clone(&outer.after),
            mark: outer.after.len(),
            implicit: outer.implicit,
            warned: AtomicBool::new(false),
            used: AtomicBool::new(false),
            branch: None,
            lift: OnceLock::new(),
        }))
    }

    /// Waits for the connection, to run one statement on it.
    ///
    /// # Errors
    /// `Transaction` when this level has ended or can only be rolled back, a stream of rows is open on it, or a savepoint in
    /// it does not end.
    pub(crate) async fn turn(&self) -> Result<Turn<'_>> {
        self.check()?;
        self.used.store(true, Ordering::Relaxed);
        let slot = self.slot().await?;
        if let Err(error) = self.check() {
            self.give_back(slot);
            return Err(error);
        }
        let mut turn = Turn { level: self, slot: Some(slot) };
        let abandoned = self.state().turn_begins();
        if let Some(savepoint) = abandoned {
            let undone = undo(turn.connection(), &savepoint).await;
            let ((), slot) = turn.keep(undone)?;
            turn = Turn { level: self, slot: Some(slot) };
        }
        Ok(turn)
    }

    /// Waits for whoever uses the connection: a statement, however long it takes, but a savepoint or a stream no longer than
    /// for a connection of the pool. One that the caller has in the hand would never end.
    async fn slot(&self) -> Result<OwnedMutexGuard<Slot>> {
        // Mostly nobody does: then no timer is set.
        if let Ok(slot) = Arc::clone(&self.turn).try_lock_owned() {
            return Ok(slot);
        }
        let mut slot = pin!(Arc::clone(&self.turn).lock_owned());
        loop {
            match timeout(self.endpoint.acquire_timeout(), &mut slot).await {
                Ok(slot) => return Ok(slot),
                Err(_) => self.check_waiting()?,
            }
        }
    }

    /// Ends a use of the connection. A level that was dropped meanwhile gives it up now, whoever keeps a query on it.
    fn give_back(&self, slot: OwnedMutexGuard<Slot>) {
        drop(slot);
        if self.state().ended.is_some() {
            self.let_go();
        }
    }

    /// Gives up the connection, unless a statement has the turn: then it does so at its end.
    fn let_go(&self) {
        if let Ok(mut slot) = self.turn.try_lock() {
            *slot = Slot::Ended;
        }
    }

    /// Makes a rollback the only way out.
    pub(crate) fn poison(&self, error: &Error) {
        self.poison_with(|| error.message().to_owned());
    }

    fn poison_with(&self, why: impl FnOnce() -> String) {
        self.state().poison.get_or_insert_with(why);
    }

    /// Ends this level and keeps its work, unless it can only be rolled back.
    pub(crate) async fn commit(&self) -> Result<()> {
        match self.last("committed").await? {
            Slot::Own(mut connection) => {
                let committed = self.say(&mut connection, Control::Commit).await;
                drop(connection);
                self.settle_commit(committed).await
            }
            Slot::Lent(slot) => self.end_savepoint(slot, true).await,
            Slot::Ended => Ok(()),
        }
    }

    /// Takes the connection for the end of a level whose work is to be kept. Waits for statements under way, and undoes a
    /// savepoint that was abandoned. No other statement gets between this and the end.
    pub(super) async fn last(&self, how: &'static str) -> Result<Slot> {
        match self.turn().await.and_then(|turn| turn.keep(Ok(()))) {
            Ok(((), slot)) => self.end(slot, how),
            Err(error) => Err(self.refuse(error).await),
        }
    }

    /// What cannot be committed because of an earlier error is rolled back.
    async fn refuse(&self, error: Error) -> Error {
        let poison = self.state().poison.clone();
        let Some(why) = poison else { return error };
        // Why it was rolled back is what the caller needs, not that a hook failed after it.
        let _ = self.rollback().await;
        self.error(&format!("it was rolled back, because of an earlier error in it: {why}"))
    }

    async fn settle_commit(&self, committed: Result<()>) -> Result<()> {
        match committed.map_err(|error| error.with_connection(self.endpoint.name())) {
            Ok(()) => self.after.run(true).await,
            Err(error) if error.is_commit_outcome_unknown() => Err(error),
            Err(error) => {
                // Why nothing was committed is what the caller needs, not that a hook failed after it.
                let _ = self.after.run(false).await;
                Err(error)
            }
        }
    }

    /// Ends this level and undoes its work.
    pub(crate) async fn rollback(&self) -> Result<()> {
        self.after.roll_back_from(self.mark);
        let idle = self.state().idle();
        idle.map_err(|why| self.error(&why))?;
        match self.end(self.slot().await?, "rolled back")? {
            Slot::Own(mut connection) => {
                let rolled_back = self.say(&mut connection, Control::Rollback).await;
                drop(connection);
                let told = self.after.run(false).await;
                rolled_back.map_err(|error| error.with_connection(self.endpoint.name())).and(told)
            }
            Slot::Lent(slot) => self.end_savepoint(slot, false).await,
            Slot::Ended => Ok(()),
        }
    }

    /// Says the last word on its connection, and lifts the limit that was for this transaction alone.
    pub(super) async fn say(&self, connection: &mut PooledConnection, last: Control<'_>) -> Result<()> {
        connection.control(last).await?;
        if let Some(&lift) = self.lift.get() {
            // Where this fails the session is lost, or is ended by the limit: the pool finds out. The transaction has ended.
            let _ = connection.execute(&Sql::new(lift, Vec::new(), Access::Write)).await;
        }
        Ok(())
    }

    /// Remembers that the session was limited.
    pub(crate) fn limit_idle(&self, limit: IdleLimit) {
        if let (Some(lift), Some(whole)) = (limit.lift, self.levels().last()) {
            _ = whole.lift.set(lift);
        }
    }

    /// Ends this level without a word to the database: what is dropped is closed, or undone by the level around it.
    pub(crate) fn abandon(&self) {
        if self.state().ended.is_some() {
            return;
        }
        self.state().ended = Some("dropped");
        self.after.roll_back_from(self.mark);
        if let Some(outer) = &self.outer {
            outer.state().abandoned = Some(self.name.clone());
        }
        self.let_go();
    }

    /// Runs `call` after the outermost transaction has ended.
    pub(crate) fn after_end(&self, call: AfterEnd) {
        self.after.push(call);
    }

    pub(crate) fn endpoint(&self) -> &Arc<Endpoint> {
        &self.endpoint
    }

    pub(crate) fn is_implicit(&self) -> bool {
        self.implicit
    }

    /// Whether a statement was run on it, or a savepoint set.
    pub(super) fn is_used(&self) -> bool {
        self.used.load(Ordering::Relaxed)
    }

    /// The name that it was begun under, where it had to be named then.
    pub(super) fn branch(&self) -> Option<&Branch> {
        self.branch.as_ref()
    }

    pub(super) fn after(&self) -> &Arc<AfterEnds> {
        &self.after
    }

    /// True the first time in this transaction.
    pub(crate) fn warn_once(&self) -> bool {
        self.levels().last().is_some_and(|outermost| !outermost.warned.swap(true, Ordering::Relaxed))
    }

    /// Whether this is `other`, or a savepoint in it.
    pub(crate) fn is_within(&self, other: &Self) -> bool {
        self.levels().any(|level| std::ptr::eq(level, other))
    }

    /// How many levels there are down to this one.
    pub(crate) fn depth(&self) -> usize {
        self.levels().count()
    }

    fn levels(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |level| level.outer.as_deref())
    }

    /// Takes the connection for the last statement of this level.
    fn end(&self, mut slot: OwnedMutexGuard<Slot>, how: &'static str) -> Result<Slot> {
        if let Some(ended) = self.state().ended.replace(how) {
            return Err(self.error(&format!("it was {ended} already")));
        }
        Ok(std::mem::replace(&mut *slot, Slot::Ended))
    }

    /// Ends a savepoint, as a statement of the level around it: one that fails or is cancelled leaves that level in doubt.
    async fn end_savepoint(&self, slot: OwnedMutexGuard<Slot>, keep: bool) -> Result<()> {
        let Some(outer) = &self.outer else { return Ok(()) };
        let mut turn = Turn { level: outer, slot: Some(slot) };
        let ended = if keep {
            turn.connection().control(Control::Release(&self.name)).await
        } else {
            undo(turn.connection(), &self.name).await
        };
        turn.settle(ended).map_err(|error| error.with_connection(self.endpoint.name()))
    }

    /// Whether a statement may run on this level.
    fn check(&self) -> Result<()> {
        let usable = self.state().usable();
        let of_outer = || self.levels().skip(1).find_map(|level| level.state().ended());
        match usable.err().or_else(of_outer) {
            Some(why) => Err(self.error(&why)),
            None => Ok(()),
        }
    }

    /// Whether to go on waiting for the connection.
    fn check_waiting(&self) -> Result<()> {
        let state = self.state();
        let (idle, lent) = (state.idle(), state.lent);
        drop(state);
        idle.map_err(|why| self.error(&why))?;
        if !lent {
            return Ok(());
        }
        let waited = humantime::format_duration(self.endpoint.acquire_timeout());
        Err(self.error(&format!(
            "a transaction inside it is open, and has not ended within {waited}; end that one first, or run this inside it"
        )))
    }

    fn state(&self) -> StdMutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cold]
    fn error(&self, why: &str) -> Error {
        let what = if self.outer.is_some() { "savepoint" } else { "transaction" };
        let error = Error::new(ErrorKind::Transaction, format!("the {what} cannot go on: {why}"));
        error.with_connection(self.endpoint.name())
    }
}

/// Undoes the work since a savepoint, and forgets it.
async fn undo(connection: &mut dyn Connection, savepoint: &str) -> Result<()> {
    connection.control(Control::RollbackTo(savepoint)).await?;
    connection.control(Control::Release(savepoint)).await
}

/// The use of a level's connection for one statement. Dropped before the statement is settled, it poisons the level: nobody
/// knows whether the statement took place.
pub(crate) struct Turn<'l> {
    level: &'l Level,
    slot: Option<OwnedMutexGuard<Slot>>,
}

impl Turn<'_> {
    pub(crate) fn connection(&mut self) -> &mut dyn Connection {
        let connection = self.slot.as_mut().and_then(|slot| slot.connection());
        connection.unwrap_or_else(|| unreachable!("a turn is given only while the level has its connection"))
    }

    /// Ends the turn. An error that the database saw poisons the level.
    pub(crate) fn settle<T>(self, result: Result<T>) -> Result<T> {
        let level = self.level;
        self.keep(result).map(|(value, slot)| {
            level.give_back(slot);
            value
        })
    }

    /// As [`settle`](Self::settle), but keeps the connection.
    fn keep<T>(mut self, result: Result<T>) -> Result<(T, OwnedMutexGuard<Slot>)> {
        let Some(slot) = self.slot.take() else { return Err(self.level.error("it has ended")) };
        let error = match result {
            Ok(value) => return Ok((value, slot)),
            Err(error) => error,
        };
        // These are found before anything is sent, or while a row is read. What the database finds has a code.
        let unseen = (error.is_unsupported() || error.is_conversion()) && error.code().is_none();
        if !unseen {
            self.level.poison(&error);
        }
        self.level.give_back(slot);
        Err(error)
    }

    /// Marks the level as used by a stream, for as long as this turn lasts.
    pub(crate) fn streaming(&mut self) {
        self.level.state().streaming = true;
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let streaming = std::mem::take(&mut self.level.state().streaming);
        let Some(slot) = self.slot.take() else { return };
        // A stream only reads, and is dropped early as a matter of course.
        if !streaming {
            self.level.poison_with(|| "a statement was cancelled".into());
        }
        self.level.give_back(slot);
    }
}
