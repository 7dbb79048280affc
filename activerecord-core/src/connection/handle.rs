//! A connection in the caller's hand, for SQL that no model describes.

use std::sync::Arc;

use super::endpoint::Endpoint;
use super::registry::endpoint;
use super::scope::resolve_name;
use super::session::{Label, Session};
use crate::capabilities::Capabilities;
use crate::dialect::Dialect;
use crate::error::Result;
use crate::row::Row;
use crate::sql::{Sql, render};
use crate::statement::{RawSql, Statement};
use crate::value::IntoParams;

/// The connection of this name.
///
/// # Errors
/// `Configuration` when there is none.
pub fn connection(name: &str) -> Result<ConnectionHandle> {
    endpoint(name).map(|endpoint| ConnectionHandle { endpoint })
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

    fn prepare(&self, sql: &str, params: impl IntoParams) -> Result<(Session, Sql)> {
        let statement = Statement::Raw(RawSql { text: sql.to_owned().into(), binds: params.into_params() });
        let sql = render(statement, self.dialect()).map_err(|error| error.with_connection(self.endpoint.name()))?;
        Ok((resolve_name(self.endpoint.name())?, sql))
    }
}
