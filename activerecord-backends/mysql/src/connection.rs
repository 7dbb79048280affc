//! One connection. Statements are prepared, kept prepared by the driver, and read in the binary protocol; transaction
//! control, scripts, and the few statements that cannot be prepared go as text.

mod read;
mod script;
mod transaction;
mod xa;

use std::sync::Arc;

use activerecord_core::backend::{Answer, BoxFuture, Connection, Control, Outcome, PreparedBranch};
use activerecord_core::sql::{Access, Sql};
use activerecord_core::{Capabilities, Error, Flow, Result, RowRef, Sink};
use sqlx::{AssertSqlSafe, Connection as _, Executor, MySqlConnection, SqlSafeStr, Statement};

use self::read::{End, Reader};
use self::transaction::State;
use self::xa::Xid;
use crate::backend::Facts;
use crate::dialect::{Verb, is_script, verbs};
use crate::error;
use crate::value::{Format, arguments};

/// A connection.
pub(crate) struct Session {
    connection: MySqlConnection,
    /// Where the server is, for messages.
    place: Arc<str>,
    capabilities: Capabilities,
    timeout_ends_transaction: bool,
    max_packet: usize,
    transaction: State,
    /// The open transaction, when it is a branch of one across databases.
    branch: Option<Xid>,
    line: Line,
}

/// What is under way between the driver and the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// Nothing.
    AtRest,
    /// An answer, between two of its rows. When its future is dropped here, the driver reads the rest before it sends the
    /// next statement.
    BetweenRows,
    /// A statement. When its future is dropped now, what the server says next is not known, so nothing more is sent.
    Busy,
}

impl Session {
    pub(crate) fn new(connection: MySqlConnection, place: &str, facts: Facts) -> Self {
        Self {
            connection,
            place: place.into(),
            capabilities: facts.server.capabilities(),
            timeout_ends_transaction: facts.timeout_ends_transaction,
            max_packet: facts.max_packet,
            transaction: State::None,
            branch: None,
            line: Line::AtRest,
        }
    }

    /// Leaves the rest, to send something.
    ///
    /// # Errors
    /// `ConnectionLost` when an earlier statement was given up.
    fn leave_rest(&mut self) -> Result<()> {
        match std::mem::replace(&mut self.line, Line::Busy) {
            Line::AtRest | Line::BetweenRows => Ok(()),
            Line::Busy => Err(error::gone()),
        }
    }

    #[cold]
    fn failed(&mut self, error: sqlx::Error) -> Error {
        // The server answered, so it waits for the next statement.
        if let Some(number) = error::number(&error) {
            if !error::ends_session(number) {
                self.line = Line::AtRest;
            }
            if error::ends_transaction(number, self.timeout_ends_transaction) {
                self.transaction.end();
            }
        }
        error::at_statement(&self.place, error)
    }

    /// What the end of a statement means for the session and the caller.
    fn finish(&mut self, end: End) -> Result<Outcome> {
        let failed = end.failure.map(|error| self.failed(error));
        if failed.is_none() && !end.half_read {
            self.line = Line::AtRest;
        }
        end.refused.or(failed).map_or(Ok(end.outcome), Err)
    }

    /// Runs one statement.
    async fn run(&mut self, sql: &Sql, plan: Plan, sink: &mut Sink<'_>) -> Result<Outcome> {
        let arguments = arguments(sql.binds(), self.max_packet)?;
        match plan.way {
            Way::Prepared => {}
            Way::Text => return self.run_text(sql, plan, sink).await,
            Way::Checked => match self.prepare(sql).await? {
                Some(placeholders) if placeholders == sql.binds().len() => {}
                Some(placeholders) => return Err(error::bind_count(placeholders, sql.binds().len())),
                None => return self.run_text(sql, plan, sink).await,
            },
            Way::Script => return Err(error::not_one_statement()),
        }
        self.leave_rest()?;
        let query = sqlx::query_with(AssertSqlSafe(Arc::clone(sql.text())), arguments);
        let reader = self.reader(sql, plan, Format::Binary);
        let end = reader.read(&mut self.connection, &mut self.line, query, sink).await;
        self.finish(end)
    }

    /// Runs a statement in the text protocol.
    async fn run_text(&mut self, sql: &Sql, plan: Plan, sink: &mut Sink<'_>) -> Result<Outcome> {
        self.leave_rest()?;
        let query = sqlx::raw_sql(AssertSqlSafe(Arc::clone(sql.text())));
        let reader = self.reader(sql, plan, Format::Text);
        let end = reader.read(&mut self.connection, &mut self.line, query, sink).await;
        self.finish(end)
    }

    fn reader(&self, sql: &Sql, plan: Plan, format: Format) -> Reader {
        let reads = sql.access() == Access::Read;
        let may_leave = reads && !self.transaction.is_open();
        Reader { format, returning: plan.writes, one_row: reads && sql.is_one_row(), may_leave }
    }

    /// How a statement is run. What would change the session behind this library's back is refused; what the library has
    /// written itself is known not to.
    ///
    /// # Errors
    /// `Transaction`, `InvalidStatement`, `Unsupported`.
    fn plan(&self, sql: &Sql) -> Result<Plan> {
        self.transaction.check()?;
        if sql.access() != Access::Unknown {
            let writes = sql.access() == Access::Write;
            // Some definitions cannot be prepared, and what binds nothing need not be.
            let way = if writes && sql.binds().is_empty() { Way::Text } else { Way::Prepared };
            return Ok(Plan { way, writes });
        }
        let mut plan = Plan { way: Way::Checked, writes: false };
        let mut statements = 0;
        for verb in verbs(sql.text()) {
            statements += 1;
            match verb {
                Verb::Transaction => return Err(error::transaction_control()),
                Verb::Lock => return Err(error::table_lock()),
                Verb::Definition if self.transaction.is_open() => return Err(error::implicit_commit()),
                Verb::Definition if sql.binds().is_empty() => plan.way = Way::Text,
                Verb::Change => plan.writes = true,
                Verb::Definition | Verb::Other => {}
            }
        }
        if statements == 0 {
            return Err(error::not_one_statement());
        }
        if is_script(sql.text()) {
            plan.way = Way::Script;
        }
        Ok(plan)
    }

    /// Prepares a statement, unless the driver has it prepared already, and tells how many placeholders it has. None: it
    /// cannot be prepared, and need not be.
    async fn prepare(&mut self, sql: &Sql) -> Result<Option<usize>> {
        self.leave_rest()?;
        let text = AssertSqlSafe(Arc::clone(sql.text())).into_sql_str();
        match self.connection.prepare(text).await {
            Ok(statement) => {
                self.line = Line::AtRest;
                Ok(statement.parameters().map(|parameters| parameters.either(<[_]>::len, |count| count)))
            }
            Err(error) => {
                let as_text = error::number(&error) == Some(error::NOT_PREPARABLE) && sql.binds().is_empty();
                let error = self.failed(error);
                if as_text { Ok(None) } else { Err(error) }
            }
        }
    }
}

/// How a statement is run.
#[derive(Clone, Copy, Debug)]
struct Plan {
    way: Way,
    /// Whether rows that come back are rows that were written.
    writes: bool,
}

/// The way that a statement goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Prepared.
    Prepared,
    /// Prepared, after a look at its placeholders: the driver does not recover from a wrong number of values.
    Checked,
    /// As text.
    Text,
    /// As text, and as a whole or not at all.
    Script,
}

impl Connection for Session {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn execute<'a>(&'a mut self, sql: &'a Sql) -> Answer<'a, Result<Outcome>> {
        Answer::later(async move {
            let mut ignore = |_: &dyn RowRef| Ok(Flow::More);
            let run = match self.plan(sql) {
                Ok(Plan { way: Way::Script, .. }) if sql.binds().is_empty() => self.run_script(sql.text()).await,
                Ok(plan) => self.run(sql, plan, &mut ignore).await,
                Err(error) => Err(error),
            };
            run.map_err(|error| error.with_sql(sql.text()))
        })
    }

    fn fetch<'a>(&'a mut self, sql: &'a Sql, sink: &'a mut Sink<'a>) -> Answer<'a, Result<()>> {
        Answer::later(async move {
            let run = match self.plan(sql) {
                Ok(plan) => self.run(sql, plan, sink).await.map(drop),
                Err(error) => Err(error),
            };
            run.map_err(|error| error.with_sql(sql.text()))
        })
    }

    fn control<'a>(&'a mut self, control: Control<'a>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            match control {
                Control::Begin(options) => self.begin(options).await,
                Control::Commit => self.commit().await,
                Control::Rollback => self.roll_back().await,
                Control::Savepoint(name) => self.savepoint("SAVEPOINT", name).await,
                Control::Release(name) => self.savepoint("RELEASE SAVEPOINT", name).await,
                Control::RollbackTo(name) => self.savepoint("ROLLBACK TO SAVEPOINT", name).await,
                Control::BeginBranch(options, branch) => self.begin_branch(options, branch).await,
                Control::Prepare(branch) => self.prepare_branch(branch).await,
                Control::CommitPrepared(branch) => self.end_prepared("COMMIT", branch).await,
                Control::RollbackPrepared(branch) => self.end_prepared("ROLLBACK", branch).await,
                _ => Err(Error::unsupported("MySQL and MariaDB know no such step of a transaction")),
            }
        })
    }

    fn prepared(&mut self) -> BoxFuture<'_, Result<Vec<PreparedBranch>>> {
        Box::pin(self.prepared_branches())
    }

    fn ping(&mut self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            self.leave_rest()?;
            match self.connection.ping().await {
                Ok(()) => {
                    self.line = Line::AtRest;
                    Ok(())
                }
                Err(error) => Err(self.failed(error)),
            }
        })
    }

    fn is_reusable(&self) -> bool {
        self.line == Line::AtRest && !self.transaction.is_open()
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            // Otherwise the driver would wait for the rest of an answer first.
            if self.line == Line::AtRest {
                drop(self.connection.close().await);
            }
        })
    }
}
