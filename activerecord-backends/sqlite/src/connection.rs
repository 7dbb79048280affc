//! One connection: statements run on the calling task while they are quick, and on a blocking thread when they are not.

mod patience;
mod read;
mod session;
mod watch;

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use activerecord_core::backend::{BoxFuture, Connection, Control, Outcome, TransactionOptions};
use activerecord_core::sql::Sql;
use activerecord_core::{Capabilities, Error, ErrorKind, Flow, Result, SQLITE, Sink};

use self::patience::Patience;
use self::read::{Reading, Slice};
use self::session::{Attempt, Open, Session, Written, ended};
use crate::config::Settings;
use crate::error;
use crate::file::DatabaseFile;
use crate::statement::{Prepared, Slot};

/// A connection. Its session is absent while it works on a blocking thread, and stays so when nobody waited for it.
pub(crate) struct SqliteConnection {
    session: Option<Box<Session>>,
}

impl SqliteConnection {
    pub(crate) fn new(connection: rusqlite::Connection, file: Arc<DatabaseFile>, settings: &Settings) -> Result<Self> {
        Ok(Self { session: Some(Box::new(Session::new(connection, file, settings)?)) })
    }

    fn session(&mut self) -> Result<&mut Session> {
        self.session.as_deref_mut().ok_or_else(gone)
    }

    async fn read(&mut self, slot: Slot, sink: &mut Sink<'_>) -> Result<()> {
        let session = self.session()?;
        let mut patience = Patience::new(session.busy_timeout);
        let mut reading = Reading::new(session, slot);
        loop {
            match reading.slice(sink)? {
                Slice::Done => return Ok(()),
                Slice::Pause => pend_once().await,
                Slice::Yield => tokio::task::yield_now().await,
                Slice::Busy => patience.wait().await?,
            }
        }
    }

    async fn write(&mut self, slot: Slot) -> Result<Written> {
        let session = self.session()?;
        session.check_write()?;
        if session.transaction.is_none() {
            session.turn = Some(session.file.turn(session.busy_timeout).await?);
        }
        let mut patience = Patience::new(session.busy_timeout);
        loop {
            match session.write(slot, false)? {
                Attempt::Done(written) => {
                    if session.transaction.is_none() {
                        session.turn = None;
                    }
                    return Ok(written);
                }
                _ => patience.wait().await?,
            }
        }
    }

    async fn begin(&mut self, options: TransactionOptions) -> Result<()> {
        let session = self.session()?;
        if session.transaction.is_some() {
            return Err(Error::new(ErrorKind::Transaction, "a transaction is open already"));
        }
        let changes = session.database.connection().total_changes();
        if options.read_only {
            session.run("PRAGMA query_only = 1")?;
            session.run("BEGIN")?;
            session.transaction = Some(Open { read_only: true, changes });
            return Ok(());
        }
        session.turn = Some(session.file.turn(session.busy_timeout).await?);
        let mut patience = Patience::new(session.busy_timeout);
        while let Attempt::Busy = session.run("BEGIN IMMEDIATE")? {
            patience.wait().await?;
        }
        session.transaction = Some(Open { read_only: false, changes });
        Ok(())
    }

    async fn commit(&mut self) -> Result<()> {
        let session = self.session()?;
        if session.database.connection().is_autocommit() {
            return Err(ended());
        }
        let mut patience = Patience::new(session.busy_timeout);
        while let Attempt::Busy = session.run("COMMIT")? {
            patience.wait().await?;
        }
        session.leave();
        Ok(())
    }
}

impl Connection for SqliteConnection {
    fn capabilities(&self) -> &Capabilities {
        SQLITE.capabilities()
    }

    fn execute<'a>(&'a mut self, sql: &'a Sql) -> BoxFuture<'a, Result<Outcome>> {
        Box::pin(async move {
            match self.session()?.prepare(sql.text(), sql.binds()).map_err(|error| error.with_sql(sql.text()))? {
                Prepared::One(slot) if self.session()?.database.cursor(slot).is_readonly() => {
                    let mut ignore = |_: &dyn activerecord_core::RowRef| Ok(Flow::More);
                    self.read(slot, &mut ignore).await.map(|()| Outcome::default())
                }
                Prepared::One(slot) => self.write(slot).await.map(|written| written.outcome),
                Prepared::Script => Err(error::invalid_statement("scripts: soon")),
            }
            .map_err(|error| error.with_sql(sql.text()))
        })
    }

    fn fetch<'a>(&'a mut self, sql: &'a Sql, sink: &'a mut Sink<'a>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            match self.session()?.prepare(sql.text(), sql.binds()).map_err(|error| error.with_sql(sql.text()))? {
                Prepared::One(slot) if self.session()?.database.cursor(slot).is_readonly() => {
                    self.read(slot, sink).await
                }
                Prepared::One(slot) => {
                    let written = self.write(slot).await?;
                    for index in 0..written.rows.len() {
                        match sink(&written.rows.row(index))? {
                            Flow::More => {}
                            Flow::Pause => pend_once().await,
                            Flow::Stop => break,
                        }
                    }
                    Ok(())
                }
                Prepared::Script => Err(error::invalid_statement("the text is not one statement")),
            }
        })
    }

    fn control<'a>(&'a mut self, control: Control<'a>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            match control {
                Control::Begin(options) => self.begin(options).await,
                Control::Commit => self.commit().await,
                Control::Rollback => self.session()?.roll_back().map(drop),
                Control::Savepoint(name) => self.session()?.run(&format!("SAVEPOINT \"{name}\"")).map(drop),
                Control::Release(name) => self.session()?.run(&format!("RELEASE \"{name}\"")).map(drop),
                Control::RollbackTo(name) => self.session()?.run(&format!("ROLLBACK TO \"{name}\"")).map(drop),
                _ => Err(Error::unsupported("SQLite knows no such step of a transaction")),
            }
        })
    }

    fn ping(&mut self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move { self.session()?.run("SELECT 1").map(drop) })
    }

    fn is_reusable(&self) -> bool {
        self.session.as_ref().is_some_and(|session| session.is_reusable())
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move { drop(self) })
    }
}

/// Returns `Pending` once. Whoever asked for the pause polls again.
async fn pend_once() {
    let mut polled = false;
    poll_fn(|_| if std::mem::replace(&mut polled, true) { Poll::Ready(()) } else { Poll::Pending }).await;
}

#[cold]
fn gone() -> Error {
    Error::new(ErrorKind::ConnectionLost, "the connection was given up with a statement that was cancelled")
}
