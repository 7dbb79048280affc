//! Groups and rows without duplicates.
//!
//! With binds in it, a database cannot know that two texts are the same expression. So a computed group that is selected
//! is written as its position. In HAVING, in ORDER BY and inside other items it becomes `MIN(..)`: all rows of a group have
//! the same value.

use super::select::says_nulls;
use super::writer::Writer;
use crate::error::{Error, ErrorKind, Result};
use crate::statement::{
    Aggregate, ColumnExpr, Distinct, Expr, FromItem, Name, OrderBy, Part, PartMut, Refusal, Select, SelectItem,
};

/// Prepares a query with groups, aggregates or distinct rows for rendering.
///
/// # Errors
/// `InvalidStatement` for a column that is neither grouped nor aggregated. `Unsupported` for an order of distinct rows by
/// a value that is not selected: two rows that count as one can have different values of it.
pub(super) fn resolve(w: &Writer<'_>, query: &mut Select) -> Result<()> {
    if query.having.is_some() && !has_groups(query) {
        return Err(no_groups());
    }
    by_minimum(query);
    require_groups(query)?;
    if !w.dialect.key_determines_row {
        group_by_dependents(query);
    }
    match &query.distinct {
        Distinct::Rows if !query.order_by.iter().all(|item| is_selected(query, &item.expr)) => Err(not_selected()),
        Distinct::On(columns) if !query.order_by.is_empty() => begins_with(query, columns),
        _ => Ok(()),
    }?;
    if !w.dialect.nulls_keyword {
        name_ordered_items(w, query);
    }
    if w.dialect.merges_derived && query.offset.is_some() {
        group_distinct(query);
    }
    Ok(())
}

/// Makes groups of distinct rows. MariaDB ignores the OFFSET of distinct rows whose values its optimizer finds constant. It
/// groups wrongly by a query that reads the row, and does not know a group that is selected twice.
fn group_distinct(query: &mut Select) {
    let is_special = |part: &Part<'_>| match part {
        Part::Query(inner) => read_inside(inner, query, false).is_some(),
        Part::Expr(part) => matches!(part, Expr::Over(..) | Expr::Raw(_)),
    };
    let is_group = |(at, item): (usize, &SelectItem)| {
        let is_computed = !matches!(item.expr, Expr::Column(_));
        let is_twice = is_computed && query.items[..at].iter().any(|other| other.expr == item.expr);
        !is_twice && !item.expr.is_aggregate() && !Part::Expr(&item.expr).any(&mut { is_special })
    };
    let is_plain = query.group_by.is_empty() && query.having.is_none() && !query.items.is_empty();
    if query.distinct == Distinct::Rows && is_plain && query.items.iter().enumerate().all(is_group) {
        query.distinct = Distinct::No;
        query.group_by = query.items.iter().map(|item| item.expr.clone()).collect();
    }
}

/// Whether the rows of the result are groups without its HAVING. SQLite does not count an aggregate in HAVING.
fn has_groups(query: &Select) -> bool {
    let order = query.order_by.iter().map(|item| &item.expr);
    !query.group_by.is_empty() || query.items.iter().map(|item| &item.expr).chain(order).any(Expr::is_aggregate)
}

/// PostgreSQL makes one group of all rows, MySQL of each, and SQLite refuses the query.
#[cold]
fn no_groups() -> Error {
    let message = "having is about groups, but the query has neither group_by nor selects an aggregate: use filter for a \
                   condition on rows, or select an aggregate, too";
    Error::new(ErrorKind::InvalidStatement, message)
}

/// Replaces the computed groups, except an item that is one of them.
fn by_minimum(query: &mut Select) {
    let groups: Vec<Expr> = query.group_by.iter().filter(|group| !matches!(group, Expr::Column(_))).cloned().collect();
    if groups.is_empty() {
        return;
    }
    let mut selected: Vec<&Expr> = Vec::new();
    for item in &mut query.items {
        match groups.iter().find(|group| **group == item.expr && !selected.contains(group)) {
            Some(group) => selected.push(group),
            None => replace(&mut item.expr, &groups),
        }
    }
    for item in &mut query.order_by {
        if !selected.contains(&&item.expr) {
            replace(&mut item.expr, &groups);
        }
    }
    if let Some(having) = &mut query.having {
        replace(having, &groups);
    }
}

fn replace(node: &mut Expr, groups: &[Expr]) {
    if groups.contains(node) {
        let group = std::mem::replace(node, Expr::Refused(Refusal::TooDeep));
        *node = Expr::Aggregate(Aggregate::Min, Some(Box::new(group)));
        return;
    }
    match node {
        // It reads the rows of a group.
        Expr::Aggregate(..) | Expr::Digest(_) => {}
        // It reads the groups.
        Expr::Over(inner, window) => {
            replace_below(inner, groups);
            window.partition_by.iter_mut().for_each(|value| replace(value, groups));
            window.order_by.iter_mut().for_each(|item| replace(&mut item.expr, groups));
        }
        other => replace_below(other, groups),
    }
}

fn replace_below(node: &mut Expr, groups: &[Expr]) {
    node.any_child_mut(&mut |part| {
        if let PartMut::Expr(child) = part {
            replace(child, groups);
        }
        false
    });
}

/// Refuses a column whose rows in a group can have different values. Some databases would take any of them.
fn require_groups(query: &Select) -> Result<()> {
    let items = || query.items.iter().map(|item| &item.expr).chain(query.order_by.iter().map(|item| &item.expr));
    if query.group_by.is_empty() && query.having.is_none() && !items().any(Expr::is_aggregate) {
        return Ok(());
    }
    match items().chain(&query.having).find_map(|expr| bare(expr, query, true)) {
        Some(column) => Err(not_grouped(&column)),
        None => Ok(()),
    }
}

/// Adds the columns that the key of their table determines to the groups, which stay the same.
fn group_by_dependents(query: &mut Select) {
    while !query.group_by.is_empty() {
        let items = query.items.iter().map(|item| &item.expr).chain(query.order_by.iter().map(|item| &item.expr));
        let Some(column) = items.chain(&query.having).find_map(|expr| bare(expr, query, false)) else { return };
        query.group_by.push(Expr::Column(column));
    }
}

/// Returns a column of the query in the expression that is neither grouped nor aggregated. With `by_key`, a column of a
/// table whose key is grouped counts as grouped, because such a group has one row of the table.
fn bare(node: &Expr, query: &Select, by_key: bool) -> Option<ColumnExpr> {
    if query.group_by.contains(node) {
        return None;
    }
    let mut found = None;
    match node {
        Expr::Column(column) => {
            found = (!column.outer && is_ungrouped(column, query, by_key)).then(|| column.clone());
        }
        Expr::Aggregate(..) | Expr::Digest(_) => {}
        // Its arguments are those of a function of the groups.
        Expr::Over(inner, window) => {
            bare_below(inner, query, by_key, &mut found);
            let window = window.partition_by.iter().chain(window.order_by.iter().map(|item| &item.expr));
            found = found.or_else(|| window.filter_map(|value| bare(value, query, by_key)).next());
        }
        other => bare_below(other, query, by_key, &mut found),
    }
    found
}

fn bare_below(node: &Expr, query: &Select, by_key: bool, found: &mut Option<ColumnExpr>) {
    node.any_child(&mut |part| {
        *found = match part {
            Part::Expr(child) => bare(child, query, by_key),
            Part::Query(inner) => read_inside(inner, query, by_key),
        };
        found.is_some()
    });
}

/// Returns a column of the query that a query inside it reads, and that is not grouped.
fn read_inside(inner: &Select, query: &Select, by_key: bool) -> Option<ColumnExpr> {
    let is_hidden =
        |table: &Name| Part::Query(inner).any(&mut |part| matches!(part, Part::Query(query) if has(query, table)));
    let mut found = None;
    Part::Query(inner).any(&mut |part| {
        if let Part::Expr(Expr::Column(column)) = part
            && is_ungrouped(column, query, by_key)
            && !is_hidden(&column.table)
        {
            found = Some(ColumnExpr { outer: false, ..column.clone() });
        }
        found.is_some()
    });
    found
}

/// Returns true for a column of the query that can have several values in a group.
fn is_ungrouped(column: &ColumnExpr, query: &Select, by_key: bool) -> bool {
    let is_grouped = |name: &str| {
        let is_it =
            |group: &Expr| matches!(group, Expr::Column(group) if group.table == column.table && group.name == name);
        query.group_by.iter().any(is_it)
    };
    let table = query.tables().find(|table| *table.label() == column.table);
    let key = table.and_then(|table| table.model).filter(|model| !model.key.is_empty());
    let has_key = by_key && key.is_some_and(|model| model.key_columns().all(|key| is_grouped(key.name)));
    has(query, &column.table) && !is_grouped(&column.name) && !has_key
}

/// Returns true when a query reads rows with this name.
fn has(query: &Select, name: &Name) -> bool {
    query.reads(name)
        || match &query.from {
            FromItem::Named(table) => table == name,
            from => from.derived() == Some(name),
        }
}

/// Returns true when each row of the result has a value of the expression. Without items, the result has the columns of
/// another query.
fn is_selected(query: &Select, node: &Expr) -> bool {
    match query.items.is_empty() {
        true => matches!(node, Expr::Column(_)),
        false => query.items.iter().any(|item| item.expr == *node),
    }
}

/// Checks that the order begins with the columns of DISTINCT ON, and that the database can know it.
fn begins_with(query: &Select, columns: &[Expr]) -> Result<()> {
    let begins = query.order_by.iter().take(columns.len()).all(|OrderBy { expr, .. }| columns.contains(expr));
    let is_known = |column: &Expr| matches!(column, Expr::Column(_)) || is_selected(query, column);
    if begins && columns.iter().all(is_known) { Ok(()) } else { Err(another_order()) }
}

/// Gives an alias to each computed item whose NULLs have another place in the order than the database's: the order then
/// also names the item in `IS NULL`.
fn name_ordered_items(w: &Writer<'_>, query: &mut Select) {
    for order in query.order_by.iter().filter(|order| says_nulls(w, order) && !matches!(order.expr, Expr::Column(_))) {
        let found = query.items.iter_mut().enumerate().find(|(_, item)| item.expr == order.expr);
        if let Some((index, item)) = found {
            item.alias.get_or_insert_with(|| format!("c{}", index + 1).into());
        }
    }
}

#[cold]
fn not_grouped(column: &ColumnExpr) -> Error {
    Error::new(
        ErrorKind::InvalidStatement,
        format!(
            "the query has groups or aggregates, and a group can have several values of the column `{}` of `{}`: add it to \
             group_by, or select an aggregate of it, such as min()",
            column.name, column.table
        ),
    )
}

#[cold]
fn not_selected() -> Error {
    Error::unsupported(
        "distinct rows cannot be ordered by a value that is not selected: rows that count as one can have different \
         values of it; select it too, or use group_by and order by its min() or max()",
    )
}

#[cold]
fn another_order() -> Error {
    Error::unsupported(
        "order_by must begin with the columns of distinct_on, and a computed column of distinct_on must be selected too",
    )
}
