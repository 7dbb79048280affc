//! Renders UPDATE.

use super::assign::{Assignments, Target, assignments, cyclic, in_order, require_distinct};
use super::scope::{Scope, nested};
use super::select;
use super::write::returning;
use super::writer::Writer;
use crate::error::Result;
use crate::statement::{Expr, Update};

pub(super) fn update(w: &mut Writer<'_>, statement: Update) -> Result<()> {
    w.writes = Some(statement.table.clone());
    require_distinct(&statement.set)?;
    let Update { table, model, set, filter, returning: columns } = statement;
    let target = Target { table: &table, model };
    let set = match in_order(set, w.dialect) {
        Ok(set) => set,
        Err(set) => return at_once(w, target, set, filter),
    };
    w.push("UPDATE ").table(&table).push(" SET ");
    w.scope = Scope::of(table.clone());
    assignments(w, target, set)?;
    select::filter(w, filter)?;
    returning(w, model, &columns);
    Ok(())
}

/// The name of the computed values in [`at_once`].
const COMPUTED: &str = "ar_computed";

/// Writes an UPDATE whose assignments read each other's columns, on a database that assigns one after the other. A
/// derived table computes the values first, and locks its rows. Its LIMIT keeps the server from merging it into the
/// statement, and `STRAIGHT_JOIN` from reading the table before it.
fn at_once(w: &mut Writer<'_>, target: Target<'_>, set: Assignments, filter: Option<Expr>) -> Result<()> {
    let Some(model) = target.model.filter(|model| !model.key.is_empty()) else { return Err(cyclic()) };
    let keys = || model.key_columns().map(|def| def.name);
    let (values, computed): (Assignments, Assignments) =
        set.into_iter().partition(|(_, value)| matches!(value, Expr::Value(_)));
    let columns: Vec<_> = computed.iter().map(|(column, _)| column.clone()).collect();
    w.push("UPDATE (SELECT ");
    nested(w, |w| {
        w.scope = Scope::of(target.table.clone());
        w.names(keys());
        for (index, (column, value)) in computed.into_iter().enumerate() {
            w.push(", ");
            target.value(w, column, value)?;
            w.push(" AS ").name(&value_name(index));
        }
        w.push(" FROM ").table(target.table);
        select::filter(w, filter)
    })?;
    let no_limit = w.dialect.no_limit.unwrap_or_default();
    w.push(" LIMIT ").push(no_limit).push(" FOR UPDATE) AS ").name(COMPUTED);
    w.push(" STRAIGHT_JOIN ").table(target.table);
    for (index, key) in keys().enumerate() {
        w.push(if index == 0 { " ON " } else { " AND " }).table(target.table).push(".").name(key);
        w.push(" = ").name(COMPUTED).push(".").name(key);
    }
    for (index, column) in columns.iter().enumerate() {
        w.push(if index == 0 { " SET " } else { ", " }).table(target.table).push(".").name(column);
        w.push(" = ").name(COMPUTED).push(".").name(&value_name(index));
    }
    for (column, value) in values {
        w.push(", ").table(target.table).push(".").name(&column).push(" = ");
        target.value(w, column, value)?;
    }
    Ok(())
}

fn value_name(index: usize) -> String {
    format!("ar_value_{index}")
}
