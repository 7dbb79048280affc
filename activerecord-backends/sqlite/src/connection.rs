//! One connection. Quick statements run on the calling task, because a change to another thread and back costs more
//! than most statements. Slow ones run on a blocking thread, so that the runtime does not wait for them.

mod batches;
mod patience;
mod read;
mod session;
mod transaction;
mod watch;
mod write;

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};

use activerecord_core::backend::{Answer, BoxFuture, Connection, Control, Outcome, current_runtime, pend_once};
use activerecord_core::sql::Sql;
use activerecord_core::{Capabilities, Error, ErrorKind, Flow, Result, RowRef, SQLITE, Sink};
use tokio::task::{coop, spawn_blocking};

use self::patience::Patience;
use self::read::{Reading, Slice};
use self::session::{Attempt, Session, Written};
use self::transaction::Held;
use self::watch::Watch;
use crate::cache::Slot;
use crate::config::Settings;
use crate::error;
use crate::file::{DatabaseFile, Turn};
use crate::statement::Prepared;

/// Preparing a text of this many bytes takes about a millisecond.
const LONG_TEXT: usize = 16 * 1024;

/// A connection. Its session is absent while it works on a blocking thread. When the future that waits for it is
/// dropped, it stays absent, and the thread closes it.
pub(crate) struct SqliteConnection {
    session: Option<Box<Session>>,
}

impl SqliteConnection {
    pub(crate) fn new(connection: rusqlite::Connection, file: Arc<DatabaseFile>, settings: &Settings) -> Result<Self> {
        Ok(Self { session: Some(Box::new(Session::new(connection, file, settings)?)) })
    }

    fn session(&mut self) -> Result<&mut Session> {
        self.session.as_deref_mut().ok_or_else(error::gone)
    }

    /// Adds the statement to an error, and records what the error means for the next user.
    fn told(&mut self, error: Error, sql: &Sql) -> Error {
        if let (Some(session), ErrorKind::InvalidStatement) = (&mut self.session, error.kind()) {
            // SQLite would compile an outdated statement with the schema that it remembers.
            session.database.forget(sql.text());
        }
        self.failed(error).with_sql(sql.text())
    }

    /// Records what an error means for the next user.
    fn failed(&mut self, error: Error) -> Error {
        if let Some(session) = &mut self.session {
            session.broken |= error::is_lasting(&error);
        }
        error
    }

    /// Prepares a statement that can run on the calling task at once. None when the task must wait first, or when the
    /// text is not one statement.
    fn prepare_at_once(&mut self, sql: &Sql) -> Result<Option<Slot>> {
        let session = self.session()?;
        let ready = !session.watch.is_tired() && (sql.text().len() <= LONG_TEXT || session.database.has(sql.text()));
        if !ready || !has_budget() {
            return Ok(None);
        }
        match session.prepare(sql) {
            Ok(Prepared::One(slot)) => Ok(Some(slot)),
            Ok(Prepared::Script) => Ok(None),
            Err(error) if error.kind() == ErrorKind::Busy => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Passes on the rows of a statement that wrote at once. Before that, it makes a checkpoint that is due.
    fn hand_out<'a>(
        &'a mut self,
        written: Written,
        turn: Option<Turn>,
        sql: &'a Sql,
        sink: &'a mut Sink<'a>,
    ) -> Answer<'a, Result<()>> {
        let rows = written.rows;
        if turn.is_none() && rows.len() == 1 {
            return match sink(&rows.row(0)) {
                Ok(Flow::More | Flow::Stop) => Answer::now(Ok(())),
                Ok(Flow::Pause) => Answer::later(async {
                    pend_once().await;
                    Ok(())
                }),
                Err(error) => Answer::now(Err(self.told(error, sql))),
            };
        }
        Answer::later(async move {
            let copied = Held::again(self, turn).checkpoint().await;
            let handed = if copied.is_ok() { batches::hand_over(&rows, sink).await.map(drop) } else { copied };
            handed.map_err(|error| self.told(error, sql))
        })
    }

    async fn run(&mut self, sql: &Sql) -> Result<Outcome> {
        match self.prepare(sql).await? {
            Prepared::Script if sql.binds().is_empty() => self.run_script(sql.text()).await,
            Prepared::Script => Err(error::not_one_statement()),
            Prepared::One(slot) if self.session()?.database.cursor(slot).profile().readonly => {
                let mut ignore = |_: &dyn RowRef| Ok(Flow::More);
                self.read(slot, false, &mut ignore).await.map(|()| Outcome::default())
            }
            Prepared::One(slot) => self.write(sql, slot).await.map(|written| written.outcome),
        }
    }

    async fn run_for_rows(&mut self, sql: &Sql, sink: &mut Sink<'_>) -> Result<()> {
        match self.prepare(sql).await? {
            Prepared::Script => Err(error::not_one_statement()),
            Prepared::One(slot) if self.session()?.database.cursor(slot).profile().readonly => {
                self.read(slot, sql.is_one_row(), sink).await
            }
            Prepared::One(slot) => {
                let written = self.write(sql, slot).await?;
                batches::hand_over(&written.rows, sink).await.map(drop)
            }
        }
    }

    /// The statement with its values bound. Preparing it may read the schema, which may wait for a lock.
    async fn prepare(&mut self, sql: &Sql) -> Result<Prepared> {
        let session = self.session()?;
        session.give_way_if_tired().await;
        if sql.text().len() > LONG_TEXT && !session.database.has(sql.text()) {
            let (text, key) = (Arc::clone(sql.text()), sql.returned_key().cloned());
            // An error occurs again below.
            self.on_thread(move |session| drop(session.database.prepare(&text, key.as_ref()))).await?;
        }
        let session = self.session()?;
        let mut patience = Patience::new();
        loop {
            match session.prepare(sql) {
                Err(error) if error.kind() == ErrorKind::Busy => patience.wait_to_read(session).await?,
                prepared => return prepared,
            }
        }
    }

    /// Repeats a job until it is done: after a wait when another connection holds a lock, and on a thread when it is
    /// slow. The job's second argument says whether it runs on the calling task.
    async fn attempt<T: Send + 'static>(
        &mut self,
        mut on_thread: bool,
        job: impl Fn(&mut Session, bool) -> Result<Attempt<T>> + Copy + Send + 'static,
    ) -> Result<T> {
        let mut patience = Patience::new();
        loop {
            let attempt = if on_thread {
                self.on_thread(move |session| job(session, false)).await??
            } else {
                job(self.session()?, true)?
            };
            match attempt {
                Attempt::Done(done) => return Ok(done),
                Attempt::Busy => patience.wait(self.session()?.busy_timeout).await?,
                Attempt::Slow => on_thread = true,
            }
        }
    }

    /// Moves the session to a blocking thread and back. When the future is dropped, the thread stops the work and
    /// closes it.
    async fn on_thread<T: Send + 'static>(
        &mut self,
        job: impl FnOnce(&mut Session) -> T + Send + 'static,
    ) -> Result<T> {
        let runtime = current_runtime()?;
        let mut session = self.session.take().ok_or_else(error::gone)?;
        let mut cancel = CancelOnDrop(Some(Arc::clone(&session.watch)));
        let work = runtime.spawn_blocking(move || {
            // The future may have been dropped before the thread starts the job.
            let result = if session.watch.is_cancelled() { None } else { Some(job(&mut session)) };
            (session, result)
        });
        // A panic, or the end of the runtime. In both cases the session is lost.
        let (session, result) = work.await.map_err(|error| error::gone().with_source(error))?;
        cancel.0 = None;
        self.session = Some(session);
        result.ok_or_else(error::gone)
    }
}

/// Stops the work on a thread when the future that waits for it is dropped.
struct CancelOnDrop(Option<Arc<Watch>>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        if let Some(watch) = &self.0 {
            watch.cancel();
        }
    }
}

impl Connection for SqliteConnection {
    fn capabilities(&self) -> &Capabilities {
        SQLITE.capabilities()
    }

    fn execute<'a>(&'a mut self, sql: &'a Sql) -> Answer<'a, Result<Outcome>> {
        let written = match self.prepare_at_once(sql) {
            Ok(Some(slot)) => self.write_at_once(sql, slot),
            Ok(None) => Ok(None),
            Err(error) => Err(error),
        };
        match written {
            Ok(Some((written, None))) => Answer::now(Ok(written.outcome)),
            Ok(Some((written, turn))) => Answer::later(async move {
                let copied = Held::again(self, turn).checkpoint().await;
                copied.map(|()| written.outcome).map_err(|error| self.told(error, sql))
            }),
            Ok(None) => Answer::later(async move {
                coop::consume_budget().await;
                self.run(sql).await.map_err(|error| self.told(error, sql))
            }),
            Err(error) => Answer::now(Err(self.told(error, sql))),
        }
    }

    fn fetch<'a>(&'a mut self, sql: &'a Sql, sink: &'a mut Sink<'a>) -> Answer<'a, Result<()>> {
        let slot = match self.prepare_at_once(sql) {
            Ok(slot) => slot,
            Err(error) => return Answer::now(Err(self.told(error, sql))),
        };
        let Some(slot) = slot.filter(|slot| self.reads_at_once(*slot, sql.is_one_row())) else {
            return match slot.map_or(Ok(None), |slot| self.write_at_once(sql, slot)) {
                Ok(Some((written, turn))) => self.hand_out(written, turn, sql, sink),
                Ok(None) => Answer::later(async move {
                    coop::consume_budget().await;
                    self.run_for_rows(sql, sink).await.map_err(|error| self.told(error, sql))
                }),
                Err(error) => Answer::now(Err(self.told(error, sql))),
            };
        };
        let mut reading = Reading::new(self, slot, sql.is_one_row());
        match reading.slice(sink) {
            Ok(Slice::Done) => Answer::now(Ok(())),
            Ok(slice) => Answer::later(async move {
                let read = reading.go_on(slice, sink).await;
                read.map_err(|error| reading.connection.told(error, sql))
            }),
            Err(error) => Answer::now(Err(reading.connection.told(error, sql))),
        }
    }

    fn control<'a>(&'a mut self, control: Control<'a>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let controlled = match control {
                Control::Begin(options) => self.begin(options).await,
                Control::Commit => self.commit().await,
                Control::Rollback => self.roll_back().await,
                Control::Savepoint(name) => self.savepoint("SAVEPOINT", name).await,
                Control::Release(name) => self.savepoint("RELEASE", name).await,
                Control::RollbackTo(name) => {
                    let undone = self.savepoint("ROLLBACK TO", name).await;
                    undone.and_then(|()| self.session().map(Session::use_up_keys))
                }
                _ => Err(Error::unsupported("SQLite does not support this step of a transaction")),
            };
            controlled.map_err(|error| self.failed(error))
        })
    }

    fn ping(&mut self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move { self.session()?.ping() })
    }

    fn is_reusable(&self) -> bool {
        self.session.as_ref().is_some_and(|session| session.is_reusable())
    }

    fn close(mut self: Box<Self>) -> BoxFuture<'static, ()> {
        let session = self.session.take();
        Box::pin(async move {
            // The last connection makes a checkpoint when it is closed.
            let closed = spawn_blocking(move || drop(session)).await;
            drop(closed);
        })
    }
}

/// Consumes one unit of the task's cooperative budget. False when none is left.
fn has_budget() -> bool {
    let mut context = Context::from_waker(Waker::noop());
    pin!(coop::consume_budget()).poll(&mut context).is_ready()
}

impl Drop for SqliteConnection {
    fn drop(&mut self) {
        let Some(mut session) = self.session.take() else { return };
        if !session.changed_much() {
            // Now, so that the lock is free when this returns. If it fails, closing rolls back.
            if let Ok(Attempt::Done(())) = session.roll_back() {
                session.turn = None;
            }
        }
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            drop(runtime.spawn_blocking(move || drop(session)));
        }
    }
}
