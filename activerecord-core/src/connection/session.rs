//! Runs statements, in a transaction or on a connection of the pool. All statements pass here, so they are traced and
//! measured here.

use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, Utc};
use tokio::task::yield_now;
use tracing::level_filters::LevelFilter;
use tracing::{Instrument, Level as Verbosity, Span, field};

use super::describe::Descriptions;
use super::endpoint::Endpoint;
use super::pool::{PooledConnection, Purpose};
use crate::backend::{Answer, Connection, Load, Outcome};
use crate::dialect::{Capabilities, Dialect};
use crate::error::{Error, ErrorKind, Result};
use crate::sql::{Access, SpelledRow, Sql, render};
use crate::statement::{RawSql, Statement};
use crate::transaction::{Level, Turn};
use crate::value::{Flow, IntoParams, Misspelt, Row, RowRef, Sink};

/// The place where a statement runs.
#[derive(Clone, Debug)]
pub(crate) enum Session {
    /// A connection of the pool.
    Pool(Arc<Endpoint>),
    /// A transaction.
    Transaction(Arc<Level>),
}

/// The description of a statement for spans, pools and errors.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Label {
    /// The model; None for a statement without a model.
    pub(crate) model: Option<&'static str>,
    /// The verb.
    pub(crate) operation: &'static str,
    /// Whether the caller reads the rows one by one and holds the connection meanwhile.
    streaming: bool,
}

impl Label {
    pub(crate) const fn new(model: &'static str, operation: &'static str) -> Self {
        Self { model: Some(model), operation, streaming: false }
    }

    /// A stream of a model's rows.
    pub(crate) const fn stream(model: &'static str) -> Self {
        Self { model: Some(model), operation: "stream", streaming: true }
    }

    /// A statement without a model.
    pub(crate) const fn raw(operation: &'static str) -> Self {
        Self { model: None, operation, streaming: false }
    }

    fn purpose(self) -> Purpose {
        match self.model {
            Some(model) if self.streaming => Purpose::Stream(model),
            Some(model) => Purpose::Model(model),
            None => Purpose::Raw,
        }
    }
}

impl Session {
    pub(crate) fn endpoint(&self) -> &Arc<Endpoint> {
        match self {
            Self::Pool(endpoint) => endpoint,
            Self::Transaction(level) => level.endpoint(),
        }
    }

    pub(crate) fn dialect(&self) -> &'static Dialect {
        self.endpoint().dialect()
    }

    /// Renders a statement in the dialect of this session.
    pub(crate) fn render(&self, statement: Statement) -> Result<Sql> {
        render(statement, self.dialect()).map_err(|error| error.with_connection(self.endpoint().name()))
    }

    /// As [`render`](Self::render), for the caller's own SQL.
    pub(super) fn render_text(&self, text: &str, params: impl IntoParams) -> Result<Sql> {
        self.render(Statement::Raw(RawSql { text: text.to_owned().into(), binds: params.into_params() }))
    }

    /// Runs the caller's own SQL and returns its rows.
    pub(super) async fn query(&self, text: &str, params: impl IntoParams) -> Result<Vec<Row>> {
        self.fetch_rows(&self.render_text(text, params)?, Label::raw("query")).await
    }

    /// The current time of the database's clock.
    pub(super) async fn now(&self) -> Result<DateTime<Utc>> {
        let rows = self.query(&format!("SELECT {}", self.dialect().now), []).await?;
        let row = rows.first().ok_or_else(|| Error::new(ErrorKind::Database, "the database returned no time"))?;
        row.get(0)
    }

    /// Returns the capabilities of the server. Connects if they are not known yet.
    pub(crate) async fn capabilities(&self) -> Result<Capabilities> {
        let endpoint = self.endpoint();
        if endpoint.is_known() {
            return Ok(*endpoint.capabilities());
        }
        if let Self::Pool(endpoint) = self {
            endpoint.acquire(Purpose::Verify).await?;
        }
        Ok(*endpoint.capabilities())
    }

    /// Whether this is a transaction that changed tables. Others do not see the changes yet.
    pub(crate) fn has_own_tables(&self) -> bool {
        matches!(self, Self::Transaction(level) if level.has_own_tables())
    }

    /// What is known of the tables that this session sees.
    #[inline]
    pub(super) fn descriptions(&self) -> &Descriptions {
        match self {
            Self::Transaction(level) => level.own_descriptions().unwrap_or_else(|| level.endpoint().descriptions()),
            Self::Pool(endpoint) => endpoint.descriptions(),
        }
    }

    /// Forgets the descriptions of tables after a statement that can have changed them.
    fn tables_changed(&self) {
        match self {
            Self::Pool(endpoint) => endpoint.descriptions().forget(),
            Self::Transaction(level) => level.tables_changed(),
        }
    }

    /// Checks the result of a write. If the row was written, but the answer cannot be used, the transaction is
    /// poisoned.
    pub(crate) fn written<T>(&self, result: Result<T>) -> Result<T> {
        if let (Self::Transaction(level), Err(error)) = (self, &result) {
            level.poison(error);
        }
        result
    }

    /// Takes the connection for one statement.
    async fn take(&self, label: Label) -> Result<Taken<'_>> {
        match self {
            Self::Pool(endpoint) => endpoint.acquire(label.purpose()).await.map(Taken::Pool),
            Self::Transaction(level) => {
                let mut turn = level.turn().await?;
                if label.streaming {
                    turn.streaming();
                }
                Ok(Taken::Transaction(turn))
            }
        }
    }

    /// Runs a statement and returns its effect.
    pub(crate) async fn execute(&self, sql: &Sql, label: Label) -> Result<Outcome> {
        let observed = Observed::new(self.endpoint(), sql, label);
        if let Err(error) = sql.check() {
            return observed.finish(Err(error), 0);
        }
        let result = match self.take(label).await {
            Ok(mut taken) => {
                let result = observed.answer(|| taken.connection_for(sql).execute(sql)).await;
                taken.settle(result)
            }
            Err(error) => Err(error),
        };
        if sql.defines() {
            self.tables_changed();
        }
        let rows = result.as_ref().map_or(0, |outcome| outcome.rows);
        observed.finish(result, rows)
    }

    /// Adds rows by the backend's bulk load. None: the backend has none for these rows.
    pub(crate) async fn load(&self, load: Load<'_>, label: Label) -> Result<Option<u64>> {
        let observed = Observed::new(self.endpoint(), load.sql, label);
        let result = match self.take(label).await {
            Ok(mut taken) => {
                let result = observed.answer(|| Answer::Later(taken.connection().load(load))).await;
                taken.settle(result)
            }
            Err(error) => Err(error),
        };
        let rows = result.as_ref().map_or(0, |rows| rows.unwrap_or(0));
        observed.finish(result, rows)
    }

    /// Runs a statement and pushes its rows into `sink`.
    pub(crate) async fn fetch(&self, sql: &Sql, label: Label, sink: &mut Sink<'_>) -> Result<()> {
        let observed = Observed::new(self.endpoint(), sql, label);
        if let Err(error) = sql.check() {
            return observed.finish(Err(error), 0);
        }
        let mut rows = 0;
        let result = {
            let mut counting = |row: &dyn RowRef| -> Result<Flow> {
                rows += 1;
                match sql.cells() {
                    None => sink(row),
                    Some(cells) => sink(&SpelledRow { row, cells }),
                }
            };
            match self.take(label).await {
                Ok(mut taken) => {
                    let result = observed.answer(|| taken.connection_for(sql).fetch(sql, &mut counting)).await;
                    if label.streaming && result.is_ok() {
                        // Until the stream has returned its last row, it holds the connection: also when the database
                        // has already sent all rows, so that the rules of a stream do not depend on their number.
                        yield_now().await;
                    }
                    // The row of a write is written even if it cannot be read.
                    let written = rows > 0 && sql.access() == Access::Write;
                    taken.settle(if written { self.written(result) } else { result })
                }
                Err(error) => Err(error),
            }
        };
        if sql.defines() {
            self.tables_changed();
        }
        observed.finish(result, rows)
    }

    /// Runs a query whose error does not end the transaction.
    pub(super) async fn fetch_aside(&self, sql: &Sql, label: Label, sink: &mut Sink<'_>) -> Result<()> {
        let Self::Transaction(level) = self else { return self.fetch(sql, label, sink).await };
        let observed = Observed::new(self.endpoint(), sql, label);
        let mut rows = 0;
        let mut counting = |row: &dyn RowRef| -> Result<Flow> {
            rows += 1;
            sink(row)
        };
        let result = level.fetch_aside(sql, &mut counting).instrument(observed.span.clone()).await;
        observed.finish(result, rows)
    }

    /// Runs a statement and returns its rows.
    pub(crate) async fn fetch_rows(&self, sql: &Sql, label: Label) -> Result<Vec<Row>> {
        let mut columns = None;
        let mut rows = Vec::new();
        let mut sink = |row: &dyn RowRef| -> Result<Flow> {
            let columns = columns.get_or_insert_with(|| Row::columns_of(row));
            rows.push(Row::detach(row, columns)?);
            Ok(Flow::More)
        };
        self.fetch(sql, label, &mut sink).await?;
        Ok(rows)
    }

    /// Runs a statement of at most one row and reads it.
    pub(crate) async fn fetch_one<T: Send>(
        &self,
        sql: &Sql,
        label: Label,
        mut read: impl FnMut(&dyn RowRef) -> Result<T> + Send,
    ) -> Result<Option<T>> {
        let mut found = None;
        let mut sink = |row: &dyn RowRef| -> Result<Flow> {
            found = Some(read(row)?);
            // A statement that writes must not be stopped.
            Ok(if sql.access() == Access::Read { Flow::Stop } else { Flow::More })
        };
        self.fetch(sql, label, &mut sink).await?;
        Ok(found)
    }
}

/// The connection of one statement: a lease of the pool, or the turn in a transaction.
enum Taken<'s> {
    Pool(PooledConnection),
    Transaction(Turn<'s>),
}

impl Taken<'_> {
    fn connection(&mut self) -> &mut PooledConnection {
        match self {
            Self::Pool(connection) => connection,
            Self::Transaction(turn) => turn.lease(),
        }
    }

    /// The connection for this statement. A statement that can change the session is of its last user.
    fn connection_for(&mut self, sql: &Sql) -> &mut dyn Connection {
        let connection = self.connection();
        if sql.changes_session() {
            connection.spend();
        }
        &mut **connection
    }

    /// Returns the connection. An error of the database poisons a transaction.
    fn settle<T>(self, result: Result<T>) -> Result<T> {
        match self {
            Self::Pool(_) => result,
            Self::Transaction(turn) => turn.settle(result),
        }
    }
}

/// The span, the time and the error details of a running statement.
struct Observed<'s> {
    endpoint: &'s Endpoint,
    sql: &'s Sql,
    label: Label,
    span: Span,
    /// None when the time is not needed: to read the clock twice costs a tenth of a lookup in SQLite.
    started: Option<Instant>,
}

impl<'s> Observed<'s> {
    fn new(endpoint: &'s Endpoint, sql: &'s Sql, label: Label) -> Self {
        // Checked before the span is created, because a disabled span still evaluates its fields.
        let span = if LevelFilter::current() >= Verbosity::DEBUG { span(endpoint, sql, label) } else { Span::none() };
        let timed = !span.is_disabled() || endpoint.meters().are_on();
        Self { endpoint, sql, label, span, started: timed.then(Instant::now) }
    }

    /// Sends the statement in its span, and waits for the answer.
    async fn answer<'a, T>(&self, send: impl FnOnce() -> Answer<'a, T>) -> T {
        match self.span.in_scope(send) {
            answer @ Answer::Now(_) => answer.await,
            answer if self.span.is_none() => answer.await,
            answer => answer.instrument(self.span.clone()).await,
        }
    }

    fn finish<T>(self, result: Result<T>, rows: u64) -> Result<T> {
        if let Some(started) = self.started {
            let took = started.elapsed();
            self.endpoint.meters().statement(took, rows, result.is_err());
            self.span.record("rows", rows);
            self.span.record("elapsed_us", u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        }
        result.map_err(|error| self.located(error))
    }

    #[cold]
    fn located(&self, error: Error) -> Error {
        self.span.record("error", field::debug(error.kind()));
        if error.kind() == ErrorKind::InvalidStatement {
            // A table, a column or a key does not exist: another program may have changed it.
            self.endpoint.descriptions().forget();
        }
        let mend = error.downcast_ref::<Misspelt>().map(|misspelt| self.endpoint.dialect().mend(misspelt));
        let error = match mend {
            Some(mend) => error.advice(mend),
            None => error,
        };
        let error = error.with_connection(self.endpoint.name()).with_sql(self.sql.text());
        match self.label.model {
            Some(model) => error.with_model(model),
            None => error,
        }
    }
}

fn span(endpoint: &Endpoint, sql: &Sql, label: Label) -> Span {
    tracing::debug_span!(
        target: "activerecord",
        "statement",
        connection = &**endpoint.name(),
        database = endpoint.dialect().name(),
        model = label.model,
        operation = label.operation,
        sql = &**sql.text(),
        rows = field::Empty,
        elapsed_us = field::Empty,
        error = field::Empty,
    )
}
