//! Statements as text: each clause is one function.

use std::sync::Arc;

use super::expr::{comparand, expr};
use super::writer::Writer;
use super::{Access, Sql, raw};
use crate::dialect::{Dialect, Upsert};
use crate::error::{Error, Result};
use crate::statement::{
    Conflict, Delete, Direction, Expr, Insert, Name, Nulls, OrderBy, Select, Source, Statement, Update,
};
use crate::value::Value;

/// Spells a statement in a dialect. Values become binds, names are quoted.
///
/// # Errors
/// `Unsupported` when the dialect cannot say it or takes fewer values, `InvalidStatement` when raw SQL has not as many
/// placeholders as values.
pub fn render(statement: Statement, dialect: &Dialect) -> Result<Sql> {
    let mut w = Writer::new(dialect);
    let access = match statement {
        Statement::Select(query) => select(&mut w, query).map(|()| Access::Read),
        Statement::Insert(statement) => insert(&mut w, statement).map(|()| Access::Write),
        Statement::Update(statement) => update(&mut w, statement).map(|()| Access::Write),
        Statement::Delete(statement) => delete(&mut w, statement).map(|()| Access::Write),
        Statement::Raw(sql) => raw::write(&mut w, sql).map(|()| Access::Unknown),
    }?;
    let sql = w.finish(access);
    let most = dialect.capabilities.max_binds;
    if sql.binds().len() > most { Err(too_many_binds(sql.binds().len(), most)) } else { Ok(sql) }
}

#[cold]
fn too_many_binds(binds: usize, most: usize) -> Error {
    Error::unsupported(format!(
        "the statement binds {binds} values, and the database takes {most} at most; split the list, or ask by a query"
    ))
}

/// Spells a query of which `head` says already what is read and from where.
///
/// # Errors
/// As [`render`].
pub(crate) fn render_rest(head: Arc<str>, query: Select, dialect: &Dialect) -> Result<Sql> {
    if query.filter.is_none() && query.order_by.is_empty() && query.limit.is_none() && query.offset.is_none() {
        return Ok(Sql::new(head, Vec::new(), Access::Read));
    }
    let mut w = Writer::new(dialect);
    w.push(&head);
    rest(&mut w, query.filter, query.order_by, query.limit, query.offset)?;
    Ok(w.finish(Access::Read))
}

pub(super) fn select(w: &mut Writer<'_>, query: Select) -> Result<()> {
    w.push("SELECT ");
    w.list(query.items, |w, item| {
        expr(w, item.expr)?;
        if let Some(alias) = item.alias {
            w.push(" AS ").name(&alias);
        }
        Ok(())
    })?;
    w.push(" FROM ");
    match query.from {
        Source::Table(table) => {
            w.table(&table);
        }
        Source::Query(inner) => {
            w.push("(");
            select(w, *inner)?;
            w.push(") AS ").name("source");
        }
    }
    rest(w, query.filter, query.order_by, query.limit, query.offset)
}

/// What comes after FROM.
fn rest(
    w: &mut Writer<'_>,
    condition: Option<Expr>,
    order: Vec<OrderBy>,
    most: Option<u64>,
    offset: Option<u64>,
) -> Result<()> {
    filter(w, condition)?;
    order_by(w, order)?;
    limit(w, most, offset);
    Ok(())
}

fn filter(w: &mut Writer<'_>, filter: Option<Expr>) -> Result<()> {
    let Some(filter) = filter else { return Ok(()) };
    w.push(" WHERE ");
    expr(w, filter)
}

fn order_by(w: &mut Writer<'_>, items: Vec<OrderBy>) -> Result<()> {
    if items.is_empty() {
        return Ok(());
    }
    w.push(" ORDER BY ");
    w.list(items, order_item)
}

fn order_item(w: &mut Writer<'_>, item: OrderBy) -> Result<()> {
    let ascending = item.direction == Direction::Asc;
    let wanted_first = match item.nulls {
        Nulls::Smallest => ascending,
        Nulls::First => true,
        Nulls::Last => false,
    };
    let natural_first = w.dialect.nulls_smallest == ascending;
    let nullable = !matches!(&item.expr, Expr::Column(column) if !column.nullable);
    let say_nulls = nullable && wanted_first != natural_first;
    if say_nulls && !w.dialect.nulls_keyword {
        expr(w, item.expr.clone())?;
        w.push(if wanted_first { " IS NOT NULL, " } else { " IS NULL, " });
    }
    comparand(w, item.expr)?;
    w.push(if ascending { " ASC" } else { " DESC" });
    if say_nulls && w.dialect.nulls_keyword {
        w.push(if wanted_first { " NULLS FIRST" } else { " NULLS LAST" });
    }
    Ok(())
}

/// LIMIT and OFFSET are bound, so that all pages of a query share one prepared statement.
fn limit(w: &mut Writer<'_>, limit: Option<u64>, offset: Option<u64>) {
    let count = |n: u64| Value::I64(i64::try_from(n).unwrap_or(i64::MAX));
    match (limit, offset, w.dialect.no_limit) {
        (Some(limit), ..) => w.push(" LIMIT ").bind(count(limit)),
        (None, Some(_), Some(no_limit)) => w.push(" LIMIT ").push(no_limit),
        _ => w,
    };
    if let Some(offset) = offset {
        w.push(" OFFSET ").bind(count(offset));
    }
}

fn insert(w: &mut Writer<'_>, statement: Insert) -> Result<()> {
    w.push("INSERT INTO ").table(&statement.table);
    if statement.columns.is_empty() {
        let default_row = w.dialect.default_row;
        w.push(" ").push(default_row);
    } else {
        w.push(" (");
        w.names(&statement.columns);
        w.push(") VALUES ");
        w.rows(statement.columns.len(), statement.values);
    }
    if let Some(clause) = statement.conflict {
        conflict(w, &statement.table, clause)?;
    }
    returning(w, &statement.returning);
    Ok(())
}

/// The first assignment: a key to itself. The row may be there by another unique key than these; then the subquery, which
/// is asked only then, has one row too many.
fn own_keys_only(w: &mut Writer<'_>, keys: &[Name]) {
    let Some(first) = keys.first() else { return };
    w.name(first).push(" = IF(");
    for (index, key) in keys.iter().enumerate() {
        w.push(if index > 0 { " AND " } else { "" });
        w.name(key).push(" <=> VALUES(").name(key).push(")");
    }
    w.push(", ").name(first).push(", (SELECT 1 UNION ALL SELECT 2))");
}

fn conflict(w: &mut Writer<'_>, table: &str, clause: Conflict) -> Result<()> {
    match w.dialect.upsert {
        Upsert::OnConflict => {
            w.push(" ON CONFLICT (");
            w.names(&clause.keys);
            if clause.update.is_empty() {
                w.push(") DO NOTHING");
                return Ok(());
            }
            w.push(") DO UPDATE SET ");
            // Bare names would be ambiguous between the row that is there and `excluded`.
            w.qualifier = Some(table.to_owned());
        }
        Upsert::OnDuplicateKey => {
            w.push(" ON DUPLICATE KEY UPDATE ");
            own_keys_only(w, &clause.keys);
            if !clause.update.is_empty() {
                w.push(", ");
            }
        }
    }
    assignments(w, clause.update)?;
    w.qualifier = None;
    Ok(())
}

fn update(w: &mut Writer<'_>, statement: Update) -> Result<()> {
    w.writes = true;
    w.push("UPDATE ").table(&statement.table).push(" SET ");
    assignments(w, statement.set)?;
    filter(w, statement.filter)?;
    returning(w, &statement.returning);
    Ok(())
}

fn assignments(w: &mut Writer<'_>, set: Vec<(Name, Expr)>) -> Result<()> {
    w.list(set, |w, (column, value)| {
        w.name(&column).push(" = ");
        expr(w, value)
    })
}

fn delete(w: &mut Writer<'_>, statement: Delete) -> Result<()> {
    w.writes = true;
    w.push("DELETE FROM ").table(&statement.table);
    filter(w, statement.filter)
}

fn returning(w: &mut Writer<'_>, columns: &[Name]) {
    if !columns.is_empty() {
        w.push(" RETURNING ");
        w.names(columns);
    }
}
