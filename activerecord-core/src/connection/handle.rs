//! A connection in the caller's hand, for SQL that no model describes.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::endpoint::Endpoint;
use super::pool::Purpose;
use super::registry::endpoint;
use super::scope::{innermost_name, resolve_name, transaction};
use super::session::{Label, Session};
use super::unique;
use crate::backend::{Branch, Control, PreparedBranch};
use crate::dialect::{Capabilities, Dialect};
use crate::error::{Error, ErrorKind, Result};
use crate::sql::{Sql, render};
use crate::statement::{CreateTable, Insert, RawSql, Select, Statement};
use crate::transaction::AfterEnd;
use crate::value::{IntoParams, Row};

/// The connection of this name.
///
/// # Errors
/// `Configuration` when there is none.
pub fn connection(name: &str) -> Result<ConnectionHandle> {
    endpoint(name).map(|endpoint| ConnectionHandle { endpoint })
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
        let sql = self.render(statement)?;
        let written = session.execute(&sql, label).await.map_err(|error| unique::settle(error, &session));
        written.map(|outcome| outcome.rows)
    }

    /// Reads rows whose columns no model describes.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub async fn read(&self, query: Select) -> Result<Vec<Row>> {
        let statement = Statement::Select(query);
        let sql = self.render(statement)?;
        resolve_name(self.name())?.fetch_rows(&sql, Label::raw("read")).await
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

    /// Statements that change what tables there are: in the open transaction, where the database can.
    pub(super) async fn define(&self, statements: Vec<Statement>) -> Result<()> {
        let open = transaction(self.name()).filter(|_| self.capabilities().transactional_ddl);
        let session = match open {
            Some(level) => Session::Transaction(level),
            None => Session::Pool(endpoint(self.name())?),
        };
        for statement in statements {
            let sql = self.render(statement)?;
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

    /// The text of a statement in the dialect of this connection.
    pub(super) fn render(&self, statement: Statement) -> Result<Sql> {
        render(statement, self.dialect()).map_err(|error| error.with_connection(self.endpoint.name()))
    }

    fn prepare(&self, sql: &str, params: impl IntoParams) -> Result<(Session, Sql)> {
        let statement = Statement::Raw(RawSql { text: sql.to_owned().into(), binds: params.into_params() });
        let sql = self.render(statement)?;
        Ok((resolve_name(self.endpoint.name())?, sql))
    }
}
