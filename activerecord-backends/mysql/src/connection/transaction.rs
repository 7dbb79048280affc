//! The life of a transaction. It goes as text: not all servers prepare these statements.

use activerecord_core::backend::{Isolation, TransactionOptions};
use activerecord_core::{Flow, Result, RowRef, Sink};
use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

use super::read::{End, Reader};
use super::{Line, Session};
use crate::error;
use crate::value::Format;

/// What is known of the session's transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    None,
    /// It is open, or may be.
    Open,
    /// The server has rolled it back on its own.
    Ended,
}

impl State {
    /// Whether one was begun, and not ended from this side.
    pub(super) fn is_open(self) -> bool {
        self != Self::None
    }

    /// Notes that the server has rolled back.
    pub(super) fn end(&mut self) {
        if self.is_open() {
            *self = Self::Ended;
        }
    }

    /// Refuses to go on in a transaction that the server has ended: the next statement would commit on its own.
    ///
    /// # Errors
    /// `Transaction`.
    pub(super) fn check(self) -> Result<()> {
        if self == Self::Ended { Err(error::transaction_ended()) } else { Ok(()) }
    }

    pub(super) fn check_open(self) -> Result<()> {
        match self {
            Self::None => Err(error::no_transaction()),
            _ => self.check(),
        }
    }
}

impl Session {
    /// Begins a transaction. These servers take locks later, row by row, so there is nothing more to take.
    pub(super) async fn begin(&mut self, options: TransactionOptions) -> Result<()> {
        if self.transaction.is_open() {
            return Err(error::transaction_open());
        }
        let mode = if options.read_only { " READ ONLY" } else { "" };
        self.begin_by(options, &format!("START TRANSACTION{mode}")).await
    }

    /// Begins a transaction by this statement.
    pub(super) async fn begin_by(&mut self, options: TransactionOptions, statement: &str) -> Result<()> {
        let text = match options.isolation {
            Some(isolation) => format!("SET TRANSACTION ISOLATION LEVEL {}; {statement}", name(isolation)),
            None => statement.to_owned(),
        };
        // From here on it may be open, whatever becomes of this future.
        self.transaction = State::Open;
        let begun = self.command(AssertSqlSafe(text).into_sql_str()).await;
        if begun.is_err() {
            // What came next would commit on its own.
            self.transaction.end();
        }
        begun
    }

    pub(super) async fn commit(&mut self) -> Result<()> {
        self.transaction.check_open()?;
        if self.line == Line::Busy {
            // Nothing is sent, so nothing is committed.
            return Err(error::gone());
        }
        let committed = match self.branch.clone() {
            Some(xid) => self.commit_branch(&xid).await,
            None => self.command("COMMIT".into_sql_str()).await,
        };
        committed.map_err(error::at_commit)?;
        self.transaction = State::None;
        Ok(())
    }

    /// Rolls back. The server does not mind when it has done so on its own.
    pub(super) async fn roll_back(&mut self) -> Result<()> {
        if self.transaction.is_open() {
            match self.branch.clone() {
                Some(xid) => self.roll_branch_back(&xid).await?,
                None => self.command("ROLLBACK".into_sql_str()).await?,
            }
            self.transaction = State::None;
        }
        Ok(())
    }

    /// Sets, releases or rolls back to a savepoint.
    pub(super) async fn savepoint(&mut self, command: &str, name: &str) -> Result<()> {
        self.transaction.check_open()?;
        let text = format!("{command} `{}`", name.replace('`', "``"));
        self.command(AssertSqlSafe(text).into_sql_str()).await
    }

    pub(super) async fn command(&mut self, text: SqlStr) -> Result<()> {
        self.leave_rest()?;
        let end = self.send(text).await;
        self.finish(end).map(drop)
    }

    /// Sends a text for its effect.
    pub(super) async fn send(&mut self, text: SqlStr) -> End {
        self.send_for_rows(text, &mut |_: &dyn RowRef| Ok(Flow::More)).await
    }

    /// Sends a text for its rows.
    pub(super) async fn send_for_rows(&mut self, text: SqlStr, sink: &mut Sink<'_>) -> End {
        let reader = Reader { format: Format::Text, returning: false, one_row: false, may_leave: false };
        reader.read(&mut self.connection, &mut self.line, sqlx::raw_sql(text), sink).await
    }
}

fn name(isolation: Isolation) -> &'static str {
    match isolation {
        Isolation::ReadUncommitted => "READ UNCOMMITTED",
        Isolation::ReadCommitted => "READ COMMITTED",
        Isolation::RepeatableRead => "REPEATABLE READ",
        // Also for a level that this backend does not know: a stronger level is allowed.
        _ => "SERIALIZABLE",
    }
}
