//! From a statement to its text and binds.

use std::sync::Arc;

use super::scope::Scope;
use super::writer::Writer;
use super::{Access, Sql, raw, select, write};
use crate::dialect::Dialect;
use crate::error::{Error, Result};
use crate::schema::Table;
use crate::statement::{Select, Source, Statement};

/// Spells a statement in a dialect. Values become binds, names are quoted.
///
/// # Errors
/// `Unsupported` when the dialect cannot say it or takes fewer values, `InvalidStatement` when raw SQL has not as many
/// placeholders as values, or a column is of a table that the statement does not read.
pub fn render(statement: Statement, dialect: &Dialect) -> Result<Sql> {
    render_with_models(statement, dialect).map(|(sql, _)| sql)
}

/// Spells a statement, and says which models' tables it reads.
///
/// # Errors
/// As [`render`].
pub(crate) fn render_with_models(statement: Statement, dialect: &Dialect) -> Result<(Sql, Vec<&'static Table>)> {
    let mut w = Writer::new(dialect);
    let access = match statement {
        Statement::Select(query) => {
            // Rows are locked where they are written.
            let access = if query.lock.is_some() { Access::Write } else { Access::Read };
            select::top(&mut w, query).map(|()| access)
        }
        Statement::Insert(statement) => write::insert(&mut w, statement).map(|()| Access::Write),
        Statement::Update(statement) => write::update(&mut w, statement).map(|()| Access::Write),
        Statement::Delete(statement) => write::delete(&mut w, statement).map(|()| Access::Write),
        Statement::Raw(sql) => raw::write(&mut w, sql).map(|()| Access::Unknown),
    }?;
    finish(w, access)
}

/// Spells a query of one table, of which `head` says already what is read and from where.
///
/// # Errors
/// As [`render`].
pub(crate) fn render_rest(head: Arc<str>, query: Select, dialect: &Dialect) -> Result<(Sql, Vec<&'static Table>)> {
    if query.filter.is_none() && query.order_by.is_empty() && query.limit.is_none() && query.offset.is_none() {
        return Ok((Sql::new(head, Vec::new(), Access::Read), Vec::new()));
    }
    let mut w = Writer::new(dialect);
    w.push(&head);
    if let Source::Table(table) = &query.from {
        w.scope = Scope::of(table.label().clone());
    }
    select::rest(&mut w, query)?;
    finish(w, Access::Read)
}

fn finish(w: Writer<'_>, access: Access) -> Result<(Sql, Vec<&'static Table>)> {
    let most = w.dialect.capabilities.max_binds;
    let (sql, models) = w.finish(access);
    let binds = sql.binds().len();
    if binds > most { Err(too_many_binds(binds, most)) } else { Ok((sql, models)) }
}

#[cold]
fn too_many_binds(binds: usize, most: usize) -> Error {
    Error::unsupported(format!(
        "the statement binds {binds} values, and the database takes {most} at most; split the list, or ask by a query"
    ))
}
