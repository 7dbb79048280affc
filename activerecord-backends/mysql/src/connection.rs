//! One connection. The driver prepares statements, caches them, and reads answers in the binary protocol. Transaction
//! control, scripts, and the few statements that cannot be prepared are sent as text.

mod read;
mod script;
mod transaction;
mod xa;

use std::sync::Arc;
use std::time::Duration;

use activerecord_core::backend::{Answer, BoxFuture, Connection, Control, Outcome, PreparedBranch};
use activerecord_core::sql::{Access, Sql};
use activerecord_core::{Capabilities, Error, Flow, Result, RowRef, Sink};
use activerecord_sqlx::LongTexts;
use sqlx::{AssertSqlSafe, Connection as _, Executor, MySqlConnection, SqlSafeStr, Statement};

use self::read::{End, Reader};
use self::transaction::State;
use self::xa::Xid;
use crate::backend::Facts;
use crate::dialect::{Verb, is_script, verbs};
use crate::error;
use crate::value::{Format, arguments};

/// How long closing a connection may take.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// A connection.
pub(crate) struct Session {
    connection: MySqlConnection,
    /// Address of the server, for messages.
    place: Arc<str>,
    capabilities: Capabilities,
    timeout_ends_transaction: bool,
    max_packet: usize,
    transaction: State,
    /// The branch that the open transaction is, if it takes part in a two-phase commit.
    branch: Option<Xid>,
    line: Line,
    long_texts: LongTexts,
}

/// The state of the protocol between the driver and the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// No statement is running.
    AtRest,
    /// Inside an answer, between two rows. If the future is dropped here, the driver reads the rest before it sends the
    /// next statement.
    BetweenRows,
    /// A statement is running. If its future is dropped now, the next bytes of the server are unknown, so nothing more is sent.
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
            long_texts: LongTexts::default(),
        }
    }

    /// Marks the connection as busy, before something is sent.
    ///
    /// # Errors
    /// `ConnectionLost` if an earlier statement was dropped.
    fn set_busy(&mut self) -> Result<()> {
        match std::mem::replace(&mut self.line, Line::Busy) {
            Line::AtRest | Line::BetweenRows => Ok(()),
            Line::Busy => Err(error::gone()),
        }
    }

    #[cold]
    fn failed(&mut self, error: sqlx::Error) -> Error {
        // The server answered, so it expects the next statement.
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

    /// Updates the session after a statement, and returns its outcome.
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
        if matches!(plan.mode, Mode::Prepared | Mode::Checked) {
            self.make_room(sql.text()).await?;
        }
        match plan.mode {
            Mode::Prepared => {}
            Mode::Text => return self.run_text(sql, plan, sink).await,
            Mode::Checked => match self.prepare(sql).await? {
                Some(placeholders) if placeholders == sql.binds().len() => {}
                Some(placeholders) => return Err(error::bind_count(placeholders, sql.binds().len())),
                None => return self.run_text(sql, plan, sink).await,
            },
            Mode::Script => return Err(error::not_one_statement()),
        }
        self.set_busy()?;
        let query = sqlx::query_with(AssertSqlSafe(Arc::clone(sql.text())), arguments);
        let reader = self.reader(sql, plan, Format::Binary);
        let end = reader.read(&mut self.connection, &mut self.line, query, sink).await;
        self.finish(end)
    }

    /// Closes the prepared statements if they would need too much memory together with this text.
    async fn make_room(&mut self, text: &str) -> Result<()> {
        if !self.long_texts.note(text) {
            return Ok(());
        }
        self.set_busy()?;
        match self.connection.clear_cached_statements().await {
            Ok(()) => {
                self.line = Line::AtRest;
                Ok(())
            }
            Err(error) => Err(self.failed(error)),
        }
    }

    /// Runs a statement in the text protocol.
    async fn run_text(&mut self, sql: &Sql, plan: Plan, sink: &mut Sink<'_>) -> Result<Outcome> {
        self.set_busy()?;
        let query = sqlx::raw_sql(AssertSqlSafe(Arc::clone(sql.text())));
        let reader = self.reader(sql, plan, Format::Text);
        let end = reader.read(&mut self.connection, &mut self.line, query, sink).await;
        self.finish(end)
    }

    fn reader(&self, sql: &Sql, plan: Plan, format: Format) -> Reader {
        let reads = sql.access() == Access::Read;
        let may_abandon = reads && !self.transaction.is_open();
        Reader { format, returning: plan.writes, one_row: reads && sql.is_one_row(), may_abandon }
    }

    /// Decides how to run a statement. The user's SQL must not change the session without this library's knowledge.
    ///
    /// # Errors
    /// `Transaction` if the server has rolled the transaction back; `InvalidStatement` for transaction control and for an empty
    /// text; `Unsupported` for LOCK TABLES, and for an implicit commit in a transaction.
    fn plan(&self, sql: &Sql) -> Result<Plan> {
        self.transaction.check()?;
        if sql.access() != Access::Unknown {
            let writes = sql.access() == Access::Write;
            // Some definitions cannot be prepared, and a statement without values need not be.
            let mode = if writes && sql.binds().is_empty() { Mode::Text } else { Mode::Prepared };
            return Ok(Plan { mode, writes });
        }
        let mut plan = Plan { mode: Mode::Checked, writes: false };
        let mut statements = 0;
        for verb in verbs(sql.text()) {
            statements += 1;
            match verb {
                Verb::Transaction => return Err(error::transaction_control()),
                Verb::Lock => return Err(error::table_lock()),
                Verb::Definition if self.transaction.is_open() => return Err(error::implicit_commit()),
                Verb::Definition if sql.binds().is_empty() => plan.mode = Mode::Text,
                Verb::Change => plan.writes = true,
                Verb::Definition | Verb::Other => {}
            }
        }
        if statements == 0 {
            return Err(error::not_one_statement());
        }
        if is_script(sql.text()) {
            plan.mode = Mode::Script;
        }
        Ok(plan)
    }

    /// Prepares a statement, unless the driver has it in its cache. Returns its number of placeholders. `None`: it cannot be
    /// prepared and has no values, so it can be sent as text.
    async fn prepare(&mut self, sql: &Sql) -> Result<Option<usize>> {
        self.set_busy()?;
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

/// How to run a statement.
#[derive(Clone, Copy, Debug)]
struct Plan {
    mode: Mode,
    /// Whether the rows of the answer are rows that were written.
    writes: bool,
}

/// How a statement is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// Prepared.
    Prepared,
    /// Prepared, after its placeholders are counted: the driver does not recover from a wrong number of values.
    Checked,
    /// As text.
    Text,
    /// As text, as a whole or not at all.
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
                Ok(Plan { mode: Mode::Script, .. }) if sql.binds().is_empty() => self.run_script(sql.text()).await,
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
                _ => Err(Error::unsupported("MySQL and MariaDB do not support this step of a transaction")),
            }
        })
    }

    fn prepared(&mut self) -> BoxFuture<'_, Result<Vec<PreparedBranch>>> {
        Box::pin(self.prepared_branches())
    }

    fn ping(&mut self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            self.set_busy()?;
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
            // In another state the driver would first wait for the rest of an answer.
            if self.line == Line::AtRest {
                drop(tokio::time::timeout(CLOSE_TIMEOUT, self.connection.close()).await);
            }
        })
    }
}
