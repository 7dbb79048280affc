//! Transactions. Their statements are sent as text, because not all servers can prepare them.

use activerecord_core::backend::{Isolation, TransactionOptions};
use activerecord_core::{Flow, Result, RowRef, Sink};
use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

use super::read::{End, Reader};
use super::{Line, Session};
use crate::error;
use crate::value::Format;

/// The state of the session's transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    None,
    /// Open, or possibly open.
    Open,
    /// The server has rolled it back by itself.
    Ended,
}

impl State {
    /// Whether a transaction was begun and not ended by this session.
    pub(super) fn is_open(self) -> bool {
        self != Self::None
    }

    /// Records that the server has rolled back.
    pub(super) fn end(&mut self) {
        if self.is_open() {
            *self = Self::Ended;
        }
    }

    /// Refuses statements in a transaction that the server has rolled back, because each would commit by itself.
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
    /// Begins a transaction. The servers take locks row by row, so none are taken in advance.
    pub(super) async fn begin(&mut self, options: TransactionOptions) -> Result<()> {
        if self.transaction.is_open() {
            return Err(error::transaction_open());
        }
        let mode = if options.read_only { " READ ONLY" } else { "" };
        self.begin_by(options, &format!("START TRANSACTION{mode}")).await
    }

    /// Begins a transaction with this statement.
    pub(super) async fn begin_by(&mut self, options: TransactionOptions, statement: &str) -> Result<()> {
        let text = match options.isolation {
            Some(isolation) => format!("SET TRANSACTION ISOLATION LEVEL {}; {statement}", isolation_name(isolation)),
            None => statement.to_owned(),
        };
        // From here on it may be open, even if this future is dropped.
        self.transaction = State::Open;
        let begun = self.command(AssertSqlSafe(text).into_sql_str()).await;
        if begun.is_err() {
            // The next statement would commit by itself.
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

    /// Rolls back. The server accepts this also after it has rolled back by itself.
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
        self.set_busy()?;
        let end = self.send(text).await;
        self.finish(end).map(drop)
    }

    /// Sends a text and ignores its rows.
    pub(super) async fn send(&mut self, text: SqlStr) -> End {
        self.send_for_rows(text, &mut |_: &dyn RowRef| Ok(Flow::More)).await
    }

    /// Sends a text and passes its rows to the sink.
    pub(super) async fn send_for_rows(&mut self, text: SqlStr, sink: &mut Sink<'_>) -> End {
        let reader = Reader { format: Format::Text, returning: false, one_row: false, may_abandon: false };
        reader.read(&mut self.connection, &mut self.line, sqlx::raw_sql(text), sink).await
    }
}

fn isolation_name(isolation: Isolation) -> &'static str {
    match isolation {
        Isolation::ReadUncommitted => "READ UNCOMMITTED",
        Isolation::ReadCommitted => "READ COMMITTED",
        Isolation::RepeatableRead => "REPEATABLE READ",
        // Also for a level that this backend does not know: a stronger level is allowed.
        _ => "SERIALIZABLE",
    }
}
