//! Renders queries inside statements.

use super::compare::{self, comparand, compared, is};
use super::infer;
use super::scope::nested;
use super::select::select;
use super::stored::{self, common};
use super::writer::{List, Writer};
use crate::dialect::{InList, SetQuery};
use crate::error::{Error, Result};
use crate::statement::{Compound, Expr, FromItem, Part, Select, Set, SetOperator, Subquery};
use crate::value::{Purpose, Value, ValueType};

/// Writes a query inside another, without parentheses.
///
/// # Errors
/// `Unsupported` when the query names a connection.
pub(super) fn subquery(w: &mut Writer<'_>, query: Subquery) -> Result<()> {
    match query.connection {
        Some(connection) => Err(foreign(&connection)),
        None => nested(w, |w| select(w, *query.select)),
    }
}

/// Writes a query in parentheses.
pub(super) fn scalar(w: &mut Writer<'_>, query: Subquery) -> Result<()> {
    let is_derived = is_derived(w, &query)?;
    w.push("(");
    derived(w, query, is_derived)?;
    w.push(")");
    Ok(())
}

/// Writes a query. `is_derived`: the rows of a derived table instead, which the database reads before it writes.
fn derived(w: &mut Writer<'_>, query: Subquery, is_derived: bool) -> Result<()> {
    w.push(if is_derived { "SELECT * FROM (" } else { "" });
    subquery(w, query)?;
    if is_derived {
        w.push(") AS ").name("source");
    }
    Ok(())
}

/// Returns true when the query must be a derived table, because it reads the table that the statement writes.
///
/// # Errors
/// `Unsupported` when the query also reads a column of the row that is written: a derived table cannot.
fn is_derived(w: &Writer<'_>, query: &Subquery) -> Result<bool> {
    let Some(table) = w.writes.as_ref().filter(|_| w.dialect.set_query == SetQuery::Derived) else { return Ok(false) };
    let any = |test: &mut dyn FnMut(&Part<'_>) -> bool| Part::Query(&query.select).any(test);
    let reads_it =
        any(&mut |part| matches!(part, Part::Query(query) if query.tables().any(|read| read.name == *table)));
    // Raw SQL can read any table.
    let can_read_it = reads_it || any(&mut |part| matches!(part, Part::Expr(Expr::Raw(_))));
    let is_correlated =
        can_read_it && any(&mut |part| matches!(part, Part::Expr(Expr::Column(column)) if column.outer));
    if reads_it && is_correlated { Err(correlated(table)) } else { Ok(can_read_it && !is_correlated) }
}

#[cold]
fn correlated(table: &str) -> Error {
    Error::unsupported(format!(
        "this database cannot compare a row of `{table}`, which the statement writes, with other rows of the table; read the \
         keys first, and filter by them: is_in(keys)"
    ))
}

/// Writes several queries with a set operator between them. A query with an order, a limit or a WITH becomes a derived
/// table.
pub(super) fn compound(w: &mut Writer<'_>, compound: Compound, mut list: List) -> Result<()> {
    list.merges |= compound.operator != SetOperator::UnionAll;
    list.widens |= infer::mixes(w, &compound);
    for query in &compound.others {
        stored::merged(w.dialect, &compound.first.select, &query.select)?;
    }
    member(w, compound.first, list)?;
    for query in compound.others {
        w.push(symbol(compound.operator));
        member(w, query, list)?;
    }
    Ok(())
}

fn member(w: &mut Writer<'_>, mut query: Subquery, list: List) -> Result<()> {
    let select = &query.select;
    let is_plain =
        select.with.is_empty() && select.order_by.is_empty() && select.limit.is_none() && select.offset.is_none();
    if !is_plain {
        query.select.name_items();
        let whole = Select::from(FromItem::Query(query.select, "source".into()));
        query.select = Box::new(whole);
    }
    w.list = list;
    subquery(w, query)
}

pub(super) fn symbol(operator: SetOperator) -> &'static str {
    match operator {
        SetOperator::Union => " UNION ",
        SetOperator::UnionAll => " UNION ALL ",
        SetOperator::Intersect => " INTERSECT ",
        SetOperator::Except => " EXCEPT ",
    }
}

/// Writes `IN`.
pub(super) fn membership(w: &mut Writer<'_>, inner: Expr, set: Set) -> Result<()> {
    let is_json = is(&inner, ValueType::Json);
    match set {
        Set::Query(query) => {
            let selected = query.select.items.first().map(|item| &item.expr);
            common(w.dialect, selected.into_iter().chain([&inner]), Purpose::Compare)?;
            compared(w, inner)?;
            set_query(w, query, is_json)
        }
        Set::Values(_, values) if is_json && !values.is_empty() => {
            compare::json(w, inner)?;
            w.push(" IN (");
            w.list(values, |w, value| compare::json(w, Expr::Value(value)))?;
            w.push(")");
            Ok(())
        }
        Set::Values(mut ty, mut values) => {
            if let Some(met) = common(w.dialect, [&inner], Purpose::Compare)? {
                // A value that the column cannot hold is in no row.
                values =
                    values.into_iter().filter_map(|value| met.exactly(value).transpose()).collect::<Result<_>>()?;
                ty = values.first().map_or(ty, Value::ty);
            }
            if values.is_empty() {
                w.push("1 = 0");
            } else {
                match inner.is_constant() && infer::cast(w, &inner).is_some() {
                    true => infer::alone(w, inner),
                    false => comparand(w, inner),
                }?;
                value_list(w, ty, values)?;
            }
            Ok(())
        }
    }
}

/// `compares`: the values are documents, which are compared by their content.
fn set_query(w: &mut Writer<'_>, query: Subquery, compares: bool) -> Result<()> {
    let is_limited = query.select.limit.is_some() || query.select.offset.is_some();
    let is_derived = is_derived(w, &query)? || (is_limited && w.dialect.set_query == SetQuery::Derived);
    w.push(" IN (");
    w.list = List { compares, ..List::default() };
    derived(w, query, is_derived)?;
    w.push(")");
    Ok(())
}

fn value_list(w: &mut Writer<'_>, ty: ValueType, mut values: Vec<Value>) -> Result<()> {
    if let (InList::AnyArray, Some(element)) = (w.dialect.in_list, ty.as_static()) {
        w.push(" = ANY(").bind(Value::Array(element, values)).push(")");
        return Ok(());
    }
    let padded = values.len().next_power_of_two();
    // A very long list is not padded, so that it stays within the limit of binds.
    if let Some(last) = values.last().cloned().filter(|_| padded <= w.dialect.capabilities.max_binds / 2) {
        values.resize(padded, last);
    }
    w.push(" IN (").list(values, |w, value| w.value(value, None))?;
    w.push(")");
    Ok(())
}

/// Writes `EXISTS`.
pub(super) fn exists(w: &mut Writer<'_>, mut query: Subquery) -> Result<()> {
    if query.select.has_rows_without_items() {
        query.select.items = vec![Expr::Value(Value::I32(1)).into()];
    }
    if w.dialect.joins_exists {
        query.select.limit.get_or_insert(1);
    }
    w.push("EXISTS ");
    scalar(w, query)
}

#[cold]
fn foreign(connection: &str) -> Error {
    Error::unsupported(format!(
        "a query inside another runs on the connection of the outer one, but this query names `{connection}`: remove \
         .using(..), or read the values first and pass them to is_in"
    ))
}
