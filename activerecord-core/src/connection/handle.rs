//! Handles of connections, for SQL without a model.

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
use crate::error::Result;
use crate::statement::{Insert, Select, Statement};
use crate::transaction::AfterEnd;
use crate::value::{Flow, IntoParams, Row, RowRef, Unread};

/// Returns the connection with this name. It does not open anything.
///
/// ```no_run
/// # use activerecord_core::{connection, Result};
/// # async fn example() -> Result<()> {
/// let rows = connection("primary")?.query("SELECT name FROM users WHERE id = ?", [7]).await?;
/// # println!("{}", rows.len());
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// `Configuration` when no connection has this name.
pub fn connection(name: &str) -> Result<ConnectionHandle> {
    endpoint(name).map(|endpoint| ConnectionHandle { endpoint })
}

/// Returns the connection of the innermost transaction or [`with_connection`](crate::with_connection) scope of this
/// task, whichever is further inside. None outside both. Scopes of a single model do not count.
///
/// ```no_run
/// # use activerecord_core::{current_connection, transaction, Result};
/// # async fn example() -> Result<()> {
/// transaction("primary", async || {
///     let current = current_connection()?;
///     assert!(current.is_some_and(|connection| connection.name() == "primary"));
///     Ok(())
/// })
/// .await
/// # }
/// ```
///
/// # Errors
/// `Configuration` when the connection has been removed since.
pub fn current_connection() -> Result<Option<ConnectionHandle>> {
    innermost_name().map(|name| connection(&name)).transpose()
}

/// A registered connection. Its statements join the transaction that this task has open on it, if any.
///
/// ```no_run
/// # use activerecord_core::{connection, params, Result};
/// # async fn example() -> Result<()> {
/// let primary = connection("primary")?;
/// let changed = primary.execute("UPDATE users SET name = ? WHERE id = ?", params!["Ada", 7]).await?;
/// for row in primary.query("SELECT id, name FROM users", []).await? {
///     println!("{} {}", row.get::<i64>("id")?, row.get::<String>("name")?);
/// }
/// # println!("{changed}");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ConnectionHandle {
    endpoint: Arc<Endpoint>,
}

impl ConnectionHandle {
    pub(crate) fn of(endpoint: &Arc<Endpoint>) -> Self {
        Self { endpoint: Arc::clone(endpoint) }
    }

    /// Returns the name of the connection.
    pub fn name(&self) -> &str {
        self.endpoint.name()
    }

    /// Returns the dialect of the database.
    pub fn dialect(&self) -> &'static Dialect {
        self.endpoint.dialect()
    }

    /// Returns the maximum number of open connections of the pool.
    pub fn max_connections(&self) -> usize {
        self.endpoint.max_connections()
    }

    /// Returns the capabilities of the database. Before the first use they are those that all supported versions have;
    /// [`learn`](Self::learn) connects to find out those of the server.
    ///
    /// ```no_run
    /// # use activerecord_core::{connection, Result};
    /// # async fn example() -> Result<()> {
    /// let primary = connection("primary")?;
    /// primary.learn().await?;
    /// if !primary.capabilities().prepared_transactions {
    ///     println!("{} ({}) has no two-phase commit", primary.name(), primary.dialect().name());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn capabilities(&self) -> &Capabilities {
        self.endpoint.capabilities()
    }

    /// Runs SQL and returns the number of rows that it changed. `?` binds the next value on every database. Without
    /// values, the text can contain several statements. If one of them fails, all are undone, except for statements
    /// that commit by themselves, such as DDL on MySQL and MariaDB.
    ///
    /// ```no_run
    /// # use activerecord_core::{connection, params, Result};
    /// # async fn example() -> Result<()> {
    /// let primary = connection("primary")?;
    /// primary.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT)", []).await?;
    /// let inserted = primary.execute("INSERT INTO notes (id, body) VALUES (?, ?)", params![1, "hello"]).await?;
    /// assert_eq!(inserted, 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `InvalidStatement` for a syntax error, an unknown table or column, or a wrong number of values;
    /// `UniqueViolation` and the other violations; those of the connection (`PoolTimeout`, `ConnectionLost`, ..); all
    /// that the database reports.
    pub async fn execute(&self, sql: &str, params: impl IntoParams) -> Result<u64> {
        let session = self.session()?;
        let sql = session.render_text(sql, params)?;
        session.execute(&sql, Label::raw("execute")).await.map(|outcome| outcome.rows)
    }

    /// Runs SQL and returns its rows. All rows are kept in memory.
    ///
    /// ```no_run
    /// # use activerecord_core::{connection, Result};
    /// # async fn example() -> Result<()> {
    /// let rows = connection("primary")?.query("SELECT count(*) AS n FROM users WHERE age > ?", [18]).await?;
    /// let adults: i64 = rows[0].get("n")?;
    /// # println!("{adults}");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`execute`](Self::execute).
    pub async fn query(&self, sql: &str, params: impl IntoParams) -> Result<Vec<Row>> {
        self.session()?.query(sql, params).await
    }

    /// Runs a statement tree and returns the number of rows that it changed. An INSERT with a reaction to conflicts counts
    /// each of its rows once, whether it is inserted, updates a row or leaves it as it is: MySQL and MariaDB do not say which.
    ///
    /// ```no_run
    /// # use activerecord_core::statement::{Delete, Statement};
    /// # use activerecord_core::{connection, Result};
    /// # async fn example() -> Result<()> {
    /// let all = Delete { table: "logins".into(), filter: None };
    /// let deleted = connection("primary")?.write(Statement::Delete(all)).await?;
    /// # println!("{deleted}");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Unsupported` when the dialect has no syntax for the statement; `InvalidStatement` when the columns of an upsert
    /// are not a unique key; those of [`execute`](Self::execute).
    pub async fn write(&self, statement: Statement) -> Result<u64> {
        let (session, label) = (self.session()?, Label::raw("write"));
        if let Statement::Insert(Insert { table, conflict: Some(conflict), .. }) = &statement {
            unique::check(&session, table, &conflict.keys, label).await?;
        }
        let upserted = upserted(&statement);
        let sql = session.render(statement)?;
        let written = session.execute(&sql, label).await.map_err(|error| unique::settle(error, &session));
        written.map(|outcome| upserted.unwrap_or(outcome.rows))
    }

    /// Runs a query tree and returns its rows. All rows are kept in memory.
    ///
    /// ```no_run
    /// # use activerecord_core::statement::{Select, FromItem};
    /// # use activerecord_core::{connection, Result};
    /// # async fn example() -> Result<()> {
    /// let logins = connection("primary")?.read(Select::from(FromItem::Named("logins".into()))).await?;
    /// # println!("{}", logins.len());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub async fn read(&self, query: Select) -> Result<Vec<Row>> {
        let session = self.session()?;
        let sql = session.render(Statement::Select(query))?;
        session.fetch_rows(&sql, Label::raw("read")).await
    }

    /// As [`read`](Self::read), but a cell that cannot be read is NULL, and its row comes with the error. For the packages of
    /// this library: it is not stable.
    ///
    /// # Errors
    /// As [`read`](Self::read), without `Conversion`.
    #[doc(hidden)]
    pub async fn read_each(&self, query: Select) -> Result<Vec<(Row, Option<Unread>)>> {
        let session = self.session()?;
        let sql = session.render(Statement::Select(query))?;
        let (mut columns, mut rows) = (None, Vec::new());
        let mut sink = |row: &dyn RowRef| -> Result<Flow> {
            let columns = columns.get_or_insert_with(|| Row::columns_of(row));
            rows.push(Row::detach_readable(row, columns));
            Ok(Flow::More)
        };
        session.fetch(&sql, Label::raw("read"), &mut sink).await?;
        Ok(rows)
    }

    /// Returns the current time of the database's clock.
    ///
    /// ```no_run
    /// # use activerecord_core::{connection, Result};
    /// # async fn example() -> Result<()> {
    /// let time = connection("primary")?.now().await?;
    /// # println!("{time}");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of the connection and the database.
    pub async fn now(&self) -> Result<DateTime<Utc>> {
        self.session()?.now().await
    }

    /// Returns the prepared branches of transactions across databases. Each waits for its commit or rollback. On MySQL
    /// and MariaDB they are those of the whole server.
    ///
    /// ```no_run
    /// # use activerecord_core::{connection, Result};
    /// # async fn example() -> Result<()> {
    /// for prepared in connection("primary")?.prepared().await? {
    ///     println!("{} since {:?}", prepared.name, prepared.prepared_at);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Unsupported` when the database does not support prepared transactions; `PermissionDenied` when the login has no
    /// permission to see them; those of the connection and the database.
    pub async fn prepared(&self) -> Result<Vec<PreparedBranch>> {
        let mut connection = endpoint(self.name())?.acquire(Purpose::Raw).await?;
        connection.prepared().await.map_err(|error| error.with_connection(self.endpoint.name()))
    }

    /// Commits a prepared branch by its name.
    ///
    /// ```no_run
    /// # use activerecord_core::{connection, Result};
    /// # async fn example() -> Result<()> {
    /// let primary = connection("primary")?;
    /// for prepared in primary.prepared().await? {
    ///     if let Some(branch) = prepared.branch.filter(|branch| branch.gid() == "transfer-0190") {
    ///         primary.commit_prepared(&branch).await?;
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// With the database's [code](crate::Error::code): the branch does not exist, still belongs to an open connection, or
    /// belongs to another login. After `ConnectionLost`, the branch may or may not be committed.
    pub async fn commit_prepared(&self, branch: &Branch) -> Result<()> {
        self.control(Control::CommitPrepared(branch)).await
    }

    /// Rolls back a prepared branch by its name.
    ///
    /// ```no_run
    /// # use activerecord_core::{connection, Branch, Result};
    /// # async fn example() -> Result<()> {
    /// let branch: Branch = "transfer-0190:b0".parse()?;
    /// connection("primary")?.rollback_prepared(&branch).await
    /// # }
    /// ```
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

    /// Connects, unless that has happened before, and returns the capabilities of the server.
    ///
    /// ```no_run
    /// # use activerecord_core::{connection, Result};
    /// # async fn example() -> Result<()> {
    /// let primary = connection("primary")?;
    /// let two_phase = primary.learn().await?.prepared_transactions;
    /// # println!("{two_phase}");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `ConnectionLost`, `PermissionDenied` and the other errors of opening a connection.
    pub async fn learn(&self) -> Result<&Capabilities> {
        Session::Pool(Arc::clone(&self.endpoint)).capabilities().await?;
        Ok(self.capabilities())
    }

    /// Returns true when this task has a transaction open on this connection.
    ///
    /// ```no_run
    /// # use activerecord_core::{connection, transaction, Result};
    /// # async fn example() -> Result<()> {
    /// let primary = connection("primary")?;
    /// assert!(!primary.in_transaction());
    /// transaction("primary", async || {
    ///     assert!(primary.in_transaction());
    ///     Ok(())
    /// })
    /// .await
    /// # }
    /// ```
    pub fn in_transaction(&self) -> bool {
        transaction(self.name()).is_some()
    }

    /// Runs `call` after the outermost open transaction of this task on this connection is committed. Does not run it
    /// when the transaction is rolled back. Without a transaction, runs it at once. The call is lost if the process
    /// ends after the commit and before the call.
    ///
    /// ```no_run
    /// # use activerecord_core::{connection, transaction, Result};
    /// # async fn example() -> Result<()> {
    /// transaction("primary", async || {
    ///     let primary = connection("primary")?;
    ///     primary.execute("UPDATE users SET active = ? WHERE id = ?", [1, 7]).await?;
    ///     primary.after_commit(|| println!("user 7 is active"));
    ///     Ok(())
    /// })
    /// .await
    /// # }
    /// ```
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

    /// Returns a number that identifies the registration in this process. It changes when the connection is replaced.
    pub fn id(&self) -> u64 {
        self.endpoint.id()
    }

    pub(super) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Where a statement of this task runs now: in its transaction, or on the connection that has the name. That is not
    /// the one of this handle after a `replace`, so a statement is rendered in the dialect of the session.
    pub(crate) fn session(&self) -> Result<Session> {
        resolve_name(self.name())
    }
}

/// The number of rows of an upsert; None for any other statement. MySQL and MariaDB count an updated row twice.
fn upserted(statement: &Statement) -> Option<u64> {
    match statement {
        Statement::Insert(Insert { columns, values, conflict: Some(_), .. }) => {
            Some(values.len().checked_div(columns.len()).unwrap_or(1) as u64)
        }
        _ => None,
    }
}
