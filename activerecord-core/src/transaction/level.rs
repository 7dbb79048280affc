//! One level of a transaction: the transaction itself, or a savepoint in it.
//!
//! A savepoint borrows its parent's connection until it ends. A concurrent statement of the parent waits until then, so
//! that the rollback of the savepoint cannot undo it.

use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex as StdMutex, MutexGuard as StdMutexGuard, OnceLock, PoisonError};

use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::timeout;

use super::aside::undo;
use super::end::{AfterEnd, AfterEnds};
use super::state::{State, already};
use crate::backend::{Branch, Connection, Control, TransactionOptions, current_runtime};
use crate::connection::{Descriptions, Endpoint, PooledConnection, Purpose};
use crate::dialect::IdleLimit;
use crate::error::{Error, ErrorKind, Result};
use crate::sql::{Access, Sql};

/// One level of a transaction.
#[derive(Debug)]
pub(crate) struct Level {
    endpoint: Arc<Endpoint>,
    outer: Option<Arc<Level>>,
    /// The name of the savepoint.
    name: String,
    turn: Arc<Mutex<Slot>>,
    state: StdMutex<State>,
    after: Arc<AfterEnds>,
    /// The number of `after` entries when this level began.
    mark: usize,
    /// Whether this library began it around one write of a model with hooks.
    implicit: bool,
    warned: AtomicBool,
    /// Whether a statement ran in it.
    used: AtomicBool,
    /// The name under which it can be prepared.
    branch: Option<Branch>,
    /// The SQL that removes the limit of the idle time after the transaction.
    lift: OnceLock<&'static str>,
    /// Whether a statement in the transaction can have changed tables. Only that of the outermost level counts.
    pub(super) own_tables: AtomicBool,
    /// What is known of the tables as this transaction sees them, if it changed some.
    pub(super) own_descriptions: Descriptions,
}

/// The connection of a level: its own, or borrowed from the outer level.
#[derive(Debug)]
pub(super) enum Slot {
    Own(PooledConnection),
    Lent(OwnedMutexGuard<Slot>),
    Ended,
}

impl Slot {
    fn lease(&mut self) -> Option<&mut PooledConnection> {
        match self {
            Self::Own(connection) => Some(connection),
            Self::Lent(outer) => outer.lease(),
            Self::Ended => None,
        }
    }
}

impl Level {
    /// Begins a transaction. With a `branch` it can be prepared under this name.
    pub(crate) async fn begin(
        endpoint: &Arc<Endpoint>,
        options: TransactionOptions,
        implicit: bool,
        branch: Option<Branch>,
    ) -> Result<Arc<Self>> {
        let (endpoint, mut connection) = endpoint.acquire_current(Purpose::Transaction).await?;
        let begun = match branch.as_ref().filter(|_| endpoint.dialect().branch_at_begin) {
            Some(branch) => connection.control(Control::BeginBranch(options, branch)).await,
            None => connection.control(Control::Begin(options)).await,
        };
        begun.map_err(|error| error.with_connection(endpoint.name()))?;
        Ok(Arc::new(Self {
            endpoint,
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
            own_tables: AtomicBool::new(false),
            own_descriptions: Descriptions::default(),
        }))
    }

    /// Sets a savepoint in `outer`, and holds the turn of `outer` until it ends.
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
            own_tables: AtomicBool::new(false),
            own_descriptions: Descriptions::default(),
        }))
    }

    /// Waits for the connection, to run one statement on it.
    ///
    /// # Errors
    /// `Transaction` when this level has ended, can only be rolled back, has an open stream of rows, or has a savepoint
    /// that does not end in time.
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
            self.tables_undone();
            let undone = undo(turn.connection(), &savepoint).await;
            let ((), slot) = turn.keep(undone)?;
            turn = Turn { level: self, slot: Some(slot) };
        }
        Ok(turn)
    }

    /// Waits until the connection is free. It waits for a statement without a limit, but for a savepoint or a stream at
    /// most `acquire_timeout`: the caller itself may hold it, so that it would never end.
    async fn slot(&self) -> Result<OwnedMutexGuard<Slot>> {
        // Usually the connection is free. Then no timer is needed.
        if let Ok(slot) = Arc::clone(&self.turn).try_lock_owned() {
            return Ok(slot);
        }
        // A timer needs a runtime.
        current_runtime().map_err(|error| error.with_connection(self.endpoint.name()))?;
        let mut slot = pin!(Arc::clone(&self.turn).lock_owned());
        loop {
            match timeout(self.endpoint.acquire_timeout(), &mut slot).await {
                Ok(slot) => return Ok(slot),
                Err(_) => self.check_waiting()?,
            }
        }
    }

    /// Ends the use of the connection. If the level was dropped meanwhile, it releases the connection now.
    fn give_back(&self, slot: OwnedMutexGuard<Slot>) {
        drop(slot);
        if self.state().ended.is_some() {
            self.let_go();
        }
    }

    /// Releases the connection. If a statement is running, the end of the statement releases it.
    fn let_go(&self) {
        if let Ok(mut slot) = self.turn.try_lock() {
            *slot = Slot::Ended;
        }
    }

    /// Poisons the level: it can then only be rolled back.
    pub(crate) fn poison(&self, error: &Error) {
        self.poison_with(|| error.message().to_owned());
    }

    fn poison_with(&self, why: impl FnOnce() -> String) {
        self.state().poison.get_or_insert_with(why);
    }

    /// Ends this level and keeps its work. A poisoned level is rolled back instead.
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

    /// Takes the connection for the end of this level, whose work is kept. Waits for running statements, and undoes an
    /// abandoned savepoint. No statement can run between this and the end.
    pub(super) async fn last(&self, how: &'static str) -> Result<Slot> {
        match self.turn().await.and_then(|turn| turn.keep(Ok(()))) {
            Ok(((), slot)) => self.end(slot, how),
            Err(error) => Err(self.refuse(error).await),
        }
    }

    /// Rolls back a poisoned level instead of the commit.
    async fn refuse(&self, error: Error) -> Error {
        let poison = self.state().poison.clone();
        let Some(why) = poison else { return error };
        // The caller needs the cause of the rollback, not the error of a hook after it.
        let _ = self.rollback().await;
        self.error(&format!("was rolled back because of an earlier error in it: {why}"))
    }

    async fn settle_commit(&self, committed: Result<()>) -> Result<()> {
        match committed.map_err(|error| error.with_connection(self.endpoint.name())) {
            Ok(()) => self.after.run(true).await,
            Err(error) if error.is_commit_outcome_unknown() => {
                self.endpoint.descriptions().forget();
                Err(error)
            }
            Err(error) => {
                // The caller needs the error of the commit, not that of a hook after it.
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

    /// Sends the last step of the transaction, and removes the limit of the idle time.
    pub(super) async fn say(&self, connection: &mut PooledConnection, last: Control<'_>) -> Result<()> {
        connection.control(last).await?;
        if let Some(&lift) = self.lift.get() {
            // If this fails, the session is lost, or the limit will end it. The pool finds out. The transaction has
            // ended.
            let _ = connection.execute(&Sql::new(lift, Vec::new(), Access::Write)).await;
        }
        Ok(())
    }

    /// Stores how to remove the limit of the idle time.
    pub(crate) fn limit_idle(&self, limit: IdleLimit) {
        if let (Some(lift), Some(whole)) = (limit.lift, self.levels().last()) {
            _ = whole.lift.set(lift);
        }
    }

    /// Ends this level without a statement. The connection of a dropped transaction is closed; the outer level undoes a
    /// dropped savepoint.
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

    /// Whether a statement ran in it, or a savepoint was set.
    pub(super) fn is_used(&self) -> bool {
        self.used.load(Ordering::Relaxed)
    }

    /// The name under which it can be prepared.
    pub(super) fn branch(&self) -> Option<&Branch> {
        self.branch.as_ref()
    }

    pub(super) fn after(&self) -> &Arc<AfterEnds> {
        &self.after
    }

    /// Returns true on the first call in this transaction.
    pub(crate) fn warn_once(&self) -> bool {
        self.levels().last().is_some_and(|outermost| !outermost.warned.swap(true, Ordering::Relaxed))
    }

    /// Whether this level is `other`, or a savepoint in it.
    pub(crate) fn is_within(&self, other: &Self) -> bool {
        self.levels().any(|level| std::ptr::eq(level, other))
    }

    /// The number of levels from the transaction to this one.
    pub(crate) fn depth(&self) -> usize {
        self.levels().count()
    }

    pub(super) fn levels(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |level| level.outer.as_deref())
    }

    /// Takes the connection for the last statement of this level.
    fn end(&self, mut slot: OwnedMutexGuard<Slot>, how: &'static str) -> Result<Slot> {
        if let Some(ended) = self.state().ended.replace(how) {
            return Err(self.error(&already(ended)));
        }
        Ok(std::mem::replace(&mut *slot, Slot::Ended))
    }

    /// Ends a savepoint. It is a statement of the outer level, so an error or a cancellation poisons that level.
    async fn end_savepoint(&self, slot: OwnedMutexGuard<Slot>, keep: bool) -> Result<()> {
        let Some(outer) = &self.outer else { return Ok(()) };
        let mut turn = Turn { level: outer, slot: Some(slot) };
        let ended = if keep {
            turn.connection().control(Control::Release(&self.name)).await
        } else {
            self.tables_undone();
            undo(turn.connection(), &self.name).await
        };
        turn.settle(ended).map_err(|error| error.with_connection(self.endpoint.name()))
    }

    /// Checks that a statement can run in this level.
    fn check(&self) -> Result<()> {
        let usable = self.state().usable();
        let of_outer = || self.levels().skip(1).find_map(|level| level.state().ended());
        match usable.err().or_else(of_outer) {
            Some(why) => Err(self.error(&why)),
            None => Ok(()),
        }
    }

    /// Checks whether to continue waiting for the connection.
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
            "has an open transaction inside it, which has not ended within {waited}; end the inner one first, or run this statement in it"
        )))
    }

    pub(super) fn state(&self) -> StdMutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cold]
    fn error(&self, why: &str) -> Error {
        let what = if self.outer.is_some() { "savepoint" } else { "transaction" };
        let name = self.endpoint.name();
        Error::new(ErrorKind::Transaction, format!("the {what} on `{name}` {why}")).with_connection(name)
    }
}

/// The use of a level's connection for one statement. If it is dropped before the statement is settled, the level is
/// poisoned, because the effect of the statement is not known.
pub(crate) struct Turn<'l> {
    level: &'l Level,
    slot: Option<OwnedMutexGuard<Slot>>,
}

impl Turn<'_> {
    pub(crate) fn lease(&mut self) -> &mut PooledConnection {
        let lease = self.slot.as_mut().and_then(|slot| slot.lease());
        lease.unwrap_or_else(|| unreachable!("a turn exists only while the level has its connection"))
    }

    pub(super) fn connection(&mut self) -> &mut dyn Connection {
        &mut **self.lease()
    }

    /// Ends the turn. An error that the database reported poisons the level.
    pub(crate) fn settle<T>(self, result: Result<T>) -> Result<T> {
        let level = self.level;
        self.keep(result).map(|(value, slot)| {
            level.give_back(slot);
            value
        })
    }

    /// As [`settle`](Self::settle), but keeps the connection.
    fn keep<T>(mut self, result: Result<T>) -> Result<(T, OwnedMutexGuard<Slot>)> {
        let Some(slot) = self.slot.take() else { return Err(self.level.error("has ended")) };
        let error = match result {
            Ok(value) => return Ok((value, slot)),
            Err(error) => error,
        };
        // These errors occur before anything is sent, or while a row is read. An error that the database reports has a
        // code.
        let unseen = (error.is_unsupported() || error.is_conversion()) && error.code().is_none();
        if !unseen {
            self.level.poison(&error);
        }
        self.level.give_back(slot);
        Err(error)
    }

    /// Marks the level as used by a stream until this turn ends.
    pub(crate) fn streaming(&mut self) {
        self.level.state().streaming = true;
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let streaming = std::mem::take(&mut self.level.state().streaming);
        let Some(slot) = self.slot.take() else { return };
        // A stream only reads, and programs often drop it before its end.
        if !streaming {
            self.level.poison_with(|| "a statement was cancelled".into());
        }
        self.level.give_back(slot);
    }
}
