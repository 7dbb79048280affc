//! The methods of a connection for protocols across databases. The facade does not export them.

use std::future::Future;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::file;
use super::handle::ConnectionHandle;
use super::horizon;
use super::scope::{check_scope, transaction};
use super::session::{Label, Session};
use super::triggers;
use crate::backend::Load;
use crate::catalog::TableInfo;
use crate::dialect::{Identity, Precondition};
use crate::error::Result;
use crate::sql::{Access, Sql};
use crate::statement::{ColumnExpr, CreateTrigger, DropTrigger, Expr, FromItem, Name, Select, SelectItem, Statement};
use crate::value::{Row, Stored, Value, ValueType};

/// A connection, for packages with protocols across databases: `activerecord-distributed` and `activerecord-sync`.
pub trait ProtocolConnection {
    /// Checks that models use one of these connections in the current scope of all models, because a transaction across
    /// them begins.
    ///
    /// # Errors
    /// `Transaction` inside a scope for another connection.
    fn check_scope(connections: &[Self]) -> Result<()>
    where
        Self: Sized;

    /// Adds rows by the backend's bulk load (`COPY` on PostgreSQL), which can be ten times as fast as INSERT. Each row
    /// has a value for each column. Returns the number of rows; None, with nothing added, when the database has no bulk
    /// load or none for these values.
    ///
    /// # Errors
    /// As [`ConnectionHandle::execute`]. After a violation no row is added.
    fn load(
        &self,
        table: &Name,
        columns: &[Name],
        rows: &[Vec<Value>],
    ) -> impl Future<Output = Result<Option<u64>>> + Send;

    /// Returns a time T of the database's clock such that no row stamped before T can still be committed to a table. On a
    /// database with one writer at a time it is the current time. If a prepared transaction can have written to the table, and
    /// its begin is unknown, it is the beginning of 1970: on PostgreSQL every prepared transaction, on MySQL and MariaDB one
    /// that has survived a restart of the server.
    ///
    /// On MySQL the list of transactions is unreadable while one of them runs a statement with a character of four bytes
    /// in UTF-8, such as an emoji. It is read again until the connection's `acquire_timeout`.
    ///
    /// # Errors
    /// `Configuration` on a standby or replica, because the transactions of its primary are invisible there;
    /// `PermissionDenied` when the login may not see the transactions of others; whatever else the database reports.
    fn horizon(&self, table: &str) -> impl Future<Output = Result<DateTime<Utc>>> + Send;

    /// Returns the names of a table and of the table that its triggers write to, as a trigger has to name them.
    ///
    /// # Errors
    /// `Unsupported` when a trigger of the one cannot write to the other.
    fn trigger_names(&self, table: &TableInfo, into: &TableInfo) -> Result<(Name, Name)>;

    /// Returns the triggers of a table.
    ///
    /// # Errors
    /// Whatever the database reports.
    fn triggers(&self, table: &TableInfo) -> impl Future<Output = Result<Vec<DropTrigger>>> + Send;

    /// Creates a trigger, or replaces the one of this name. Where the database cannot roll DDL back, the trigger is
    /// missing for a moment, and changes made in that moment are not captured.
    ///
    /// # Errors
    /// `Unsupported` when a name or a text of the trigger cannot be written; whatever the database reports, such as
    /// `PermissionDenied`.
    fn create_trigger(&self, trigger: &CreateTrigger) -> impl Future<Output = Result<()>> + Send;

    /// Drops a trigger and its function if they exist.
    ///
    /// # Errors
    /// Whatever the database reports.
    fn drop_trigger(&self, trigger: &DropTrigger) -> impl Future<Output = Result<()>> + Send;

    /// Makes the database end this task's open transaction when the session is idle for longer than `longest`. Returns
    /// false where the database cannot do that. MySQL and MariaDB count whole seconds, rounded up: they use the
    /// session's `wait_timeout`, which is reset after the transaction.
    ///
    /// # Errors
    /// Whatever the database reports.
    fn limit_idle(&self, longest: Duration) -> impl Future<Output = Result<bool>> + Send;

    /// The settings that a transaction across databases needs to survive a crash, and that this database does not have.
    ///
    /// # Errors
    /// Whatever the database reports.
    fn unmet_preconditions(&self) -> impl Future<Output = Result<Vec<UnmetPrecondition>>> + Send;

    /// Those of [`unmet_preconditions`](Self::unmet_preconditions) that belong to the session, such as attached files.
    /// Each transaction checks them itself.
    ///
    /// # Errors
    /// Whatever the database reports.
    fn unmet_in_session(&self) -> impl Future<Output = Result<Vec<UnmetPrecondition>>> + Send;

    /// Returns the identity of the database: a text that a copy of it does not have. A database that is moved to another
    /// server gets another identity.
    ///
    /// # Errors
    /// `PermissionDenied` when the login may not read it; whatever else the database reports.
    fn identity(&self) -> impl Future<Output = Result<String>> + Send;
}

/// A setting that does not have the value that a transaction across databases needs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnmetPrecondition {
    /// The requirement.
    pub what: &'static str,
    /// The value that was found.
    pub found: String,
    /// How to correct it.
    pub mend: &'static str,
    /// Whether only a participant that is prepared needs it.
    pub to_prepare: bool,
    /// Whether only the commit point needs it.
    pub to_decide: bool,
}

impl ProtocolConnection for ConnectionHandle {
    fn check_scope(connections: &[Self]) -> Result<()> {
        check_scope(&connections.iter().map(Self::name).collect::<Vec<_>>())
    }

    async fn load(&self, table: &Name, columns: &[Name], rows: &[Vec<Value>]) -> Result<Option<u64>> {
        let session = self.session()?;
        if session.dialect().load.is_none() || rows.is_empty() {
            return Ok(None);
        }
        let columns_sql = session.render(Statement::Select(no_rows(table, columns)))?;
        let sql = session.render(Statement::Load { table: table.clone(), columns: columns.to_vec() })?;
        let load = Load { sql: &sql, columns: &columns_sql, rows };
        session.load(load, Label::raw("load")).await
    }

    async fn horizon(&self, table: &str) -> Result<DateTime<Utc>> {
        horizon::of(&self.session()?, table).await.map_err(|error| error.with_connection(&self.name().into()))
    }

    fn trigger_names(&self, table: &TableInfo, into: &TableInfo) -> Result<(Name, Name)> {
        triggers::names(self.dialect(), table, into)
    }

    async fn triggers(&self, table: &TableInfo) -> Result<Vec<DropTrigger>> {
        triggers::of(&self.session()?, table).await
    }

    async fn create_trigger(&self, trigger: &CreateTrigger) -> Result<()> {
        let session = self.session_of_ddl()?;
        session.define(triggers::created(session.dialect(), trigger)).await
    }

    async fn drop_trigger(&self, trigger: &DropTrigger) -> Result<()> {
        self.session_of_ddl()?.define(triggers::dropped(trigger)).await
    }

    async fn limit_idle(&self, longest: Duration) -> Result<bool> {
        let Some(level) = transaction(self.name()) else { return Ok(false) };
        let Some(limit) = level.endpoint().dialect().idle_limit else { return Ok(false) };
        let units = longest.as_nanos().div_ceil(limit.unit.as_nanos()).max(1);
        level.limit_idle(limit);
        // A statement of this library, which also removes the limit: the session can have other users.
        let set = Sql::new(format!("{}{units}", limit.set), Vec::new(), Access::Write);
        Session::Transaction(level).execute(&set, Label::raw("limit")).await.map(|_| true)
    }

    async fn unmet_preconditions(&self) -> Result<Vec<UnmetPrecondition>> {
        unmet(self, |_| true).await
    }

    async fn unmet_in_session(&self) -> Result<Vec<UnmetPrecondition>> {
        unmet(self, |precondition| precondition.of_session).await
    }

    async fn identity(&self) -> Result<String> {
        let identity = identity(&self.session()?).await;
        identity.map_err(|error| error.context("the identity of the database cannot be read"))
    }
}

async fn identity(session: &Session) -> Result<String> {
    let Identity { server: asks, database, is_file } = session.dialect().identity;
    let mut server = None;
    for ask in asks {
        if server.is_none() {
            server = last_of_first(&session.query(ask, []).await?)?;
        }
    }
    let database = last_of_first(&session.query(database, []).await?)?.unwrap_or_default();
    Ok(if is_file { file::identity(&database) } else { format!("{}/{database}", server.unwrap_or_default()) })
}

/// The last column of the first row.
pub(super) fn last_of_first(rows: &[Row]) -> Result<Option<String>> {
    rows.first().map(|row| row.get(row.columns().len().saturating_sub(1))).transpose()
}

/// A query of these columns without a row: its result has the types of the columns.
fn no_rows(table: &Name, columns: &[Name]) -> Select {
    let column = |name: &Name| {
        let (table, name) = (table.clone(), name.clone());
        let (ty, stored) = (ValueType::Text, Stored::Default);
        SelectItem::from(Expr::Column(ColumnExpr { table, outer: false, name, ty, nullable: true, stored }))
    };
    let mut select = Select::from(FromItem::Named(table.clone()));
    select.items = columns.iter().map(column).collect();
    select.limit = Some(0);
    select
}

async fn unmet(handle: &ConnectionHandle, which: fn(&Precondition) -> bool) -> Result<Vec<UnmetPrecondition>> {
    let mut unmet = Vec::new();
    let session = handle.session()?;
    for precondition in session.dialect().preconditions.iter().filter(|precondition| which(precondition)) {
        unmet.extend(check(&session, precondition).await?);
    }
    Ok(unmet)
}

/// Returns the setting if it does not have the value that is needed.
pub(super) async fn check(session: &Session, precondition: &Precondition) -> Result<Option<UnmetPrecondition>> {
    let rows = session.query(precondition.ask, []).await?;
    let found = last_of_first(&rows)?.unwrap_or_default();
    let Precondition { what, mend, to_prepare, to_decide, .. } = *precondition;
    let unmet = !precondition.is_met_by(&found);
    Ok(unmet.then_some(UnmetPrecondition { what, found, mend, to_prepare, to_decide }))
}
