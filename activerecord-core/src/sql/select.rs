//! Renders SELECT. Each clause is one function.

use super::expr::{comparand, expr, is_decimal};
use super::scope::{Scope, nested};
use super::subquery::{compound, subquery};
use super::writer::Writer;
use super::{lock, stored};
use crate::dialect::DecimalMath;
use crate::error::{Error, ErrorKind, Result};
use crate::statement::{
    Cte, Direction, Distinct, Expr, FromItem, Join, JoinKind, OrderBy, Select, SelectItem, SetOperator, TableRef,
};
use crate::value::Value;

/// Writes the outermost query. Only this query can lock rows.
pub(super) fn top(w: &mut Writer<'_>, query: Select) -> Result<()> {
    let clause = query.lock.map(|lock| lock::clause(lock, &query, w.dialect)).transpose()?;
    w.cells = stored::cells(w.dialect, &query, false);
    select(w, Select { lock: None, ..query })?;
    match clause {
        Some(clause) => clause.write(w),
        None => Ok(()),
    }
}

/// Writes a query. From here on, names refer to its tables.
pub(super) fn select(w: &mut Writer<'_>, query: Select) -> Result<()> {
    if query.lock.is_some() {
        return Err(lock::refused("only the outermost query of a statement can lock its rows"));
    }
    let ctes = w.ctes.len();
    with(w, query.with)?;
    w.scope = Scope::of_query(&query.from, &query.joins)?;
    let merged = !query.group_by.is_empty() || query.distinct != Distinct::No;
    let items = if merged { query.items.iter().map(|item| item.expr.clone()).collect() } else { Vec::new() };
    w.push("SELECT ");
    distinct(w, query.distinct)?;
    select_list(w, query.items)?;
    from(w, query.from)?;
    join(w, query.joins)?;
    filter(w, query.filter)?;
    group_by(w, query.group_by, &items)?;
    having(w, query.having)?;
    order_by(w, query.order_by, &items)?;
    limit(w, query.limit, query.offset);
    w.ctes.truncate(ctes);
    Ok(())
}

/// Writes the beginning of a plain query: the SELECT list and the first table.
pub(super) fn head(w: &mut Writer<'_>, query: Select) -> Result<()> {
    w.cells = stored::cells(w.dialect, &query, false);
    w.scope = Scope::of_query(&query.from, &query.joins)?;
    w.push("SELECT ");
    select_list(w, query.items)?;
    from(w, query.from)
}

/// Writes the part of a plain query after its head.
pub(super) fn rest(w: &mut Writer<'_>, query: Select) -> Result<()> {
    w.scope = Scope::of_query(&query.from, &query.joins)?;
    join(w, query.joins)?;
    filter(w, query.filter)?;
    order_by(w, query.order_by, &[])?;
    limit(w, query.limit, query.offset);
    Ok(())
}

fn with(w: &mut Writer<'_>, ctes: Vec<Cte>) -> Result<()> {
    if ctes.is_empty() {
        return Ok(());
    }
    w.push(if ctes.iter().any(|cte| cte.step.is_some()) { "WITH RECURSIVE " } else { "WITH " });
    w.list(ctes, cte)?;
    w.push(" ");
    Ok(())
}

fn cte(w: &mut Writer<'_>, cte: Cte) -> Result<()> {
    for query in [Some(&cte.query), cte.step.as_ref().map(|(_, step)| step)].into_iter().flatten() {
        stored::fills(w.dialect, &query.select, &cte.columns, &cte.stored)?;
    }
    w.name(&cte.name).push(" (");
    w.names(&cte.columns);
    w.push(") AS (");
    w.merges = matches!(cte.step, Some((SetOperator::Union, _)));
    subquery(w, cte.query)?;
    w.ctes.push(cte.name);
    if let Some((operator, step)) = cte.step {
        w.push(super::subquery::symbol(operator));
        subquery(w, step)?;
    }
    w.push(")");
    Ok(())
}

fn distinct(w: &mut Writer<'_>, distinct: Distinct) -> Result<()> {
    match distinct {
        Distinct::No => {}
        Distinct::Rows => {
            w.push("DISTINCT ");
            w.merges = true;
        }
        Distinct::On(_) if !w.dialect.capabilities.distinct_on => return Err(no_distinct_on(w.dialect.name)),
        Distinct::On(columns) => {
            w.push("DISTINCT ON (");
            w.list(columns, expr)?;
            w.push(") ");
        }
    }
    Ok(())
}

#[cold]
fn no_distinct_on(database: &str) -> Error {
    Error::unsupported(format!(
        "{database} has no DISTINCT ON; postgresql has it. To find the first row of each group on every database, use \
         row_number().over(window().partition_by(..).order_by(..)) in a common table expression"
    ))
}

fn select_list(w: &mut Writer<'_>, items: Vec<SelectItem>) -> Result<()> {
    let merges = std::mem::take(&mut w.merges);
    if items.is_empty() {
        w.push("*");
    }
    w.list(items, |w, item| {
        if merges { comparand(w, item.expr) } else { expr(w, item.expr) }?;
        if let Some(alias) = item.alias {
            w.push(" AS ").name(&alias);
        }
        Ok(())
    })
}

fn from(w: &mut Writer<'_>, source: FromItem) -> Result<()> {
    w.push(" FROM ");
    match source {
        FromItem::Table(table) => table_ref(w, table),
        FromItem::Named(table) => {
            w.table(&table);
            Ok(())
        }
        FromItem::Query(query, name) => {
            w.push("(");
            nested(w, |w| select(w, *query))?;
            w.push(") AS ").table(&name);
            Ok(())
        }
        FromItem::Compound(query, name) => {
            w.push("(");
            compound(w, *query)?;
            w.push(") AS ").table(&name);
            Ok(())
        }
    }
}

fn join(w: &mut Writer<'_>, joins: Vec<Join>) -> Result<()> {
    for join in joins {
        w.push(match join.kind {
            JoinKind::Inner => " JOIN ",
            JoinKind::Left => " LEFT JOIN ",
        });
        table_ref(w, join.table)?;
        w.push(" ON ");
        expr(w, join.on)?;
    }
    Ok(())
}

fn table_ref(w: &mut Writer<'_>, table: TableRef) -> Result<()> {
    match table.model {
        Some(model) => w.models.push(model),
        None if !w.ctes.contains(&table.name) => return Err(undefined(&table.name)),
        None => {}
    }
    w.table(&table.name);
    if let Some(alias) = table.alias {
        w.push(" AS ").name(&alias);
    }
    Ok(())
}

#[cold]
fn undefined(name: &str) -> Error {
    Error::new(
        ErrorKind::InvalidStatement,
        format!("the query reads the common table expression `{name}`, but does not define it: add .with::<..>(query)"),
    )
}

pub(super) fn filter(w: &mut Writer<'_>, filter: Option<Expr>) -> Result<()> {
    let Some(filter) = filter else { return Ok(()) };
    w.push(" WHERE ");
    expr(w, filter)
}

/// `items` is the SELECT list. An expression that is also in it is written as its position.
fn group_by(w: &mut Writer<'_>, columns: Vec<Expr>, items: &[Expr]) -> Result<()> {
    if columns.is_empty() {
        return Ok(());
    }
    w.push(" GROUP BY ");
    w.list(columns, |w, column| match same(w, &column, items) {
        Some(position) => {
            w.number(position);
            Ok(())
        }
        None => comparand(w, column),
    })
}

/// Returns the position of the item that equals a computed expression: with binds, the database cannot know that two
/// texts are the same expression. A decimal that needs a collation is written out. A database with such decimals
/// accepts that.
fn same(w: &Writer<'_>, node: &Expr, items: &[Expr]) -> Option<u32> {
    if matches!(node, Expr::Column(_)) || (is_decimal(node) && w.dialect.decimal != DecimalMath::Native) {
        return None;
    }
    items.iter().position(|item| item == node).and_then(|at| u32::try_from(at + 1).ok())
}

fn having(w: &mut Writer<'_>, having: Option<Expr>) -> Result<()> {
    let Some(having) = having else { return Ok(()) };
    w.push(" HAVING ");
    expr(w, having)
}

pub(super) fn order_by(w: &mut Writer<'_>, order: Vec<OrderBy>, items: &[Expr]) -> Result<()> {
    if order.is_empty() {
        return Ok(());
    }
    w.push(" ORDER BY ");
    w.list(order, |w, item| order_item(w, item, items))
}

fn order_item(w: &mut Writer<'_>, item: OrderBy, items: &[Expr]) -> Result<()> {
    let ascending = item.direction == Direction::Asc;
    let wanted_first = item.nulls_come_first();
    let natural_first = w.dialect.nulls_smallest == ascending;
    let say_nulls = item.expr.may_be_null() && wanted_first != natural_first;
    if say_nulls && !w.dialect.nulls_keyword {
        expr(w, item.expr.clone())?;
        w.push(if wanted_first { " IS NOT NULL, " } else { " IS NULL, " });
    }
    match same(w, &item.expr, items) {
        Some(position) => {
            w.number(position);
        }
        None => comparand(w, item.expr)?,
    }
    w.push(if ascending { " ASC" } else { " DESC" });
    if say_nulls && w.dialect.nulls_keyword {
        w.push(if wanted_first { " NULLS FIRST" } else { " NULLS LAST" });
    }
    Ok(())
}

/// Binds LIMIT and OFFSET, so that all pages of a query share one prepared statement.
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
