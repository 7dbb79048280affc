//! A connection in the caller's hand, for SQL that no model describes.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::endpoint::Endpoint;
use super::pool::Purpose;
use super::registry::endpoint;
use super::scope::{innermost_name, resolve_name, transaction};
use super::session::{Label, Session};
use super::unique;
use crate::backend::{Branch, Control, Load, PreparedBranch};
use crate::dialect::{Capabilities, Dialect, Precondition};
use crate::error::{Error, ErrorKind, Result};
use crate::sql::{Sql, render};
use crate::statement::{
    ColumnExpr, CreateTable, CreateTrigger, DropTrigger, Expr, Insert, Name, RawSql, Select, SelectItem, Source,
    Statement,
};
use crate::transaction::AfterEnd;
use crate::value::{IntoParams, Row, Value, ValueType};

/// The connection of this name.
///
/// # Errors
/// `Configuration` when there is none.
pub fn connection(name: &str) -> Result<ConnectionHandle> {
    endpoint(name).map(|endpoint| ConnectionHandle { endpoint })
}

/// A setting that is not as it has to be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnmetPrecondition {
    /// What has to be so.
    pub what: &'static str,
    /// What was found.
    pub found: String,
    /// How to mend it.
    pub mend: &'static str,
    /// Whether it matters only to a participant that is prepared.
    pub to_prepare: bool,
}

/// The connection that this task is at: that of the innermost transaction, or of the innermost scope of all models,
/// whichever is inside the other. None outside of both.
///
/// # Errors
/// `Configuration` when it was removed meanwhile.
pub fn current_connection() -> Result<Option<ConnectionHandle>> {
    innermost_name().map(|name| connection(&name)).transpose()
}

/// A registered connection. Its statements join the transaction that this task has open on it, if there is one.
#[derive(Clone, Debug)]
pub struct ConnectionHandle {
    endpoint: Arc<Endpoint>,
}

impl ConnectionHandle {
    /// The name it is registered by.
    pub fn name(&self) -> &str {
        self.endpoint.name()
    }

    /// How its database spells SQL.
    pub fn dialect(&self) -> &'static Dialect {
        self.endpoint.dialect()
    }

    /// The most connections that its pool opens.
    pub fn max_connections(&self) -> usize {
        self.endpoint.max_connections()
    }

    /// What its database can do: before the first use what every supported version can, then what this server can.
    pub fn capabilities(&self) -> &Capabilities {
        self.endpoint.capabilities()
    }

    /// Runs SQL for its effect and returns the number of rows it changed. `?` binds the next value on every database.
    /// Without values it may hold several statements, where the database takes them.
    ///
    /// # Errors
    /// `InvalidStatement` for bad SQL, a violation for bad data, and whatever else the database reports.
    pub async fn execute(&self, sql: &str, params: impl IntoParams) -> Result<u64> {
        let (session, sql) = self.prepare(sql, params)?;
        session.execute(&sql, Label::raw("execute")).await.map(|outcome| outcome.rows)
    }

    /// Runs SQL and returns its rows.
    ///
    /// # Errors
    /// As [`execute`](Self::execute).
    pub async fn query(&self, sql: &str, params: impl IntoParams) -> Result<Vec<Row>> {
        let (session, sql) = self.prepare(sql, params)?;
        session.fetch_rows(&sql, Label::raw("query")).await
    }

    /// Runs a statement for its effect and returns the number of rows it changed.
    ///
    /// # Errors
    /// `Unsupported` when the dialect cannot say it; `InvalidStatement` when the columns of an upsert are no unique key; as
    /// [`execute`](Self::execute).
    pub async fn write(&self, statement: Statement) -> Result<u64> {
        let (session, label) = (resolve_name(self.name())?, Label::raw("write"));
        if let Statement::Insert(Insert { table, conflict: Some(conflict), .. }) = &statement {
            unique::check(&session, table, &conflict.keys, label).await?;
        }
        let sql = render(statement, self.dialect()).map_err(|error| error.with_connection(self.endpoint.name()))?;
        let written = session.execute(&sql, label).await.map_err(|error| unique::settle(error, &session));
        written.map(|outcome| outcome.rows)
    }

    /// Adds rows to a table by the way that the database has for many at once, which may be ten times as fast as INSERT; None, and
    /// nothing is added, when it has none, or none for these values. Each row has a value for each of the columns.
    ///
    /// # Errors
    /// As [`execute`](Self::execute): a row that is there already is a violation, and none of the others is added.
    pub async fn load(&self, table: &Name, columns: &[Name], rows: &[Vec<Value>]) -> Result<Option<u64>> {
        if self.dialect().load.is_none() || rows.is_empty() {
            return Ok(None);
        }
        let named = |error: Error| error.with_connection(self.endpoint.name());
        let column = |name: &Name| {
            let (table, name) = (table.clone(), name.clone());
            SelectItem::from(Expr::Column(ColumnExpr {
                table,
                outer: false,
                name,
                ty: ValueType::Text,
                nullable: true,
            }))
        };
        let mut nothing = Select::from(Source::Named(table.clone()));
        nothing.items = columns.iter().map(column).collect();
        nothing.limit = Some(0);
        let columns_sql = render(Statement::Select(nothing), self.dialect()).map_err(named)?;
        let statement = Statement::Load { table: table.clone(), columns: columns.to_vec() };
        let sql = render(statement, self.dialect()).map_err(named)?;
        let load = Load { sql: &sql, columns: &columns_sql, rows };
        resolve_name(self.name())?.load(load, Label::raw("load")).await
    }

    /// Reads rows whose columns no model describes.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub async fn read(&self, query: Select) -> Result<Vec<Row>> {
        let statement = Statement::Select(query);
        let sql = render(statement, self.dialect()).map_err(|error| error.with_connection(self.endpoint.name()))?;
        resolve_name(self.name())?.fetch_rows(&sql, Label::raw("read")).await
    }

    /// Before which time, by the database's clock, everything that will ever be stamped is committed: what is stamped later
    /// may still become visible. A database with one writer at a time answers its time: what a snapshot does not see is stamped
    /// after it.
    ///
    /// # Errors
    /// `PermissionDenied` when the login may not see what others do; whatever else the database reports.
    pub async fn horizon(&self) -> Result<DateTime<Utc>> {
        let Some(horizon) = self.dialect().horizon else { return self.now().await };
        let rows = self.query(horizon, []).await?;
        let told: Option<DateTime<Utc>> = rows.first().map(|row| row.get(0)).transpose()?.flatten();
        told.ok_or_else(|| {
            let message =
                "the login may not see the transactions of others; on PostgreSQL, GRANT pg_read_all_stats lets it";
            Error::new(ErrorKind::PermissionDenied, message).with_connection(self.endpoint.name())
        })
    }

    /// The time of the database's clock.
    ///
    /// # Errors
    /// Whatever the database reports.
    pub async fn now(&self) -> Result<DateTime<Utc>> {
        let rows = self.query(&format!("SELECT {}", self.dialect().now), []).await?;
        let row = rows.first().ok_or_else(|| Error::new(ErrorKind::Database, "the database does not tell the time"))?;
        row.get(0)
    }

    /// Creates a table with its indexes, unless they are there. Where the database can roll that back it is part of the
    /// transaction that this task has open; else it is not.
    ///
    /// # Errors
    /// `Unsupported` when a column's type has no name in this database; whatever else the database reports.
    pub async fn create_table(&self, table: &CreateTable) -> Result<()> {
        let mut statements = vec![Statement::CreateTable(table.clone())];
        if !self.dialect().definitions.inline_indexes {
            statements.extend(table.indexes.iter().cloned().map(Statement::CreateIndex));
        }
        self.define(statements).await
    }

    /// Creates a trigger, in the place of one of its name. As [`create_table`](Self::create_table), it may not be part of
    /// the open transaction; then a change between the two is not seen.
    ///
    /// # Errors
    /// `Unsupported` when a text or a name of it cannot be written, or a column's type has no JSON; whatever the database
    /// reports, such as `PermissionDenied`.
    pub async fn create_trigger(&self, trigger: &CreateTrigger) -> Result<()> {
        let mut statements = Vec::new();
        if self.dialect().triggers.function.is_some() {
            statements.push(Statement::CreateTriggerFunction(trigger.clone()));
        }
        let former = DropTrigger { name: trigger.name.clone(), table: trigger.table.clone() };
        statements.extend([Statement::DropTrigger(former), Statement::CreateTrigger(trigger.clone())]);
        self.define(statements).await
    }

    /// Drops a trigger, if it is there.
    ///
    /// # Errors
    /// Whatever the database reports.
    pub async fn drop_trigger(&self, trigger: &DropTrigger) -> Result<()> {
        let mut statements = vec![Statement::DropTrigger(trigger.clone())];
        if self.dialect().triggers.function.is_some() {
            statements.push(Statement::DropTriggerFunction(trigger.clone()));
        }
        self.define(statements).await
    }

    /// Statements that change what tables there are: in the open transaction, where the database can.
    async fn define(&self, statements: Vec<Statement>) -> Result<()> {
        let open = transaction(self.name()).filter(|_| self.capabilities().transactional_ddl);
        let session = match open {
            Some(level) => Session::Transaction(level),
            None => Session::Pool(endpoint(self.name())?),
        };
        for statement in statements {
            let sql = render(statement, self.dialect()).map_err(|error| error.with_connection(self.endpoint.name()))?;
            session.execute(&sql, Label::raw("define")).await?;
        }
        Ok(())
    }

    /// The branches of transactions across databases that are prepared here: each waits for its end. MySQL and MariaDB tell
    /// those of the whole server.
    ///
    /// # Errors
    /// `Unsupported` when the database prepares no transactions; `PermissionDenied` when the login may not see them.
    pub async fn prepared(&self) -> Result<Vec<PreparedBranch>> {
        let mut connection = endpoint(self.name())?.acquire(Purpose::Raw).await?;
        connection.prepared().await.map_err(|error| error.with_connection(self.endpoint.name()))
    }

    /// Commits a prepared branch by its name.
    ///
    /// # Errors
    /// With the database's [code](Error::code): it may not be there, still belong to a connection that is open, or be somebody
    /// else's. When the connection broke, nobody knows.
    pub async fn commit_prepared(&self, branch: &Branch) -> Result<()> {
        self.control(Control::CommitPrepared(branch)).await
    }

    /// Rolls a prepared branch back by its name.
    ///
    /// # Errors
    /// As [`commit_prepared`](Self::commit_prepared).
    pub async fn rollback_prepared(&self, branch: &Branch) -> Result<()> {
        self.control(Control::RollbackPrepared(branch)).await
    }

    async fn control(&self, control: Control<'_>) -> Result<()> {
        let mut connection = endpoint(self.name())?.acquire(Purpose::Raw).await?;
        connection.control(control).await.map_err(|error| error.with_connection(self.endpoint.name()))
    }

    /// Has the database end this task's open transaction on it when nothing is sent for so long. False where it cannot.
    /// MySQL and MariaDB count in whole seconds, rounded up; there it is the session's `wait_timeout`, which is the server's default
    /// again behind the transaction.
    ///
    /// # Errors
    /// Whatever the database reports.
    pub async fn limit_idle(&self, longest: Duration) -> Result<bool> {
        let (Some(limit), Some(level)) = (self.dialect().idle_limit, transaction(self.name())) else {
            return Ok(false);
        };
        let units = longest.as_nanos().div_ceil(limit.unit.as_nanos()).max(1);
        level.limit_idle(limit);
        self.execute(&format!("{}{units}", limit.set), []).await.map(|_| true)
    }

    /// What of this database's settings is not as it has to be for a transaction across databases to survive its crash.
    ///
    /// # Errors
    /// Whatever the database reports.
    pub async fn unmet_preconditions(&self) -> Result<Vec<UnmetPrecondition>> {
        self.unmet(|_| true).await
    }

    /// Those of them that each session has for itself, and a transaction has to ask for itself: files that are attached.
    ///
    /// # Errors
    /// Whatever the database reports.
    pub async fn unmet_in_session(&self) -> Result<Vec<UnmetPrecondition>> {
        self.unmet(|precondition| precondition.of_session).await
    }

    async fn unmet(&self, which: impl Fn(&Precondition) -> bool) -> Result<Vec<UnmetPrecondition>> {
        let mut unmet = Vec::new();
        for precondition in self.dialect().preconditions.iter().filter(|precondition| which(precondition)) {
            let rows = self.query(precondition.ask, []).await?;
            let found: String = rows.first().map(|row| row.get(0)).transpose()?.unwrap_or_default();
            if !precondition.is_met_by(&found) {
                let Precondition { what, mend, to_prepare, .. } = *precondition;
                unmet.push(UnmetPrecondition { what, found, mend, to_prepare });
            }
        }
        Ok(unmet)
    }

    /// Connects once, if that has not happened: then the [capabilities](Self::capabilities) are those of the server.
    ///
    /// # Errors
    /// Those of a connection that cannot be made.
    pub async fn learn(&self) -> Result<&Capabilities> {
        Session::Pool(Arc::clone(&self.endpoint)).capabilities().await?;
        Ok(self.capabilities())
    }

    /// Whether this task has a transaction open on it.
    pub fn in_transaction(&self) -> bool {
        transaction(self.name()).is_some()
    }

    /// Runs `call` once the outermost transaction that this task has open on it has committed, and never when it is rolled
    /// back; at once when there is none. As with the hook of this name, a process that dies in between loses the call.
    pub fn after_commit(&self, call: impl FnOnce() + Send + 'static) {
        match transaction(self.name()) {
            Some(level) => level.after_end(AfterEnd::new(move |committed| {
                if committed {
                    call();
                }
                Box::pin(std::future::ready(Ok(())))
            })),
            None => call(),
        }
    }

    /// A number that no other registration in this process has: a connection that was replaced has another one.
    pub fn id(&self) -> u64 {
        self.endpoint.id()
    }

    fn prepare(&self, sql: &str, params: impl IntoParams) -> Result<(Session, Sql)> {
        let statement = Statement::Raw(RawSql { text: sql.to_owned().into(), binds: params.into_params() });
        let sql = render(statement, self.dialect()).map_err(|error| error.with_connection(self.endpoint.name()))?;
        Ok((resolve_name(self.endpoint.name())?, sql))
    }
}
