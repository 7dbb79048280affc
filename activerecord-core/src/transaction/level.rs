//! One level of a transaction: the transaction itself, or a savepoint in it.
//!
//! The connection is lent down. Whoever opens a savepoint holds the turn of the level around it until the savepoint ends,
//! so that a concurrent statement of the outer level waits, and can never be undone by a rollback it knows nothing of.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex as StdMutex, MutexGuard as StdMutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::{Mutex, OwnedMutexGuard};

use super::end::{AfterEnd, AfterEnds};
use crate::backend::{Connection, Control, TransactionOptions};
use crate::connection::{Endpoint, PooledConnection, Purpose};
use crate::error::{Error, ErrorKind, Result};

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
}

/// Where this level has its connection from.
#[derive(Debug)]
enum Slot {
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

#[derive(Debug, Default)]
struct State {
    /// Why it can only be rolled back.
    poison: Option<String>,
    /// How it ended.
    ended: Option<&'static str>,
    /// A savepoint that was abandoned without a rollback.
    abandoned: Option<String>,
    /// Whether a stream of rows holds the turn.
    streaming: bool,
}

impl Level {
    /// Begins a transaction.
    pub(crate) async fn begin(
        endpoint: &Arc<Endpoint>,
        options: TransactionOptions,
        implicit: bool,
    ) -> Result<Arc<Self>> {
        let mut connection = endpoint.acquire(Purpose::Transaction, Instant::now()).await?;
        let begun = connection.control(Control::Begin(options)).await;
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
        }))
    }

    /// Sets a savepoint in `outer`, whose turn it holds until it ends.
    pub(crate) async fn nested(outer: &Arc<Self>) -> Result<Arc<Self>> {
        let name = format!("ar_{}", outer.depth() + 1);
        let mut turn = outer.turn().await?;
        let set = turn.connection().control(Control::Savepoint(&name)).await;
        let ((), slot) = turn.keep(set)?;
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
        }))
    }

    /// Waits for the connection, to run one statement on it.
    ///
    /// # Errors
    /// `Transaction` when this level has ended or can only be rolled back, or a stream of rows is open on it.
    pub(crate) async fn turn(&self) -> Result<Turn<'_>> {
        self.check()?;
        let slot = Arc::clone(&self.turn).lock_owned().await;
        self.check()?;
        let mut turn = Turn { level: self, slot: Some(slot) };
        let abandoned = self.state().abandoned.take();
        if let Some(savepoint) = abandoned {
            let undone = undo(turn.connection(), &savepoint).await;
            let ((), slot) = turn.keep(undone)?;
            turn = Turn { level: self, slot: Some(slot) };
        }
        Ok(turn)
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
        let poison = self.state().poison.clone();
        if let Some(why) = poison {
            // Why it was rolled back is what the caller needs, not that a hook failed after it.
            let _ = self.rollback().await;
            return Err(self.error(&format!("it was rolled back, because of an earlier error in it: {why}")));
        }
        // Waits for statements under way, and undoes a savepoint that was abandoned.
        self.turn().await?.settle(Ok(()))?;
        match self.take("committed").await? {
            Slot::Own(mut connection) => {
                let committed = connection.control(Control::Commit).await;
                drop(connection);
                self.settle_commit(committed).await
            }
            mut slot => self.control(&mut slot, Control::Release(&self.name)).await,
        }
    }

    async fn settle_commit(&self, committed: Result<()>) -> Result<()> {
        match committed.map_err(|error| error.with_connection(self.endpoint.name())) {
            Ok(()) => self.after.run(true).await,
            Err(error) if error.is_commit_outcome_unknown() => Err(error),
            Err(error) => {
                let _ = self.after.run(false).await;
                Err(error)
            }
        }
    }

    /// Ends this level and undoes its work.
    pub(crate) async fn rollback(&self) -> Result<()> {
        self.after.roll_back_from(self.mark);
        match self.take("rolled back").await? {
            Slot::Own(mut connection) => {
                let rolled_back = connection.control(Control::Rollback).await;
                drop(connection);
                let told = self.after.run(false).await;
                rolled_back.map_err(|error| error.with_connection(self.endpoint.name())).and(told)
            }
            mut slot => match slot.connection() {
                Some(connection) => undo(connection, &self.name).await.map_err(|error| self.poison_outer(error)),
                None => Ok(()),
            },
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
        // When a statement has the turn, the connection goes with the last use of this level.
        if let Ok(mut slot) = self.turn.try_lock() {
            *slot = Slot::Ended;
        }
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

    /// True the first time.
    pub(crate) fn warn_once(&self) -> bool {
        !self.warned.swap(true, Ordering::Relaxed)
    }

    /// Whether this is `other`, or a savepoint in it.
    pub(crate) fn is_within(&self, other: &Self) -> bool {
        self.levels().any(|level| std::ptr::eq(level, other))
    }

    fn depth(&self) -> usize {
        self.levels().count()
    }

    fn levels(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |level| level.outer.as_deref())
    }

    /// Takes the connection for the last statement of this level.
    async fn take(&self, how: &'static str) -> Result<Slot> {
        let mut slot = self.turn.lock().await;
        if let Some(ended) = self.state().ended.replace(how) {
            return Err(self.error(&format!("it was {ended} already")));
        }
        Ok(std::mem::replace(&mut *slot, Slot::Ended))
    }

    async fn control(&self, slot: &mut Slot, control: Control<'_>) -> Result<()> {
        let Some(connection) = slot.connection() else { return Err(self.error("it has ended")) };
        connection.control(control).await.map_err(|error| self.poison_outer(error))
    }

    /// A savepoint that cannot be ended leaves the level around it in doubt.
    fn poison_outer(&self, error: Error) -> Error {
        if let Some(outer) = &self.outer {
            outer.poison(&error);
        }
        error.with_connection(self.endpoint.name())
    }

    fn check(&self) -> Result<()> {
        let state = self.state();
        let why = match &*state {
            State { ended: Some(how), .. } => format!("it was {how} already"),
            State { poison: Some(why), .. } => {
                format!(
                    "it can only be rolled back, because of an earlier error in it: {why}. Put what may fail into a nested transaction"
                )
            }
            State { streaming: true, .. } => {
                "a stream of rows is open on it; read it to its end or drop it first, or use batch()".into()
            }
            _ => return Ok(()),
        };
        drop(state);
        Err(self.error(&why))
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
        self.keep(result).map(|(value, _)| value)
    }

    /// As [`settle`](Self::settle), but keeps the connection.
    fn keep<T>(mut self, result: Result<T>) -> Result<(T, OwnedMutexGuard<Slot>)> {
        let slot = self.slot.take();
        match result {
            Ok(value) => slot.map(|slot| (value, slot)).ok_or_else(|| self.level.error("it has ended")),
            Err(error) => {
                // These two are found before anything is sent, or while a row is read.
                if !error.is_unsupported() && !error.is_conversion() {
                    self.level.poison(&error);
                }
                Err(error)
            }
        }
    }

    /// Marks the level as used by a stream, for as long as this turn lasts.
    pub(crate) fn streaming(&mut self) {
        self.level.state().streaming = true;
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let streaming = std::mem::take(&mut self.level.state().streaming);
        // A stream only reads, and is dropped early as a matter of course.
        if self.slot.is_some() && !streaming {
            self.level.poison_with(|| "a statement was cancelled".into());
        }
    }
}
