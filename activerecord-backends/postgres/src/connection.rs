//! One connection: a driver's connection that is told everything by text and ordinal, and what is known of the session.

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
use futures_util::TryStreamExt as _;
use sqlx::postgres::{PgArguments, PgConnection};
use sqlx::{AssertSqlSafe, Connection as _, Either, Executor as _, SqlSafeStr as _, Statement as _};

use self::transaction::Open;
use crate::dialect::{self, Verb};
use crate::error;
use crate::value::{self, Typing};

/// How long a connection that is closed has to say so.
const FAREWELL: Duration = Duration::from_secs(1);

/// A connection.
pub(crate) struct PostgresConnection {
    driver: PgConnection,
    capabilities: Capabilities,
    transaction: Option<Open>,
    /// Whether something was sent whose answer has not been read to its end. It is read before the next statement.
    under_way: bool,
    /// Whether the session is lost, or in a state that nobody knows.
    broken: bool,
    /// Whether the statements that the driver keeps are out of date.
    stale: bool,
}

/// What a text is.
enum Text {
    Nothing,
    One(Verb),
    Script,
}

impl PostgresConnection {
    pub(crate) fn new(driver: PgConnection, capabilities: Capabilities) -> Self {
        Self { driver, capabilities, transaction: None, under_way: false, broken: false, stale: false }
    }

    async fn run(&mut self, sql: &Sql) -> Result<Outcome> {
        match look(sql)? {
            Text::One(verb) => {
                let outcome = self.run_one(sql, verb).await;
                if outcome.is_err() && self.can_prepare_again() { self.run_one(sql, verb).await } else { outcome }
            }
            Text::Script if sql.binds().is_empty() => self.run_script(sql.text()).await,
            Text::Script => Err(error::not_one_statement()),
            Text::Nothing => Ok(Outcome::default()),
        }
    }

    async fn run_for_rows(&mut self, sql: &Sql, sink: &mut Sink<'_>) -> Result<()> {
        let Text::One(verb) = look(sql)? else { return Err(error::not_one_statement()) };
        let fetched = self.fetch_one(sql, verb, sink).await;
        // Such a statement is refused before its first row.
        if fetched.is_err() && self.can_prepare_again() { self.fetch_one(sql, verb, sink).await } else { fetched }
    }

    async fn run_one(&mut self, sql: &Sql, verb: Verb) -> Result<Outcome> {
        let (text, arguments) = self.prepare(sql).await?;
        let query = sqlx::query_with(AssertSqlSafe(text), arguments).persistent(is_kept(verb));
        self.under_way = true;
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

    /// The text that the driver knows the statement by, and its values as the statement wants them.
    async fn prepare(&mut self, sql: &Sql) -> Result<(Arc<str>, PgArguments)> {
        self.forget_stale().await?;
        let (text, values) = (sql.text(), sql.binds());
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
            self.under_way = true;
            let prepared = self.driver.prepare_with(AssertSqlSafe(Arc::clone(&text)).into_sql_str(), &types).await;
            let statement = self.answered(prepared)?;
            let placeholders = statement.parameters().and_then(Either::left).unwrap_or_default();
            if let Some(arguments) = value::bind(values, placeholders)? {
                return Ok((text, arguments));
            }
        }
        Err(value::misfit())
    }

    /// Has the driver forget statements that are out of date. In a transaction that they have failed it is too late.
    async fn forget_stale(&mut self) -> Result<()> {
        self.ready().await?;
        if self.stale && !self.transaction.is_some_and(|open| open.failed) {
            self.under_way = true;
            let forgotten = self.driver.clear_cached_statements().await;
            self.answered(forgotten)?;
            self.stale = false;
        }
        Ok(())
    }

    fn can_prepare_again(&self) -> bool {
        self.stale && self.transaction.is_none()
    }

    /// Reads what is left of an answer that nobody wanted. An error in it is told here, before anything else is sent.
    async fn ready(&mut self) -> Result<()> {
        if self.broken {
            return Err(error::lost(&"an earlier error, or a COMMIT that nobody waited for, has ended it"));
        }
        if !self.under_way {
            return Ok(());
        }
        let answer = self.driver.ping().await;
        self.answered(answer)
    }

    /// Notes that an answer has come to its end, and what an error in it means for the session.
    fn answered<T>(&mut self, answer: Result<T, sqlx::Error>) -> Result<T> {
        self.under_way = false;
        answer.map_err(|error| self.failed(error))
    }

    /// As [`answered`](Self::answered), of a statement that was prepared before. When it is refused as a whole, the types of
    /// its placeholders may be those that its columns had once.
    fn ran<T>(&mut self, sql: &Sql, answer: Result<T, sqlx::Error>) -> Result<T> {
        if let Err(error) = &answer {
            self.stale |= !sql.binds().is_empty() && error::is_refused(error);
        }
        self.answered(answer)
    }

    #[cold]
    fn failed(&mut self, error: sqlx::Error) -> Error {
        self.broken |= error::is_lasting(&error);
        let stale = error::is_stale_statement(&error);
        self.stale |= stale;
        let told = error::from_driver(error);
        match &mut self.transaction {
            Some(open) => {
                open.failed = true;
                if stale { error::schema_changed(told.code().unwrap_or_default()) } else { told }
            }
            None => told,
        }
    }
}

/// What is to be sent, looked at before it is. What this library has rendered is one statement, and known by its values.
fn look(sql: &Sql) -> Result<Text> {
    let text = sql.text();
    if text.contains('\0') {
        return Err(error::invalid_statement("the text of a statement cannot have a NUL character in it"));
    }
    if sql.access() != Access::Unknown && !sql.binds().is_empty() {
        return Ok(Text::One(dialect::leading_verb(text)));
    }
    let mut statements = dialect::statements(text);
    let Some(first) = statements.next() else { return Ok(Text::Nothing) };
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

/// Refuses what would leave the session in a state that this library does not know.
fn check(verb: Verb) -> Result<()> {
    match verb {
        Verb::Transaction => Err(error::transaction_control()),
        Verb::Listen => Err(error::no_notifications()),
        Verb::Copy => Err(error::no_copy()),
        Verb::Read | Verb::Change | Verb::ReadAndChange | Verb::Other => Ok(()),
    }
}

/// Whether the driver keeps the statement for the next time: one that defines something is not run again.
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
                _ => Err(Error::unsupported("PostgreSQL knows no such step of a transaction")),
            }
        })
    }

    fn prepared(&mut self) -> BoxFuture<'_, Result<Vec<PreparedBranch>>> {
        Box::pin(self.prepared_branches())
    }

    fn ping(&mut self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            self.under_way = true;
            self.ready().await
        })
    }

    fn is_reusable(&self) -> bool {
        !self.broken && !self.under_way && self.transaction.is_none()
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            if self.is_reusable() {
                let closed = tokio::time::timeout(FAREWELL, self.driver.close()).await;
                drop(closed);
            }
        })
    }
}
