//! Creates tables.

use std::sync::Arc;

use super::describe::read;
use super::handle::ConnectionHandle;
use super::registry::endpoint;
use super::scope::transaction;
use super::session::{Label, Session};
use crate::catalog::TableInfo;
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result};
use crate::sql::{Access, Sql, added, create, define, grant};
use crate::statement::{CreateTable, Statement};
use crate::transaction::{Level, Transaction};
use crate::value::{Value, cell};

impl ConnectionHandle {
    /// Creates a table and its indexes, unless they exist. It joins the open transaction of this task if the database
    /// can roll back DDL (capability `transactional_ddl`); otherwise it runs outside.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # use activerecord_core::{statement::CreateTable, Model, Result};
    /// # #[derive(ActiveRecord)]
    /// # struct User { #[primary_key] id: i64, email: String }
    /// # async fn example() -> Result<()> {
    /// let users = CreateTable::from(User::TABLE).index("users_email", &["email"]);
    /// activerecord_core::connection("primary")?.create_table(&users).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Unsupported` when the database has no type for a column, or a column is `#[column(generated)]`; `InvalidStatement`
    /// when the name of an index belongs to another table; those of the connection and the database.
    pub async fn create_table(&self, table: &CreateTable) -> Result<()> {
        let session = self.session_of_ddl()?;
        let (info, statements) = self.located(created(table, session.dialect()))?;
        run(&session, &statements, async |session| has_indexes(session, &info).await).await
    }

    /// Adds the columns of a definition that the table lacks, by their names. Each must be nullable or have a default. Where the
    /// database can roll back DDL, all are added or none, and the open transaction of this task is joined; otherwise it runs
    /// outside.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # use activerecord_core::{statement::CreateTable, Model, Result};
    /// # #[derive(ActiveRecord)]
    /// # struct User { #[primary_key] id: i64, email: String, nickname: Option<String> }
    /// # async fn example() -> Result<()> {
    /// activerecord_core::connection("primary")?.add_columns(&CreateTable::from(User::TABLE), &["nickname"]).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Unsupported` as [`create_table`](Self::create_table); `InvalidStatement` when the table does not exist or has the
    /// column already; those of the connection and the database.
    pub async fn add_columns(&self, table: &CreateTable, names: &[&str]) -> Result<()> {
        let session = self.session_of_ddl()?;
        let statements = self.located(added(table, names, session.dialect()))?;
        run(&session, &statements, async |_| Ok(())).await
    }

    /// Returns the SQL of [`add_columns`](Self::add_columns) in the dialect of this connection, one statement per item. It runs
    /// nothing.
    ///
    /// # Errors
    /// `Unsupported` as [`create_table`](Self::create_table); `Configuration` when the connection was removed.
    pub fn add_columns_sql(&self, table: &CreateTable, names: &[&str]) -> Result<Vec<String>> {
        let statements = self.located(added(table, names, self.session_of_ddl()?.dialect()))?;
        Ok(statements.iter().map(|sql| sql.text().to_string()).collect())
    }

    /// Returns the SQL of [`create_table`](Self::create_table) in the dialect of this connection, one statement per item. It
    /// runs nothing.
    ///
    /// # Errors
    /// `Unsupported` as [`create_table`](Self::create_table); `Configuration` when the connection was removed.
    pub fn create_table_sql(&self, table: &CreateTable) -> Result<Vec<String>> {
        let session = self.session_of_ddl()?;
        let (_, statements) = self.located(created(table, session.dialect()))?;
        Ok(statements.iter().map(|sql| sql.text().to_string()).collect())
    }

    /// Returns the SQL that lets a login read and write the rows of a table, in the dialect of this connection. None where the
    /// database has no logins (SQLite). A login of MySQL and MariaDB can be `name@host`; without a host, every host is
    /// meant. It runs nothing.
    ///
    /// # Errors
    /// `Unsupported` for a login that cannot be written; `Configuration` when the connection was removed.
    pub fn grant_rows_sql(&self, table: &str, login: &str) -> Result<Option<String>> {
        let grant = self.located(grant::rows(table, login, self.dialect()))?;
        Ok(grant.map(|sql| sql.text().to_string()))
    }

    /// Creates a table as it is described, with everything that the description contains: defaults, computed columns, checks,
    /// foreign keys, indexes, comments, sequences, and the types of enumerations unless they exist. The description is in the
    /// SQL of this database: see [`TableInfo::translated`] for one of another database, and [`TableInfo::renamed`] for
    /// another name.
    ///
    /// It joins the open transaction of this task if the database can roll back DDL (capability `transactional_ddl`);
    /// otherwise it runs outside.
    ///
    /// ```no_run
    /// # use activerecord_core::{connection, Result};
    /// # async fn example() -> Result<()> {
    /// let primary = connection("primary")?;
    /// if let Some(users) = primary.describe("users").await? {
    ///     primary.create_like(&users.renamed("archived_users")).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Unsupported` when the description is in another dialect, contains a property that this library cannot create
    /// ([`TableInfo::unknown`]), or is that of a view. Errors of the database, also when the table, an index or a constraint
    /// with its name exists already.
    pub async fn create_like(&self, table: &TableInfo) -> Result<()> {
        let session = self.session_of_ddl()?;
        self.located(table.check_creatable(session.dialect()))?;
        let statements = self.located(define::create(table, session.dialect(), false))?;
        let types = self.located(define::types(table, session.dialect()))?;
        let mut all = Vec::new();
        for (name, create) in types {
            if !has_type(&session, &name).await? {
                all.push(create);
            }
        }
        all.extend(statements);
        run(&session, &all, async |_| Ok(())).await
    }

    /// Adds the indexes and the foreign keys of a description to its table, which exists. Returns those that could not be
    /// added, each with its name and the error. For the packages of this library: it is not stable.
    ///
    /// # Errors
    /// `Configuration` when the connection was removed; those of the connection.
    #[doc(hidden)]
    pub async fn add_indexes_and_keys(&self, table: &TableInfo) -> Result<Vec<(String, Error)>> {
        let session = self.session_of_ddl()?;
        let mut failed = Vec::new();
        for (name, sql) in self.located(added::additions(table, session.dialect()))? {
            if let Err(error) = run(&session, &[sql], async |_| Ok(())).await {
                failed.push((name, error));
            }
        }
        Ok(failed)
    }

    /// Where DDL runs: in the open transaction if the database can roll it back, otherwise outside.
    pub(super) fn session_of_ddl(&self) -> Result<Session> {
        let joins = |level: &Arc<Level>| level.endpoint().capabilities().transactional_ddl;
        Ok(match transaction(self.name()).filter(joins) {
            Some(level) => Session::Transaction(level),
            None => Session::Pool(endpoint(self.name())?),
        })
    }

    fn located<T>(&self, result: Result<T>) -> Result<T> {
        result.map_err(|error| error.with_connection(&Arc::from(self.name())))
    }
}

/// The statements that add these columns.
fn added(table: &CreateTable, names: &[&str], dialect: &Dialect) -> Result<Vec<Sql>> {
    let mut info = create::table(table, dialect)?;
    info.columns.retain(|column| names.contains(&&*column.name));
    added::add_columns(&info, dialect)
}

/// The table in the SQL of a dialect, and the statements that create it.
fn created(table: &CreateTable, dialect: &Dialect) -> Result<(TableInfo, Vec<Sql>)> {
    let info = create::table(table, dialect)?;
    let mut statements = define::create(&info, dialect, true)?;
    statements.extend(create::first_number(table, dialect));
    Ok((info, statements))
}

impl Session {
    /// Runs statements of DDL one by one.
    pub(super) async fn define(&self, statements: Vec<Statement>) -> Result<()> {
        for statement in statements {
            let sql = self.render(statement)?;
            self.execute(&sql, Label::raw("define")).await?;
        }
        Ok(())
    }
}

/// Runs statements of DDL, and then a check. If the database can roll back DDL, all are undone when one fails.
async fn run(session: &Session, statements: &[Sql], check: impl AsyncFnOnce(&Session) -> Result<()>) -> Result<()> {
    let all = async |session: &Session| {
        for sql in statements {
            session.execute(sql, Label::raw("define")).await?;
        }
        check(session).await
    };
    if statements.len() == 1 || !session.dialect().capabilities().transactional_ddl {
        return all(session).await;
    }
    let transaction = Transaction::around_write(session).await?;
    let inside = transaction.session();
    transaction.finish(all(&inside)).await
}

/// Checks that each index exists: `CREATE INDEX IF NOT EXISTS` does nothing when another table has an index of the name.
async fn has_indexes(session: &Session, info: &TableInfo) -> Result<()> {
    if info.indexes.is_empty() || session.dialect().definitions.inline_indexes {
        return Ok(());
    }
    let Some(made) = read(session, &info.name).await? else { return Ok(()) };
    let is_missing = |name: &&String| !made.indexes.iter().any(|index| index.name.as_ref() == Some(*name));
    match info.indexes.iter().filter_map(|index| index.name.as_ref()).find(is_missing) {
        Some(name) => Err(taken(session, info, name)),
        None => Ok(()),
    }
}

/// Whether a type with this quoted name exists.
async fn has_type(session: &Session, name: &str) -> Result<bool> {
    let Some(query) = session.dialect().catalog.has_type else { return Ok(false) };
    let sql = Sql::new(query, vec![Value::Text(name.to_owned())], Access::Read);
    let found = session.fetch_one(&sql, Label::raw("describe"), |row| cell::<bool>(row, 0)).await?;
    Ok(found.unwrap_or(false))
}

#[cold]
fn taken(session: &Session, info: &TableInfo, index: &str) -> Error {
    let message = format!(
        "the index `{index}` of table `{}` was not created, because the name belongs to something else; give it another name",
        info.name
    );
    Error::new(ErrorKind::InvalidStatement, message).with_connection(session.endpoint().name())
}
