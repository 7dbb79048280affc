//! One connection: the driver's connection, and the state of the session.

mod load;
mod prepared;
mod read;
mod script;
mod transaction;

use std::sync::Arc;
use std::time::Duration;

use activerecord_core::backend::{Answer, BoxFuture, Connection, Control, Load, Outcome, PreparedBranch};
use activerecord_core::sql::{Access, Sql};
use activerecord_core::{Capabilities, Error, Result, Sink};
use activerecord_sqlx::LongTexts;
use futures_util::TryStreamExt as _;
use sqlx::postgres::{PgArguments, PgConnection};
use sqlx::{AssertSqlSafe, Connection as _, Either, Executor as _, SqlSafeStr as _, Statement as _};

use self::transaction::Open;
use crate::dialect::{self, Verb};
use crate::error;
use crate::value::{self, Typing};

/// How long closing a connection may take.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// A connection.
pub(crate) struct PostgresConnection {
    driver: PgConnection,
    capabilities: Capabilities,
    transaction: Option<Open>,
    /// Whether the answer to a statement has not been read to its end. The rest is read before the next statement.
    unread: bool,
    /// Whether the session is lost, or its state is unknown.
    broken: bool,
    /// Whether the driver's prepared statements are out of date, or need too much memory.
    stale: bool,
    long_texts: LongTexts,
}

/// What an SQL text contains.
enum Text {
    Empty,
    One(Verb),
    Script,
}

impl PostgresConnection {
    pub(crate) fn new(driver: PgConnection, capabilities: Capabilities) -> Self {
        Self {
            driver,
            capabilities,
            transaction: None,
            unread: false,
            broken: false,
            stale: false,
            long_texts: LongTexts::default(),
        }
    }

    async fn run(&mut self, sql: &Sql) -> Result<Outcome> {
        match look(sql)? {
            Text::One(verb) => {
                let outcome = self.run_one(sql, verb).await;
                if outcome.is_err() && self.can_prepare_again() { self.run_one(sql, verb).await } else { outcome }
            }
            Text::Script if sql.binds().is_empty() => self.run_script(sql.text()).await,
            Text::Script => Err(error::not_one_statement()),
            Text::Empty => Ok(Outcome::default()),
        }
    }

    async fn run_for_rows(&mut self, sql: &Sql, sink: &mut Sink<'_>) -> Result<()> {
        let Text::One(verb) = look(sql)? else { return Err(error::not_one_statement()) };
        let fetched = self.fetch_one(sql, verb, sink).await;
        // The server refuses a stale statement before it sends a row.
        if fetched.is_err() && self.can_prepare_again() { self.fetch_one(sql, verb, sink).await } else { fetched }
    }

    async fn run_one(&mut self, sql: &Sql, verb: Verb) -> Result<Outcome> {
        let (text, arguments) = self.prepare(sql).await?;
        let query = sqlx::query_with(AssertSqlSafe(text), arguments).persistent(is_kept(verb));
        self.unread = true;
        let mut rows = 0;
        let mut answers = self.driver.fetch_many(query);
        let ran = loop {
            match answers.try_next().await {
                Ok(Some(Either::Left(result))) => rows += result.rows_affected(),
                Ok(Some(Either::Right(_))) => {}
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        drop(answers);
        self.ran(sql, ran)?;
        Ok(Outcome::new(if verb == Verb::Change { rows } else { 0 }, None))
    }

    /// Prepares a statement. Returns the text under which the driver keeps it, and the values encoded for its placeholders.
    async fn prepare(&mut self, sql: &Sql) -> Result<(Arc<str>, PgArguments)> {
        let (text, values) = (sql.text(), sql.binds());
        self.stale |= self.long_texts.note(text);
        self.forget_stale().await?;
        value::check(values)?;
        if values.is_empty() && !text.contains('$') {
            return Ok((Arc::clone(text), PgArguments::default()));
        }
        for typing in [Typing::Inferred, Typing::Declared] {
            let types = value::types(values, typing);
            let text = match typing {
                Typing::Inferred => Arc::clone(text),
                Typing::Declared => value::declared_text(text, &types),
            };
            self.unread = true;
            let prepared = self.driver.prepare_with(AssertSqlSafe(Arc::clone(&text)).into_sql_str(), &types).await;
            let statement = self.answered(prepared)?;
            let placeholders = statement.parameters().and_then(Either::left).unwrap_or_default();
            if let Some(arguments) = value::bind(values, placeholders)? {
                return Ok((text, arguments));
            }
        }
        Err(value::misfit())
    }

    /// Clears the driver's prepared statements if they are out of date, or need too much memory. In a failed transaction the
    /// server would refuse to.
    async fn forget_stale(&mut self) -> Result<()> {
        self.ready().await?;
        if self.stale && !self.transaction.is_some_and(|open| open.failed) {
            self.unread = true;
            let forgotten = self.driver.clear_cached_statements().await;
            self.answered(forgotten)?;
            self.stale = false;
        }
        Ok(())
    }

    fn can_prepare_again(&self) -> bool {
        self.stale && self.transaction.is_none()
    }

    /// Reads the rest of an answer that was not read to its end. An error in it is returned before anything else is sent.
    async fn ready(&mut self) -> Result<()> {
        if self.broken {
            return Err(error::lost(&"an earlier error ended it, or a COMMIT was dropped before its answer"));
        }
        if !self.unread {
            return Ok(());
        }
        let answer = self.driver.ping().await;
        self.answered(answer)
    }

    /// Records that an answer was read to its end, and what an error in it means for the session.
    fn answered<T>(&mut self, answer: Result<T, sqlx::Error>) -> Result<T> {
        self.unread = false;
        answer.map_err(|error| self.failed(error))
    }

    /// As [`answered`](Self::answered), for a prepared statement. If the server rejects it as a whole, the types of its placeholders may
    /// be out of date.
    fn ran<T>(&mut self, sql: &Sql, answer: Result<T, sqlx::Error>) -> Result<T> {
        if let Err(error) = &answer {
            self.stale |= !sql.binds().is_empty() && error::is_invalid_statement(error);
        }
        self.answered(answer)
    }

    #[cold]
    fn failed(&mut self, error: sqlx::Error) -> Error {
        self.broken |= error::ends_session(&error);
        let stale = error::is_stale_statement(&error);
        self.stale |= stale;
        let converted = error::from_driver(error);
        match &mut self.transaction {
            Some(open) => {
                open.failed = true;
                if stale { error::schema_changed(converted.code().unwrap_or_default()) } else { converted }
            }
            None => converted,
        }
    }
}

/// Examines a text before it is sent. A text that this library rendered is one statement with the right number of values.
fn look(sql: &Sql) -> Result<Text> {
    let text = sql.text();
    if text.contains('\0') {
        return Err(error::invalid_statement("the text of a statement cannot contain a NUL character"));
    }
    if sql.access() != Access::Unknown && !sql.binds().is_empty() {
        return Ok(Text::One(dialect::leading_verb(text)));
    }
    let mut statements = dialect::statements(text);
    let Some(first) = statements.next() else { return Ok(Text::Empty) };
    check(first.verb)?;
    if statements.next().is_some() {
        return Ok(Text::Script);
    }
    if first.placeholders == sql.binds().len() {
        Ok(Text::One(first.verb))
    } else {
        Err(error::bind_count(first.placeholders, sql.binds().len()))
    }
}

/// Refuses statements that would change the session without this library's knowledge.
fn check(verb: Verb) -> Result<()> {
    match verb {
        Verb::Transaction => Err(error::transaction_control()),
        Verb::Listen => Err(error::no_notifications()),
        Verb::Copy => Err(error::no_copy()),
        Verb::Read | Verb::Change | Verb::ReadAndChange | Verb::Other => Ok(()),
    }
}

/// Whether the driver keeps the prepared statement. A definition does not run twice.
fn is_kept(verb: Verb) -> bool {
    matches!(verb, Verb::Read | Verb::Change | Verb::ReadAndChange)
}

impl Connection for PostgresConnection {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn execute<'a>(&'a mut self, sql: &'a Sql) -> Answer<'a, Result<Outcome>> {
        Answer::later(async move { self.run(sql).await.map_err(|error| error.with_sql(sql.text())) })
    }

    fn fetch<'a>(&'a mut self, sql: &'a Sql, sink: &'a mut Sink<'a>) -> Answer<'a, Result<()>> {
        Answer::later(async move { self.run_for_rows(sql, sink).await.map_err(|error| error.with_sql(sql.text())) })
    }

    fn load<'a>(&'a mut self, load: Load<'a>) -> BoxFuture<'a, Result<Option<u64>>> {
        Box::pin(async move { self.copy_in(load).await.map_err(|error| error.with_sql(load.sql.text())) })
    }

    fn control<'a>(&'a mut self, control: Control<'a>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            match control {
                Control::Begin(options) => self.begin(options).await,
                Control::Commit => self.commit().await,
                Control::Rollback => self.roll_back().await,
                Control::Savepoint(name) => self.savepoint("SAVEPOINT", name).await,
                Control::Release(name) => self.savepoint("RELEASE SAVEPOINT", name).await,
                Control::RollbackTo(name) => self.roll_back_to(name).await,
                Control::BeginBranch(options, _) => self.begin(options).await,
                Control::Prepare(branch) => self.prepare_transaction(branch).await,
                Control::CommitPrepared(branch) => self.end_prepared("COMMIT", branch).await,
                Control::RollbackPrepared(branch) => self.end_prepared("ROLLBACK", branch).await,
                _ => Err(Error::unsupported("PostgreSQL does not support this step of a transaction")),
            }
        })
    }

    fn prepared(&mut self) -> BoxFuture<'_, Result<Vec<PreparedBranch>>> {
        Box::pin(self.prepared_branches())
    }

    fn ping(&mut self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            self.unread = true;
            self.ready().await
        })
    }

    fn is_reusable(&self) -> bool {
        !self.broken && !self.unread && self.transaction.is_none()
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            if self.is_reusable() {
                drop(tokio::time::timeout(CLOSE_TIMEOUT, self.driver.close()).await);
            }
        })
    }
}
