//! Reads the tables of a database from its catalog, and keeps what it read for the statements that need it.

mod build;
mod cache;
mod rows;

pub(crate) use cache::Descriptions;

use std::sync::Arc;

use super::handle::ConnectionHandle;
use super::session::{Label, Session};
use crate::catalog::TableInfo;
use crate::error::Result;
use crate::statement::qualified;
use crate::value::{Flow, Row, RowRef, Value, ValueType};
use rows::CatalogRow;

impl ConnectionHandle {
    /// Returns the names of all tables in alphabetical order. On PostgreSQL they are those of the first schema in the
    /// search path. Views and the partitions of a table are left out. This library's own tables, which begin with
    /// `ar_`, are included. A name with a dot is in double quotes, as [`describe`](Self::describe) reads it.
    ///
    /// ```no_run
    /// # use activerecord_core::{connection, Result};
    /// # async fn example() -> Result<()> {
    /// for table in connection("primary")?.tables().await? {
    ///     println!("{table}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of the connection and the database.
    pub async fn tables(&self) -> Result<Vec<String>> {
        let session = self.session()?;
        let rows = session.query(session.dialect().catalog.tables, []).await?;
        let name = |row: &Row| Ok(qualified::quoted(&row.get::<String>(0)?).into_owned());
        rows.iter().map(name).collect()
    }

    /// Describes a table; None when no table has this name. A dot joins a schema and a table: `audit.events` on
    /// PostgreSQL, `shop.events` in another database on MySQL and MariaDB, `archive.events` in an attached file on SQLite.
    /// Without a schema, the database looks for the name as it does in a statement. Tables and columns that the login has
    /// no permission to see are left out.
    ///
    /// Each call reads the catalog, in one query. The library itself keeps descriptions for its statements; see
    /// [`forget_descriptions`](Self::forget_descriptions).
    ///
    /// ```no_run
    /// # async fn example() -> activerecord_core::Result<()> {
    /// if let Some(users) = activerecord_core::connection("primary")?.describe("users").await? {
    ///     for column in &users.columns {
    ///         println!("{} {}", column.name, column.declared);
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of the connection and the database. A type that this library does not support is not an error here;
    /// [`TableInfo::types`] reports it.
    pub async fn describe(&self, table: &str) -> Result<Option<TableInfo>> {
        let session = self.session()?;
        Ok(read(&session, table).await?.map(Arc::unwrap_or_clone))
    }

    /// Discards what this process knows of the tables of this connection, such as what their columns keep. The next statement that needs a description
    /// reads it from the catalog again.
    ///
    /// The library does this by itself after each statement on this connection that can change a table (CREATE, ALTER, DROP
    /// and every other one that does not only read or write rows), at the end of its transaction, and after an error about
    /// an unknown table, column or key. Call it after another program, or another connection to the same database, has
    /// changed a table.
    ///
    /// ```no_run
    /// # use activerecord_core::{connection, Result};
    /// # fn example() -> Result<()> {
    /// connection("primary")?.forget_descriptions();
    /// # Ok(())
    /// # }
    /// ```
    pub fn forget_descriptions(&self) {
        self.endpoint().descriptions().forget();
    }
}

/// Returns the description of a table; None when no table has this name. The first use reads the catalog in one query;
/// later uses take the description from memory.
///
/// # Errors
/// Those of the connection and the database.
pub(crate) async fn description(session: &Session, table: &str) -> Result<Option<Arc<TableInfo>>> {
    match known(session, table) {
        Some(known) => Ok(Some(known)),
        None => read(session, table).await,
    }
}

/// Returns the description of a table, as [`description`]. An error does not end the transaction.
pub(super) async fn description_aside(session: &Session, table: &str) -> Result<Option<Arc<TableInfo>>> {
    match known(session, table) {
        Some(known) => Ok(Some(known)),
        None => read_aside(session, table).await,
    }
}

/// Reads the description of a table, as [`read`]. An error does not end the transaction.
pub(super) async fn read_aside(session: &Session, table: &str) -> Result<Option<Arc<TableInfo>>> {
    read_by(session, table, true).await
}

/// Returns the description of a table that is in memory.
pub(crate) fn known(session: &Session, table: &str) -> Option<Arc<TableInfo>> {
    // A transaction that changed tables sees tables that others do not see.
    if session.has_own_tables() { None } else { session.endpoint().descriptions().get(table) }
}

/// Reads the description of a table from the catalog, and keeps it.
pub(crate) async fn read(session: &Session, table: &str) -> Result<Option<Arc<TableInfo>>> {
    read_by(session, table, false).await
}

async fn read_by(session: &Session, table: &str, aside: bool) -> Result<Option<Arc<TableInfo>>> {
    let descriptions = session.endpoint().descriptions();
    let generation = descriptions.generation();
    let (schema, local) = qualified::parts(table);
    let (schema, local) = (schema.as_deref(), &*local);
    let dialect = session.dialect();
    let info = TableInfo::new(Arc::clone(session.endpoint().name()), table, dialect);
    let main = dialect.catalog.main;
    let mut rows = rows_of(session, schema, local, main, aside).await?;
    // The texts of the CREATE statements were read from another file than that of the table.
    let file = rows.iter().find(|row| row.is("table")).map(|row| row.name.clone());
    if let Some(file) = file.filter(|file| !main.is_empty() && file != main) {
        rows = rows_of(session, Some(&file), local, &file, aside).await?;
    }
    let Some(info) = build::described(info, rows).map(Arc::new) else { return Ok(None) };
    if !info.temporary && !session.has_own_tables() {
        descriptions.keep(generation, &info);
    }
    Ok(Some(info))
}

async fn rows_of(
    session: &Session,
    schema: Option<&str>,
    table: &str,
    file: &str,
    aside: bool,
) -> Result<Vec<CatalogRow>> {
    let dialect = session.dialect();
    let text = dialect.catalog.table.replace("{}", &dialect.quoted(file));
    let schema = schema.map_or(Value::Null(ValueType::Text), |schema| Value::Text(schema.to_owned()));
    // Each part of the query has a pair of placeholders for the schema and the table.
    let pairs = text.matches('?').count() / 2;
    let binds: Vec<_> = (0..pairs).flat_map(|_| [schema.clone(), Value::Text(table.to_owned())]).collect();
    let sql = session.render_text(&text, binds)?.reading();
    let mut rows = Vec::new();
    let mut sink = |row: &dyn RowRef| -> Result<Flow> {
        rows.push(CatalogRow::read(row)?);
        Ok(Flow::More)
    };
    match aside {
        true => session.fetch_aside(&sql, Label::raw("describe"), &mut sink).await?,
        false => session.fetch(&sql, Label::raw("describe"), &mut sink).await?,
    }
    Ok(rows)
}
