//! Renders queries inside statements.

use super::compare::{self, comparand, is};
use super::scope::nested;
use super::select::select;
use super::stored::{self, common};
use super::writer::{List, Writer};
use crate::dialect::{InList, SetQuery};
use crate::error::{Error, Result};
use crate::statement::{Compound, Expr, FromItem, Select, Set, SetOperator, Subquery};
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
    w.push("(");
    subquery(w, query)?;
    w.push(")");
    Ok(())
}

/// Writes several queries with a set operator between them. A query with an order, a limit or a WITH becomes a derived
/// table.
pub(super) fn compound(w: &mut Writer<'_>, compound: Compound, mut list: List) -> Result<()> {
    list.merges |= compound.operator != SetOperator::UnionAll;
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
            comparand(w, inner)?;
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
                comparand(w, inner)?;
                value_list(w, ty, values);
            }
            Ok(())
        }
    }
}

/// `merges`: the database must compare the values as it does in a list without duplicates.
fn set_query(w: &mut Writer<'_>, query: Subquery, merges: bool) -> Result<()> {
    let is_limited = query.select.limit.is_some() || query.select.offset.is_some();
    let is_derived = w.dialect.set_query == SetQuery::Derived && (w.writes || is_limited);
    w.push(if is_derived { " IN (SELECT * FROM (" } else { " IN (" });
    w.list = List { merges, widens: false };
    subquery(w, query)?;
    if is_derived {
        w.push(") AS ").name("source");
    }
    w.push(")");
    Ok(())
}

fn value_list(w: &mut Writer<'_>, ty: ValueType, mut values: Vec<Value>) {
    if let (InList::AnyArray, Some(element)) = (w.dialect.in_list, ty.as_static()) {
        w.push(" = ANY(").bind(Value::Array(element, values)).push(")");
        return;
    }
    let padded = values.len().next_power_of_two();
    // A very long list is not padded, so that it stays within the limit of binds.
    if let Some(last) = values.last().cloned().filter(|_| padded <= w.dialect.capabilities.max_binds / 2) {
        values.resize(padded, last);
    }
    w.push(" IN (");
    w.values(values);
    w.push(")");
}

/// Writes `EXISTS`.
pub(super) fn exists(w: &mut Writer<'_>, mut query: Subquery) -> Result<()> {
    if query.select.has_rows_without_items() {
        query.select.items = vec![Expr::Value(Value::I32(1)).into()];
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
